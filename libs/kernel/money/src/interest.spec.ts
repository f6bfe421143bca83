import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  AssertionError,
  INDEX_DIGITS,
  INDEX_START,
  accrued,
  accruedMoney,
  addDecimal,
  asIndex,
  compareDecimal,
  compound,
  decimalOf,
  decimalOfUnits,
  formatDecimal,
  formatMoney,
  lendingIndexOf,
  moneyOf,
  multiply,
  rateOf,
  unitsOfDecimal,
} from './index.ts';

const index = fc
  .bigInt({ min: 10n ** 27n, max: 10n ** 30n })
  .map((units) => asIndex(decimalOfUnits(units, INDEX_DIGITS)));

describe('accrual by index', () => {
  it('grows a debt by the ratio of the indices, rounded up; a deposit rounded down', () => {
    const [then, now] = [lendingIndexOf('1.05'), lendingIndexOf('1.07')];
    expect(formatMoney(accruedMoney(moneyOf('USD', 6, '1000'), then, now, 'up'))).toBe('1019.04762');
    expect(formatMoney(accruedMoney(moneyOf('USD', 6, '1000'), then, now, 'down'))).toBe('1019.047619');
  });

  it('never falls, is exact with its remainder, and debts are never below deposits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), index, index, (principal, a, b) => {
        const [then, now] = compareDecimal(a, b) <= 0 ? [a, b] : [b, a];
        const up = accrued(principal, then, now, 'up');
        const down = accrued(principal, then, now, 'down');
        expect(down.units >= principal).toBe(true);
        expect(up.units - down.units <= 1n && up.units >= down.units).toBe(true);
        expect(up.units * unitsOfDecimal(then, INDEX_DIGITS) + up.remainder).toBe(
          principal * unitsOfDecimal(now, INDEX_DIGITS),
        );
      }),
    );
  });

  it('never gains by settling often', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n }),
        fc.array(index, { minLength: 2, maxLength: 20 }),
        (n, list) => {
          const path = [...list].sort(compareDecimal);
          const [first, last] = [path[0], path.at(-1)];
          if (first === undefined || last === undefined) throw new Error('Expected a path');
          let [debt, deposit] = [n, n];
          for (let i = 1; i < path.length; i++) {
            debt = accrued(debt, path[i - 1] ?? first, path[i] ?? last, 'up').units;
            deposit = accrued(deposit, path[i - 1] ?? first, path[i] ?? last, 'down').units;
          }
          expect(debt >= accrued(n, first, last, 'up').units).toBe(true);
          expect(deposit <= accrued(n, first, last, 'down').units).toBe(true);
        },
      ),
    );
  });

  it('refuses an index that falls', () => {
    expect(() => accrued(1n, lendingIndexOf('1.1'), lendingIndexOf('1'), 'up')).toThrow(AssertionError);
  });
});

describe('compounding per second', () => {
  it('is the exact power where that is short', () => {
    expect(formatDecimal(compound(INDEX_START, rateOf('0.1'), 3, 'up'))).toBe('1.331');
    expect(formatDecimal(compound(INDEX_START, rateOf('0.1'), 0, 'up'))).toBe('1');
    expect(formatDecimal(compound(lendingIndexOf('2'), rateOf('0.01'), 2, 'down'))).toBe('2.0402');
  });

  it('brackets the exact power within two last digits', () => {
    fc.assert(
      fc.property(
        index,
        fc.bigInt({ min: 0n, max: 10n ** 21n }).map((n) => decimalOfUnits(n, INDEX_DIGITS)),
        fc.integer({ min: 0, max: 12 }),
        (start, rate, seconds) => {
          const [low, high] = [
            compound(start, rateOf(formatDecimal(rate)), seconds, 'down'),
            compound(start, rateOf(formatDecimal(rate)), seconds, 'up'),
          ];
          let exact = decimalOf(formatDecimal(start));
          for (let s = 0; s < seconds; s++) exact = multiply(exact, addDecimal(decimalOf('1'), rate));
          expect(compareDecimal(low, exact)).not.toBe(1);
          expect(compareDecimal(high, exact)).not.toBe(-1);
          expect(unitsOfDecimal(high, INDEX_DIGITS) - unitsOfDecimal(low, INDEX_DIGITS) <= 2n).toBe(true);
        },
      ),
    );
  });

  it('gives e^0.05 for a year of 5 % compounded per second, to 9 digits', () => {
    // 0.05 / 31,536,000 = 1.585489599188229...e-9; e^0.05 = 1.0512710963760240...
    const year = compound(INDEX_START, rateOf('0.000000001585489599188229325'), 31_536_000, 'up');
    expect(formatDecimal(year).slice(0, 11)).toBe('1.051271096');
  });

  it('refuses negative, fractional and endless periods and rates that are not rates', () => {
    const rate = rateOf('0.000001');
    for (const seconds of [-1, 0.5, NaN, Infinity, 4e9]) {
      expect(() => compound(INDEX_START, rate, seconds, 'up')).toThrow(AssertionError);
    }
    expect(() => compound(INDEX_START, rateOf('-0.1'), 1, 'up')).toThrow(AssertionError);
    expect(() => compound(INDEX_START, rateOf('1'), 1, 'up')).toThrow(AssertionError);
  });
});
