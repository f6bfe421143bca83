import { describe, expect, it } from '@jest/globals';
import { madeHistory, madeLine } from '../testing/made-history.ts';
import type { DrawnBook } from './drawn-book.ts';
import { realisedLoss } from './realised-loss.ts';

const history = madeHistory({ BTC: [100, 90, 80, 110, NaN], USDT: [1, 1, 0.9, 1, 1] }, [
  madeLine('BTC/USD', 'one'),
  madeLine('BTC/USDT', 'two'),
]);
const book = (change: Partial<DrawnBook>): DrawnBook => ({
  ...{ style: 'long', step: 0, legs: [], options: [], balances: [], debts: [] },
  ...change,
});
const long = { line: 0, quantity: 2, entry: 100 };

describe('The loss of a book', () => {
  it('is the worst within the horizon, and the one at its end, a gain below zero', () => {
    expect(realisedLoss(history, book({ legs: [long] }), 1)).toEqual({ worst: 20, atEnd: 20 });
    expect(realisedLoss(history, book({ legs: [long] }), 3)).toEqual({ worst: 40, atEnd: -20 });
  });

  it('is zero within for a book that only gains', () => {
    const short = { ...long, quantity: -2 };
    expect(realisedLoss(history, book({ legs: [short] }), 2)).toEqual({ worst: 0, atEnd: -40 });
  });

  it('is that of the quote asset where two legs cancel', () => {
    const legs = [long, { line: 1, quantity: -2, entry: 100 }];
    // At step 2 the short leg's mark is 80 / 0.9: it gains 2 · (100 − 88.89) · 0.9 = 20, the long one loses
    // 40.
    const loss = realisedLoss(history, book({ legs }), 2);
    expect(loss?.worst).toBeCloseTo(20, 9);
  });

  it('counts coins held, dollars owed and funding paid', () => {
    const held = {
      balances: [{ asset: 'BTC', location: 'custody', amount: 1 }],
      debts: [{ asset: 'USD', amount: 60 }],
    };
    expect(realisedLoss(history, book(held), 2)).toEqual({ worst: 20, atEnd: 20 });
    const paid = { ...history, funding: [Float64Array.from([0, 0.01, 0, 0, 0]), undefined] };
    expect(realisedLoss(paid, book({ legs: [long] }), 1)?.worst).toBeCloseTo(22, 9);
  });

  it('is not known where nothing has a price', () => {
    expect(realisedLoss(history, book({ legs: [{ ...long, entry: 110 }], step: 3 }), 1)).toBeUndefined();
  });
});
