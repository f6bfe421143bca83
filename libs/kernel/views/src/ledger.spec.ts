import { describe, expect, it } from '@jest/globals';
import type { Envelope } from '@plinth/eventing';
import { expectRestores } from '@plinth/eventing/testing';
import { clientAccount, EXTERNAL, HOUSE_FEES } from '@plinth/market';
import { AssertionError } from '@plinth/money';
import fc from 'fast-check';
import { LedgerView } from './ledger.ts';

const ASSETS = ['USD', 'BTC', 'ETH'] as const;
const CLIENTS = ['a1', 'a2'] as const;

const event = (type: string, data: unknown): Envelope =>
  ({ type, data, position: 1n, stream: 's', version: 1 }) as unknown as Envelope;

const open = (): LedgerView => {
  const view = new LedgerView();
  for (const asset of ASSETS) view.apply(event('AssetListed', { asset, scale: 2 }));
  for (const accountId of CLIENTS) view.apply(event('AccountOpened', { accountId, clientId: 'c' }));
  return view;
};

type Leg = Readonly<{ account: string; asset: string; units: number }>;

const text = (units: number): string => (units / 100).toFixed(2);

const moved = (legs: readonly Leg[]): Envelope => {
  const postings = legs.map(({ account, asset, units }) => ({ account, asset, amount: text(units) }));
  return event('CollateralMoved', { postings });
};

const post = (view: LedgerView, legs: readonly Leg[]): void => view.apply(moved(legs));

const asset = fc.constantFrom(...ASSETS);
const place = fc.constantFrom('vault:bank', 'venue:alpha');
/** Accounts of one asset and accounts of several. */
const account = (symbol: string): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(EXTERNAL, HOUSE_FEES, 'venue:alpha:settlement'),
    fc.tuple(fc.constantFrom(...CLIENTS), place).map(([id, at]) => clientAccount(id, '', symbol, at)),
  );
const transfer = asset.chain((symbol) =>
  fc
    .tuple(account(symbol), account(symbol), fc.integer({ min: -2, max: 2 }))
    .map(([from, to, units]): Leg[] => [
      { account: from, asset: symbol, units: -units },
      { account: to, asset: symbol, units },
    ]),
);
const entry = fc.array(transfer, { minLength: 1, maxLength: 3 }).map((transfers) => transfers.flat());

