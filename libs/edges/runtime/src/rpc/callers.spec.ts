import { describe, expect, it } from '@jest/globals';
import { identityOf } from '../grpc/identity.ts';
import { CALLERS, mayCall } from './callers.ts';
import { RPC_METHODS } from './rpc-table.ts';

const methods = [...RPC_METHODS.values()];
const SERVICES = ['accounts', 'pricing', 'interest', 'risk', 'liquidation', 'routing', 'relay'];

describe('who may call whom', () => {
  it('lets the gateway call every method of every service', () => {
    expect(methods.filter(({ path }) => !mayCall('gateway', path))).toEqual([]);
  });

  it('lets no service send a command to another, or ask it', () => {
    for (const caller of SERVICES) {
      expect(methods.filter(({ path }) => mayCall(caller, path)).map(({ path }) => path)).toEqual([]);
    }
  });

  it('lets the simulated market list itself and publish, and touch nobody’s money', () => {
    const taken = methods.filter(({ kind, path }) => kind === 'command' && mayCall('exchange', path));
    expect(taken.map(({ name }) => name)).toEqual(expect.arrayContaining(['PublishRound', 'ListAsset']));
    for (const name of ['CreditDeposit', 'RequestWithdrawal', 'PlaceOrder', 'IssueApiKey', 'OpenClient'])
      expect(taken.map((one) => one.name)).not.toContain(name);
  });

  it('names only methods that there are', () => {
    const named = Object.values(CALLERS).flatMap(({ commands }) => (commands === 'all' ? [] : commands));
    for (const name of named) expect(RPC_METHODS.get(name)?.kind).toBe('command');
  });

  it('lets the router trade, the operator play, and nobody the other way round', () => {
    expect(mayCall('routing', '/plinth.venue.v1.VenueTrading/Submit')).toBe(true);
    expect(mayCall('operator', '/plinth.venue.v1.MarketControl/Play')).toBe(true);
    expect(mayCall('routing', '/plinth.venue.v1.MarketControl/Play')).toBe(false);
    expect(mayCall('operator', '/plinth.venue.v1.VenueTrading/Submit')).toBe(false);
    expect(mayCall('gateway', '/plinth.venue.v1.VenueTrading/Submit')).toBe(false);
  });

  it('lets everybody ask whether a process lives, and strangers nothing else', () => {
    for (const caller of [...SERVICES, 'nobody', 'constructor', '__proto__', '']) {
      expect(mayCall(caller, '/grpc.health.v1.Health/Check')).toBe(true);
      if (!SERVICES.includes(caller)) expect(methods.some(({ path }) => mayCall(caller, path))).toBe(false);
    }
    expect(mayCall('gateway', '')).toBe(false);
  });
});

describe('the name in a certificate', () => {
  it.each([
    ['DNS:accounts, URI:spiffe://plinth/accounts', 'accounts'],
    ['URI:spiffe://plinth/risk', 'risk'],
    [undefined, undefined],
    ['DNS:accounts', undefined],
    ['URI:spiffe://other/accounts', undefined],
    ['URI:spiffe://plinth/accounts/x', undefined],
    ['URI:spiffe://plinth/Accounts', undefined],
    ['URI:https://plinth/accounts', undefined],
    ['DNS:spiffe://plinth/accounts', undefined],
    // Two names are none: whoever signs certificates decides which one a process has, and not the reader.
    ['URI:spiffe://plinth/accounts, URI:spiffe://plinth/gateway', undefined],
    // What could be taken for a separator comes quoted.
    ['DNS:"x, URI:spiffe://plinth/gateway"', undefined],
  ])('of %j is %j', (text, name) => {
    expect(identityOf(text)).toBe(name);
  });
});
