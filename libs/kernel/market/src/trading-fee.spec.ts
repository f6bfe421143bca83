import { describe, expect, it } from '@jest/globals';
import { feePerUnit, feePpmAt, optionFeeOf } from './trading-fee.ts';

/** 3 basis points of an underlying at 60,000 are 18; an eighth of the premium. */
const CAPPED = { indexPrice: 60_000, capPpm: 125_000 };

describe('the fee of an option', () => {
  it.each([
    ['the cap binds on a cheap one', 40, 300, 5],
    ['the rate binds on a deep one', 9_000, 300, 18],
    ['both are the same between them', 144, 300, 18],
    ['nothing is charged on nothing', 0, 300, 0],
    ['a rebate is capped too', 40, -300, -5],
    ['a rebate on the underlying', 9_000, -20, -1.2],
    ['no rate, no fee', 40, 0, 0],
  ])('%s', (_, premium, rate, fee) => {
    expect(feePerUnit(premium, rate, CAPPED)).toBeCloseTo(fee, 12);
    expect((premium * feePpmAt(premium, rate, CAPPED)) / 1e6).toBeCloseTo(fee, 12);
  });

  it('without a cap is the rate on the premium', () => {
    expect(feePerUnit(40, 300, undefined)).toBe(0.012);
    expect(feePpmAt(40, 300, undefined)).toBe(300);
  });

  it('is the cap when the price of the underlying is not known', () => {
    expect(feePerUnit(40, 300, { indexPrice: Infinity, capPpm: 125_000 })).toBe(5);
    expect(feePpmAt(0, 300, { indexPrice: Infinity, capPpm: 125_000 })).toBe(125_000);
  });

  it('rises with the premium, so that the better price stays the better one', () => {
    for (let premium = 1; premium < 400; premium += 1) {
      const [bought, sold] = [premium, premium + 1].map((at) => feePerUnit(at, 300, CAPPED));
      expect(premium + (bought ?? 0)).toBeLessThan(premium + 1 + (sold ?? 0));
      expect(premium - (bought ?? 0)).toBeLessThan(premium + 1 - (sold ?? 0));
    }
  });
});

describe('the cap of a venue', () => {
  it('is for options alone', () => {
    for (const kind of ['spot', 'perpetual', 'future'] as const)
      expect(optionFeeOf(kind, 125_000, 60_000, 1)).toBeUndefined();
    expect(optionFeeOf('option', 0, 60_000, 1)).toBeUndefined();
    expect(optionFeeOf('option', 125_000, 60_000, 1)).toEqual(CAPPED);
  });

  it('takes the price of the underlying in the asset of the premium', () => {
    expect(optionFeeOf('option', 125_000, 60_000, 60_000)?.indexPrice).toBe(1);
    expect(optionFeeOf('option', 125_000, undefined, 1)?.indexPrice).toBe(Infinity);
    expect(optionFeeOf('option', 125_000, 60_000, undefined)?.indexPrice).toBe(Infinity);
  });
});
