import { describe, expect, it } from '@jest/globals';
import type { AccountContent } from '@plinth/margin';
import fc from 'fast-check';
import { settled } from './booked-content.ts';
import { POOLS_LOCATION } from './lines.ts';

const content = (
  balances: readonly (readonly [asset: string, location: string, amount: number])[],
  debts: AccountContent['debts'] = [],
): AccountContent => ({
  positions: [],
  balances: balances.map(([asset, location, amount]) => ({ asset, location, amount })),
  debts,
});

const amounts = ({ balances }: AccountContent): readonly (readonly [string, number])[] =>
  balances.map(({ location, amount }) => [location, amount] as const);

describe('settled', () => {
  it('leaves what is not below zero as it is', () => {
    const fine = content([['USD', 'venue:a', 0]]);
    expect(settled(fine)).toBe(fine);
  });

  it('covers from elsewhere in the order of places, then borrows', () => {
    const short = content([
      ['USD', 'venue:z', -100],
      ['USD', 'vault:eth', 30],
      ['USD', 'venue:b', 50],
      ['BTC', 'venue:z', 1],
    ]);
    expect(settled(short)).toEqual({
      positions: [],
      balances: [
        { asset: 'USD', location: 'vault:eth', amount: 0 },
        { asset: 'USD', location: 'venue:b', amount: 0 },
        { asset: 'USD', location: 'venue:z', amount: 0 },
        { asset: 'BTC', location: 'venue:z', amount: 1 },
      ].sort((a, b) => (a.location < b.location ? -1 : 1)),
      debts: [{ asset: 'USD', amount: 20 }],
    });
  });

  it('never takes from a claim on a pool', () => {
    const claim = content([
      ['USD', POOLS_LOCATION, 100],
      ['USD', 'venue:a', -10],
    ]);
    expect(amounts(settled(claim))).toEqual([
      [POOLS_LOCATION, 100],
      ['venue:a', 0],
    ]);
    expect(settled(claim).debts).toEqual([{ asset: 'USD', amount: 10 }]);
  });

  it('creates and loses nothing', () => {
    const balance = fc.tuple(
      fc.constantFrom('USD', 'BTC'),
      fc.constantFrom('venue:a', 'venue:b', 'vault:c', POOLS_LOCATION),
      fc.integer({ min: -1_000, max: 1_000 }),
    );
    const worth = ({ balances, debts }: AccountContent, of: string): number =>
      [...balances, ...debts.map(({ asset, amount }) => ({ asset, amount: -amount }))]
        .filter(({ asset }) => asset === of)
        .reduce((sum, { amount }) => sum + amount, 0);
    fc.assert(
      fc.property(fc.uniqueArray(balance, { selector: ([a, l]) => `${a} ${l}` }), (rows) => {
        const before = content(rows, [{ asset: 'USD', amount: 5 }]);
        const after = settled(before);
        for (const asset of ['USD', 'BTC']) expect(worth(after, asset)).toBe(worth(before, asset));
        expect(after.balances.every(({ amount }) => amount >= 0)).toBe(true);
      }),
    );
  });
});
