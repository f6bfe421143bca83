import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareDecimal, decimalOfUnits, formatDecimal, multiply, ONE } from '@plinth/money';
import { perSecond, ratesOf, utilisationOf, type PoolAmounts } from './rates.ts';
import { rateCurve } from '@plinth/messages';

const CURVE = rateCurve({ kind: 'kinked', base: '0.02', slope1: '0.08', slope2: '0.9', kink: '0.8' });
const TERMS = { curve: CURVE, reserveFactor: '0.1', rateAtTarget: '' };

const amounts = (change: Partial<PoolAmounts>): PoolAmounts => ({
  cash: 0n,
  debt: 0n,
  supplied: 0n,
  reserve: 0n,
  ...change,
});

const rates = (change: Partial<PoolAmounts>): readonly string[] => {
  const { utilisation, borrow, supply } = ratesOf(TERMS, amounts(change));
  return [utilisation, borrow, supply].map(formatDecimal);
};

describe('rates of a pool', () => {
  it('follow from cash, debt and reserve', () => {
    // U = 400 / (620 + 400 − 20) = 0.4; borrow = 0.02 + 0.08 · 0.4/0.8; supply = 0.06 · 0.4 · 0.9
    expect(rates({ cash: 620n, debt: 400n, supplied: 1_000n, reserve: 20n })).toEqual([
      '0.4',
      '0.06',
      '0.0216',
    ]);
  });

  it('are the base without debt, and the top when everything is lent', () => {
    expect(rates({ cash: 5n })).toEqual(['0', '0.02', '0']);
    expect(rates({ debt: 5n, supplied: 5n })).toEqual(['1', '1', '0.9']);
  });

  it('keep utilisation within one when the pool is overdrawn', () => {
    expect(formatDecimal(utilisationOf(amounts({ cash: -50n, debt: 100n })))).toBe('1');
    expect(formatDecimal(utilisationOf(amounts({ cash: 50n, debt: 100n, reserve: 80n })))).toBe('1');
    expect(formatDecimal(utilisationOf(amounts({ cash: 100n, debt: 100n, reserve: -80n })))).toBe('0.5');
  });

  it('share the interest over the claims when these are larger than what is there', () => {
    // A loss of 1,000 was written off: 1,000 of claims on 500 of debt and no cash.
    expect(rates({ debt: 500n, supplied: 1_000n })).toEqual(['1', '1', '0.45']);
  });

  it('never promise suppliers more than the borrowers pay', () => {
    const units = fc.bigInt({ min: 0n, max: 10n ** 20n });
    const cash = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
    fc.assert(
      fc.property(cash, units, units, units, (held, debt, supplied, reserve) => {
        const found = ratesOf(TERMS, { cash: held, debt, supplied, reserve });
        const paid = multiply(found.borrow, decimalOfUnits(debt, 0));
        const earned = multiply(found.supply, decimalOfUnits(supplied, 0));
        expect(compareDecimal(earned, paid)).toBeLessThanOrEqual(0);
        expect(compareDecimal(found.supply, found.borrow)).toBeLessThanOrEqual(0);
        expect(compareDecimal(found.utilisation, ONE)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('are spread over the seconds of a year, up for borrowers and down for suppliers', () => {
    const [up, down] = [perSecond(ONE, 'up'), perSecond(ONE, 'down')];
    expect(compareDecimal(up, down)).toBe(1);
    expect(compareDecimal(multiply(up, decimalOfUnits(31_536_000n, 0)), ONE)).toBe(1);
  });
});