describe('LedgerView', () => {
  it('says what the last entry moved on accounts of clients, and nothing of the one before it', () => {
    const view = open();
    const own = clientAccount('a1', '', 'USD', 'vault:bank');
    const other = clientAccount('a2', '', 'USD', 'venue:alpha');
    const told = () => view.moved.map(({ client, asset, units }) => [client.location, asset, units]);
    post(view, [
      { account: EXTERNAL, asset: 'USD', units: -300 },
      { account: own, asset: 'USD', units: 200 },
      { account: other, asset: 'USD', units: 100 },
    ]);
    expect(told()).toEqual([
      ['vault:bank', 'USD', 200n],
      ['venue:alpha', 'USD', 100n],
    ]);
    post(view, [
      { account: own, asset: 'USD', units: -200 },
      { account: HOUSE_FEES, asset: 'USD', units: 200 },
    ]);
    expect(told()).toEqual([['vault:bank', 'USD', -200n]]);
    view.apply(event('TimerFired', { service: 'x', dueAtMs: 1 }));
    expect(told()).toEqual([]);
  });

  it('has the balances that a plain sum over all postings has, and no zero ones', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 40 }), (entries) => {
        const view = open();
        const sums = new Map<string, number>();
        const names = new Map<string, readonly [string, string]>();
        for (const legs of entries) {
          post(view, legs);
          for (const leg of legs) {
            const key = `${leg.account} ${leg.asset}`;
            names.set(key, [leg.account, leg.asset]);
            sums.set(key, (sums.get(key) ?? 0) + leg.units);
          }
        }
        for (const [key, [name, symbol]] of names) {
          expect(view.balance(name, symbol)).toBe(BigInt(sums.get(key) ?? 0));
        }
        const all = [...view.all()].map((row) => [`${row.account} ${row.asset}`, Number(row.units)] as const);
        const expected = [...sums].filter(([, units]) => units !== 0);
        expect(new Map(all)).toEqual(new Map(expected));
        expect(all).toHaveLength(expected.length);
        for (const id of CLIENTS) expectBook(view, id, sums);
      }),
      { numRuns: 300 },
    );
  });

  it('goes on from what it dumped, balances in their order', () => {
    const answers = ({ view }: Readonly<{ view: LedgerView }>): unknown => [
      [...view.all()],
      CLIENTS.map((id) => [view.balancesOf(id), view.totalsOf(id)]),
    ];
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
        expectRestores(() => ({ view: open() }), entries.map(moved), answers, [0, 4, 8, 12]);
      }),
      { numRuns: 50 },
    );
  });

  it('names the accounts that the last event touched', () => {
    const view = open();
    const usd = clientAccount('a1', '', 'USD', 'vault:bank');
    post(view, [
      { account: EXTERNAL, asset: 'USD', units: -5 },
      { account: usd, asset: 'USD', units: 5 },
    ]);
    expect([...view.touched]).toEqual(['a1']);
    expect(view.balancesOf('a1').get(usd)).toEqual({
      ...{ accountId: 'a1', subAccountId: '', asset: 'USD', location: 'vault:bank' },
      ...{ ledgerAccount: usd, units: 5n },
    });
    view.apply(event('TimerFired', {}));
    expect([...view.touched]).toEqual([]);
  });

  it('keeps what it gave away as it was', () => {
    const view = open();
    const usd = clientAccount('a1', '', 'USD', 'vault:bank');
    const give = (units: number): void =>
      post(view, [
        { account: EXTERNAL, asset: 'USD', units: -units },
        { account: usd, asset: 'USD', units },
      ]);
    give(5);
    const before = view.balancesOf('a1').get(usd);
    give(7);
    expect(before?.units).toBe(5n);
    expect(view.balancesOf('a1').get(usd)?.units).toBe(12n);
  });

  it.each([
    ['one asset', [{ account: EXTERNAL, asset: 'USD', units: 1 }]],
    [
      'two assets that cancel only together',
      [
        { account: EXTERNAL, asset: 'USD', units: 1 },
        { account: EXTERNAL, asset: 'BTC', units: -1 },
      ],
    ],
  ])('stops at an entry that does not sum to zero in %s', (_what, legs) => {
    expect(() => post(open(), legs)).toThrow(AssertionError);
  });

  it('stops at a client account that was never opened, and at an asset that was never listed', () => {
    const strange = clientAccount('a9', '', 'USD', 'vault:bank');
    const legs = (account: string, symbol: string): Leg[] => [
      { account, asset: symbol, units: 1 },
      { account: EXTERNAL, asset: symbol, units: -1 },
    ];
    expect(() => post(open(), legs(strange, 'USD'))).toThrow('Expected an open account, was a9');
    expect(() => post(open(), legs(EXTERNAL, 'XRP'))).toThrow('Expected a listed asset, was XRP');
  });
});

const expectBook = (view: LedgerView, id: string, sums: ReadonlyMap<string, number>): void => {
  const own = [...sums].filter(([key, units]) => key.startsWith(`client:${id}:`) && units !== 0);
  const balances = [...view.balancesOf(id)].map(([name, { asset: symbol, units }]) => [
    `${name} ${symbol}`,
    Number(units),
  ]);
  expect(new Map(balances as [string, number][])).toEqual(new Map(own));
  for (const symbol of ASSETS) {
    const total = own
      .filter(([key]) => key.endsWith(` ${symbol}`))
      .reduce((sum, [, units]) => sum + units, 0);
    expect(view.totalsOf(id).get(symbol) ?? 0n).toBe(BigInt(total));
  }
};
