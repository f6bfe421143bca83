import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Book } from './book.ts';
import { Catalogue, POOLS_LOCATION } from './catalogue.ts';
import { houseParameters } from './house-parameters.ts';
import { marginOf } from './margin.ts';
import { bookFills, settle } from './settled.ts';
import { makeWorld } from './testing/index.ts';
import type { AccountContent } from './types.ts';

const content = (
  balances: readonly (readonly [asset: string, location: string, amount: number])[],
  debts: AccountContent['debts'] = [],
): AccountContent => ({
  positions: [],
  balances: balances.map(([asset, location, amount]) => ({ asset, location, amount })),
  debts,
});

/** What an account holds once its balances are settled; places are known in another order than by name. */
const settled = (given: AccountContent): AccountContent => {
  const catalogue = new Catalogue();
  catalogue.addAsset({ id: 'BTC', underlying: 'BTC' });
  for (const id of ['venue:z', POOLS_LOCATION, 'venue:b', 'venue:a', 'vault:eth', 'vault:c'])
    catalogue.addLocation({ id, kind: 'venue' });
  const book = new Book(catalogue);
  book.load(book.addAccount('a'), given);
  settle(book, 0);
  return book.read(0);
};

const amounts = ({ balances }: AccountContent): readonly (readonly [string, number])[] =>
  balances.map(({ location, amount }) => [location, amount] as const);

describe('settle', () => {
  it('leaves what is not below zero as it is', () => {
    const fine = content([['USD', 'venue:a', 5]], [{ asset: 'USD', amount: 7 }]);
    expect(settled(fine)).toEqual(fine);
  });

  it('covers from elsewhere in the order of the names of places, then borrows', () => {
    const short = content([
      ['USD', 'venue:z', -60],
      ['USD', 'vault:eth', 30],
      ['USD', 'venue:b', 50],
      ['BTC', 'venue:z', 1],
    ]);
    expect(amounts(settled(short))).toEqual([
      ['venue:z', 1],
      ['venue:b', 20],
    ]);
    const poor = settled({ ...short, balances: short.balances.slice(0, 2) });
    expect([poor.balances, poor.debts]).toEqual([[], [{ asset: 'USD', amount: 30 }]]);
  });

  it('never takes from a claim on a pool', () => {
    const claim = content([
      ['USD', POOLS_LOCATION, 100],
      ['USD', 'venue:a', -10],
    ]);
    expect(amounts(settled(claim))).toEqual([[POOLS_LOCATION, 100]]);
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

describe('fills that might happen', () => {
  const OPTION = 'BTC-C60-30@venue-a';

  const holding = (balances: Parameters<typeof content>[0], debts: AccountContent['debts'] = []) => {
    const world = makeWorld(houseParameters, true);
    world.book.addAccount('a');
    world.book.load(0, content(balances, debts));
    return world;
  };

  it('are paid for from where the money is: nothing is lent that the account has elsewhere', () => {
    const { book, kernel } = holding([
      ['USDC', 'vault', 50_000],
      ['USDC', 'venue-a', 1_000],
    ]);
    bookFills(book, 0, [{ instrument: OPTION, quantity: 2, price: 4_000 }]);
    expect(book.read(0)).toMatchObject({
      balances: expect.arrayContaining([{ asset: 'USDC', location: 'vault', amount: 43_000 }]),
      debts: [],
    });
    expect(marginOf(kernel, book, 0).figures.assets).toBeCloseTo(43_000, 6);
  });

  it('borrow what is missing, and repay with what they bring in', () => {
    const { book } = holding([['USDC', 'venue-a', 1_000]]);
    bookFills(book, 0, [{ instrument: OPTION, quantity: 2, price: 4_000 }]);
    expect(book.read(0).debts).toEqual([{ asset: 'USDC', amount: 7_000 }]);
    bookFills(book, 0, [{ instrument: OPTION, quantity: -2, price: 4_500 }]);
    const { debts, balances, positions } = book.read(0);
    expect([debts, positions]).toEqual([[], []]);
    expect(balances).toEqual([{ asset: 'USDC', location: 'venue-a', amount: 2_000 }]);
  });

  it('leave other debts, and books without fills, as they are', () => {
    const { book } = holding([['USDT', 'vault', 500]], [{ asset: 'USDT', amount: 400 }]);
    const before = book.read(0);
    bookFills(book, 0, []);
    expect(book.read(0)).toEqual(before);
    bookFills(book, 0, [{ instrument: OPTION, quantity: -1, price: 4_000 }]);
    expect(book.read(0).debts).toEqual([{ asset: 'USDT', amount: 400 }]);
  });
});
