import { describe, expect, it } from '@jest/globals';
import { emptyWorld, openWorld, types } from '../testing/world.ts';

const verifier = Buffer.alloc(32, 7);
const key = {
  clientId: 'acme',
  keyId: 'acme.desk1',
  algorithm: 'ed25519',
  verifier,
  scopes: ['trade', 'read'],
};

describe('an asset', () => {
  const asset = { asset: 'DAI', scale: 18, kind: 'stablecoin', chains: ['ethereum'] };

  it('is listed once, by operators', () => {
    const world = emptyWorld();
    world.take('ListAsset', asset);
    expect(world.refused('ListAsset', asset).code).toBe('ASSET_EXISTS');
    expect(world.refused('ListAsset', asset, 'acme').code).toBe('OPERATOR_ONLY');
    expect(world.ask('ListAssets', {})).toEqual({ assets: [asset] });
  });

  it.each([
    ['asset', 'dai'],
    ['scale', 19],
    ['kind', 'bond'],
    ['chains', ['Ethereum']],
    ['chains', ['ethereum', 'ethereum']],
  ])('is refused when %s is %p', (field, value) => {
    expect(emptyWorld().refused('ListAsset', { ...asset, [field]: value })).toMatchObject({
      code: 'INVALID_FIELD',
      reason: 'invalid',
      field,
    });
  });
});

describe('a client', () => {
  const client = { clientId: 'new', name: 'New Ltd', jurisdiction: 'SG' };

  it('is opened once and starts without approval', () => {
    const world = openWorld();
    world.take('OpenClient', client);
    expect(world.refused('OpenClient', client).code).toBe('CLIENT_EXISTS');
    expect(world.ask('GetClient', { clientId: 'new' })).toMatchObject({ ...client, kycState: 'pending' });
    expect(world.ask('GetClient', { clientId: 'nobody' })).toMatchObject({ reason: 'missing' });
  });

  it.each([
    ['client_id', { clientId: 'operator' }],
    ['client_id', { clientId: 'No' }],
    ['name', { name: '' }],
    ['name', { name: 'a\u0000b' }],
    ['name', { name: 'x'.repeat(129) }],
    ['jurisdiction', { jurisdiction: 'Sg' }],
  ])('is refused with a bad %s: %p', (field, change) => {
    const refusal = emptyWorld().refused('OpenClient', { ...client, ...change });
    expect(refusal).toMatchObject({ code: 'INVALID_FIELD', field });
  });

  it('changes its KYC state only when it differs', () => {
    const world = openWorld();
    const set = { clientId: 'acme', state: 'approved', reason: '' };
    expect(world.take('SetKycState', set)).toEqual([]);
    expect(types(world.take('SetKycState', { ...set, state: 'suspended' }))).toEqual(['KycStateSet']);
    const account = { accountId: 'a9', clientId: 'acme', name: '' };
    expect(world.refused('OpenAccount', account, 'acme').code).toBe('CLIENT_SUSPENDED');
    expect(world.refused('IssueApiKey', key).code).toBe('CLIENT_SUSPENDED');
  });
});

describe('an API key', () => {
  it('is issued once, found by its id, and revoked for ever', () => {
    const world = openWorld();
    world.take('IssueApiKey', key, 'acme');
    const issued = { ...key, scopes: ['read', 'trade'], revoked: false, clientKycState: 'approved' };
    expect(world.ask('GetApiKey', { keyId: 'acme.desk1' })).toEqual(issued);
    world.take('RevokeApiKey', { clientId: 'acme', keyId: 'acme.desk1' }, 'acme');
    expect(world.take('RevokeApiKey', { clientId: 'acme', keyId: 'acme.desk1' }, 'acme')).toEqual([]);
    expect(world.ask('GetApiKey', { keyId: 'acme.desk1' })).toMatchObject({ revoked: true });
    expect(world.refused('IssueApiKey', key, 'acme').code).toBe('API_KEY_EXISTS');
    expect(world.ask('GetApiKey', { keyId: 'acme.other' })).toMatchObject({ code: 'API_KEY_UNKNOWN' });
  });

  it.each([
    ['key_id', { keyId: 'zeta.desk1' }],
    ['key_id', { keyId: 'acme.' }],
    ['algorithm', { algorithm: 'rsa' }],
    ['verifier', { verifier: Buffer.alloc(31) }],
    ['verifier', { algorithm: 'hmac-sha256', verifier: Buffer.alloc(0) }],
    ['scopes', { scopes: [] }],
    ['scopes', { scopes: ['read', 'read'] }],
    ['scopes', { scopes: ['admin'] }],
  ])('is refused with a bad %s: %p', (field, change) => {
    const refusal = openWorld().refused('IssueApiKey', { ...key, ...change }, 'acme');
    expect(refusal).toMatchObject({ code: 'INVALID_FIELD', field });
  });

  it('gets the scope operate from operators only, and belongs to its own client', () => {
    const world = openWorld();
    const strong = { ...key, scopes: ['operate'] };
    expect(world.refused('IssueApiKey', strong, 'acme').code).toBe('OPERATOR_ONLY');
    world.take('IssueApiKey', strong);
    const foreign = world.refused('IssueApiKey', key, 'zeta');
    expect(foreign).toEqual(world.refused('IssueApiKey', { ...key, clientId: 'nobody' }, 'zeta'));
  });
});

describe('a withdrawal destination', () => {
  it('is added once, listed with its delay, and removed at once', () => {
    const world = openWorld();
    const destination = { clientId: 'acme', asset: 'ETH', destination: '0xabc' };
    world.take('AddWithdrawalDestination', destination, 'acme', 50);
    expect(world.refused('AddWithdrawalDestination', destination, 'acme').code).toBe('DESTINATION_EXISTS');
    expect(world.ask('GetClient', { clientId: 'acme' })).toMatchObject({
      destinations: [{ asset: 'ETH', destination: '0xabc', usableAtMs: 150 }],
    });
    world.take('RemoveWithdrawalDestination', destination, 'acme');
    expect(world.refused('RemoveWithdrawalDestination', destination, 'acme').code).toBe(
      'DESTINATION_UNKNOWN',
    );
    const blank = { ...destination, destination: 'a b' };
    expect(world.refused('AddWithdrawalDestination', blank, 'acme').code).toBe('INVALID_FIELD');
  });
});

describe('an account', () => {
  it('has an id that nobody else has, and sub-accounts', () => {
    const world = openWorld();
    const refusal = world.refused('OpenAccount', { accountId: 'z1', clientId: 'acme', name: '' }, 'acme');
    expect(refusal).toMatchObject({ code: 'ACCOUNT_EXISTS', reason: 'exists' });
    world.take('OpenSubAccount', { accountId: 'a1', subAccountId: 's1', name: 'one' }, 'acme');
    const again = { accountId: 'a1', subAccountId: 's1', name: '' };
    expect(world.refused('OpenSubAccount', again, 'acme').code).toBe('SUB_ACCOUNT_EXISTS');
  });
});
