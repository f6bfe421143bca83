import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  AssertionError,
  InvalidNumber,
  ROUNDINGS,
  absQuantity,
  addQuantity,
  compareQuantity,
  formatQuantity,
  isWholeLots,
  isZeroQuantity,
  lotsIn,
  maxQuantity,
  minQuantity,
  negateQuantity,
  quantityOf,
  quantityOfUnits,
  rescaleQuantity,
  roundToLot,
  subtractQuantity,
  zeroQuantity,
} from './index.ts';

const units = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });

describe('quantities', () => {
  it('reads and writes plain text', () => {
    expect(quantityOf(3, '-1.5')).toEqual({ scale: 3, units: -1500n });
    expect(formatQuantity(quantityOfUnits(3, -1500n))).toBe('-1.5');
    expect(() => quantityOf(3, '0.0001')).toThrow(InvalidNumber);
    expect(() => quantityOf(3, '1e3')).toThrow('quantity');
  });

  it('adds, subtracts and compares at one scale only', () => {
    fc.assert(
      fc.property(units, units, (m, n) => {
        const [a, b] = [quantityOfUnits(8, m), quantityOfUnits(8, n)];
        expect(subtractQuantity(addQuantity(a, b), b)).toEqual(a);
        expect(isZeroQuantity(addQuantity(a, negateQuantity(a)))).toBe(true);
        expect(addQuantity(minQuantity(a, b), maxQuantity(a, b))).toEqual(addQuantity(a, b));
        expect(compareQuantity(absQuantity(a), zeroQuantity(8))).toBe(m === 0n ? 0 : 1);
      }),
    );
    expect(() => addQuantity(zeroQuantity(8), zeroQuantity(3))).toThrow(AssertionError);
  });

  it('rounds to lots in the named direction and returns what is left', () => {
    const lot = quantityOf(3, '0.025');
    expect(formatQuantity(roundToLot(quantityOf(3, '0.06'), lot, 'down').rounded)).toBe('0.05');
    expect(formatQuantity(roundToLot(quantityOf(3, '0.06'), lot, 'up').rounded)).toBe('0.075');
    expect(formatQuantity(roundToLot(quantityOf(3, '-0.06'), lot, 'floor').rounded)).toBe('-0.075');
    expect(formatQuantity(roundToLot(quantityOf(3, '0.06'), lot, 'up').remainder)).toBe('-0.015');
    fc.assert(
      fc.property(
        units,
        fc.bigInt({ min: 1n, max: 10n ** 12n }),
        fc.constantFrom(...ROUNDINGS),
        (n, l, rounding) => {
          const { rounded, remainder } = roundToLot(quantityOfUnits(6, n), quantityOfUnits(6, l), rounding);
          expect(addQuantity(rounded, remainder)).toEqual(quantityOfUnits(6, n));
          expect(isWholeLots(rounded, quantityOfUnits(6, l))).toBe(true);
        },
      ),
    );
    expect(() => roundToLot(zeroQuantity(3), zeroQuantity(3), 'down')).toThrow(AssertionError);
  });

  it('counts whole lots', () => {
    expect(lotsIn(quantityOf(3, '0.06'), quantityOf(3, '0.025'))).toBe(2n);
    expect(lotsIn(quantityOf(3, '-0.06'), quantityOf(3, '0.025'))).toBe(-2n);
  });

  it('changes scale only when nothing is lost', () => {
    expect(rescaleQuantity(quantityOf(3, '1.5'), 8)).toEqual(quantityOf(8, '1.5'));
    expect(rescaleQuantity(quantityOf(3, '1.5'), 1)).toEqual(quantityOf(1, '1.5'));
    expect(() => rescaleQuantity(quantityOf(3, '1.55'), 1)).toThrow(AssertionError);
  });
});
