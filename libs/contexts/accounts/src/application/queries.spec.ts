import { describe, expect, it } from '@jest/globals';
import type { accountsMessages as m } from '@plinth/messages';
import { deposit, eventOf, openWorld, type World } from '../testing/world.ts';

const ask = <T>(world: World, query: string, request: object): T => world.ask(query, request) as T;

describe('GetAccount', () => {
  it('shows balances, holds, debts and claims with interest up to now, and positions at the mark', () => {
    const world = openWorld();
    deposit(world, 'a1', '500');
    world.take('SupplyToPool', { accountId: 'a1', asset: 'USD', amount: '300', location: 'venue:alpha' });
    world.fill('a1', { quantity: '2', price: '100', fee: '0.01', feeAsset: 'BTC' });
    const transfer = { accountId: 'a1', transferId: 't', toAccountId: 'a2', asset: 'USD', amount: '50' };
    world.take('RequestTransfer', { ...transfer, fromLocation: 'venue:alpha', toLocation: '' });
    world.accrue('BTC', '1.5', '1', '');
    world.accrue('USD', '1.1', '1.01', '');
    const marks = [{ instrumentId: 'BTC-PERP', price: '110', confidence: '0', twap: '110' }];
    world.given('marks-x', 0, eventOf('MarksPublished', { marks: marks as never }));
    expect(ask(world, 'GetAccount', { accountId: 'a1' })).toEqual({
      accountId: 'a1',
      clientId: 'acme',
      name: '',
      subAccountIds: [],
      balances: [{ subAccountId: '', asset: 'USD', location: 'venue:alpha', amount: '150' }],
      holds: [
        {
          ...{ holdId: 't', kind: 'transfer', asset: 'USD', amount: '50', location: 'venue:alpha' },
          ...{ destination: 'a2', expiresAtMs: 1_000 },
        },
      ],
      debts: [{ asset: 'BTC', booked: '0.01', accrued: '0.005', amount: '0.015', indexThen: '1' }],
      supplied: [{ asset: 'USD', booked: '300', accrued: '3', amount: '303', indexThen: '1' }],
      positions: [
        {
          ...{
            instrumentId: 'BTC-PERP',
            venueId: 'alpha',
            quantity: '2',
            entryPrice: '100',
            entryCost: '200',
          },
          ...{ settlementAsset: 'USD', markPrice: '110', unrealisedProfit: '20' },
        },
      ],
    });
    expect(ask(world, 'GetAccount', { accountId: 'nobody' })).toMatchObject({ code: 'ACCOUNT_UNKNOWN' });
  });
});

describe('lists', () => {
  it('give pages that neither repeat nor skip', () => {
    const world = openWorld();
    for (let i = 0; i < 25; i += 1) {
      world.take('OpenAccount', { accountId: `m${i}`, clientId: 'acme', name: '' });
      world.fill(`m${i}`, { venueId: i % 2 === 0 ? 'alpha' : 'beta' });
    }
    const walk = (query: string, request: object, idsOf: (answer: never) => readonly string[]) => {
      const seen: string[] = [];
      let pageToken = '';
      do {
        const answer = ask<{ nextPageToken: string }>(world, query, { ...request, pageToken, pageSize: 4 });
        seen.push(...idsOf(answer as never));
        pageToken = answer.nextPageToken;
      } while (pageToken !== '');
      return seen;
    };
    const accounts = walk('ListAccounts', { clientId: 'acme' }, (a: m.ListAccountsResponse) =>
      a.accounts.map(({ accountId }) => accountId),
    );
    expect(accounts).toHaveLength(27);
    expect(new Set(accounts).size).toBe(27);
    const positions = walk(
      'ListPositions',
      { accountId: '', instrumentId: '' },
      (a: m.ListPositionsResponse) => a.positions.map(({ accountId }) => accountId),
    );
    expect(new Set(positions).size).toBe(25);
    expect(ask(world, 'ListAccounts', { clientId: '', pageSize: 501, pageToken: '' })).toMatchObject({
      code: 'INVALID_FIELD',
      field: 'page_size',
    });
  });
});

describe('ListEntries', () => {
  it('gives the entries between two positions, oldest first, page by page', () => {
    const world = openWorld();
    const positions = Array.from({ length: 5 }, () => deposit(world, 'a1', '1')[0]?.position ?? 0n);
    deposit(world, 'a1', '1', 'BTC');
    const request = { accountId: 'a1', afterPosition: 0n, toPosition: 0n, asset: 'USD', pageSize: 2 };
    const first = ask<m.ListEntriesResponse>(world, 'ListEntries', request);
    expect(first.entries.map(({ position }) => position)).toEqual(positions.slice(0, 2));
    expect(first.entries[0]).toMatchObject({
      event: 'DepositCredited',
      postings: [{ amount: '-1' }, { amount: '1' }],
    });
    const rest = { ...request, afterPosition: first.nextAfterPosition, pageSize: 0 };
    const second = ask<m.ListEntriesResponse>(world, 'ListEntries', rest);
    expect(second.entries.map(({ position }) => position)).toEqual(positions.slice(2));
    expect(second.nextAfterPosition).toBe(0n);
    const bounded = { ...request, toPosition: positions[0] ?? 0n, pageSize: 0 };
    expect(ask<m.ListEntriesResponse>(world, 'ListEntries', bounded).entries).toHaveLength(1);
  });

  it('says from where it has forgotten', () => {
    const world = openWorld();
    const keep = world.views.statements;
    const last = deposit(world, 'a1', '1')[0];
    if (last === undefined) throw new Error('Expected an event');
    for (let i = 1n; i <= 5_000n; i += 1n) keep.apply({ ...last, position: last.position + i });
    const request = { accountId: 'a1', afterPosition: 0n, toPosition: 0n, asset: '', pageSize: 1 };
    const answer = ask<m.ListEntriesResponse>(world, 'ListEntries', request);
    expect(answer.forgottenToPosition).toBe(last.position + 2_500n);
    expect(answer.entries[0]?.position).toBe(last.position + 2_501n);
  });
});

describe('TrialBalance', () => {
  it('folds the clients into rows by kind, and sums to zero', () => {
    const world = openWorld();
    deposit(world, 'a1', '10');
    deposit(world, 'z1', '5');
    const request = { asset: '', accountPrefix: '', pageSize: 0, pageToken: '' };
    expect(ask(world, 'TrialBalance', request)).toEqual({
      rows: [
        { account: 'client:*', asset: 'USD', balance: '15' },
        { account: 'external', asset: 'USD', balance: '-15' },
      ],
      sums: [{ asset: 'USD', sum: '0' }],
      nextPageToken: '',
    });
    const detail = { ...request, accountPrefix: 'client:', pageSize: 1 };
    const first = ask<m.TrialBalanceResponse>(world, 'TrialBalance', detail);
    expect(first.rows).toEqual([{ account: 'client:a1:USD:venue:alpha', asset: 'USD', balance: '10' }]);
    const next = { ...detail, pageToken: first.nextPageToken };
    expect(ask<m.TrialBalanceResponse>(world, 'TrialBalance', next).rows).toMatchObject([{ balance: '5' }]);
  });
});
