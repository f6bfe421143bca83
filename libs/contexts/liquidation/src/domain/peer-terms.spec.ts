import { describe, expect, it } from '@jest/globals';
import { closeFactor, deleveragingIndex, healthDiscount, storefrontQuote } from './peer-terms.ts';

describe('peer terms', () => {
  it('sell collateral below its price by a part of the penalty', () => {
    expect(storefrontQuote(200, 200, 0.6, 0.5)).toBeCloseTo(1.25, 12);
    expect(() => storefrontQuote(1, 1, 0, 1)).toThrow('discount');
  });

  it('raise the discount as health falls, up to its bound', () => {
    const at = { collateral: 10, price: 0.5, liquidationLtv: 0.9, debt: 5, discountMax: 0.2 };
    expect(healthDiscount(at).discount).toBeCloseTo(0.1, 12);
    expect(healthDiscount({ ...at, price: 0.1 }).discount).toBeCloseTo(0.2, 12);
    expect(healthDiscount({ ...at, price: 1 })).toEqual({ discount: 0, repayMax: 0, collateralOut: 0 });
    expect(healthDiscount({ ...at, debt: 0 }).repayMax).toBe(0);
  });

  it('close half of a debt, all of a bad or a small one, nothing of a healthy one', () => {
    expect([closeFactor(0.99, 5_000, 5_000), closeFactor(0.95, 5_000, 5_000)]).toEqual([0.5, 1]);
    expect([closeFactor(0.99, 1_999, 5_000), closeFactor(0.99, 5_000, 1_999)]).toEqual([1, 1]);
    expect(closeFactor(1, 1, 1)).toBe(0);
  });

  it('rank by gain and leverage', () => {
    expect(deleveragingIndex(110, 100, 11_000, 2_000)).toBeCloseTo(6.05, 12);
    expect(() => deleveragingIndex(1, 1, 1, 0)).toThrow('accountValue');
  });
});
