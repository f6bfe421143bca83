import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PRICE_ONE, priceText } from './price-units.ts';
import {
  AVERAGE_MS,
  countUntil,
  emptyAverage,
  isComplete,
  MIN_COVERED_MS,
  pricesOf,
  thinness,
  widestGapOf,
  withSample,
  type LivePrices,
} from './settlement-average.ts';

const EXPIRY = 100 * AVERAGE_MS;
const START = EXPIRY - AVERAGE_MS;
const at = (price: number, priceAsset = 1): LivePrices => ({
  index: BigInt(price) * PRICE_ONE,
  priceAsset: BigInt(priceAsset * 4) * (PRICE_ONE / 4n),
});

describe('the average before expiry', () => {
  it('weighs prices by the time they stood, inside the window only', () => {
    let average = emptyAverage(EXPIRY);
    average = countUntil(average, at(1), START - 5);
    average = countUntil(average, at(50), START);
    average = countUntil(average, at(100), START + AVERAGE_MS / 3);
    average = countUntil(average, at(400), EXPIRY + 1_000);
    average = countUntil(average, at(9_999), EXPIRY + 2_000);
    expect(isComplete(average)).toBe(true);
    expect(average).toMatchObject({ countedToMs: EXPIRY, coveredMs: AVERAGE_MS });
    expect(priceText(pricesOf(average)?.price ?? 0n)).toBe('300');
  });

  it('is in the price asset: mean of the index over mean of the asset', () => {
    let average = countUntil(emptyAverage(EXPIRY), at(100, 1), START + AVERAGE_MS / 2);
    average = countUntil(average, at(200, 1.5), EXPIRY);
    const prices = pricesOf(average);
    expect([prices?.price, prices?.index, prices?.priceAsset].map((p) => priceText(p ?? 0n))).toEqual([
      ...['120', '150', '1.25'],
    ]);
  });

  it('leaves out what was not live, and waits for enough when too little was', () => {
    let average = countUntil(emptyAverage(EXPIRY), at(100), START + 60_000);
    average = countUntil(average, undefined, EXPIRY + 500);
    expect(isComplete(average)).toBe(false);
    expect(average.coveredMs).toBe(60_000);
    average = countUntil(average, at(200), EXPIRY + 500 + MIN_COVERED_MS);
    expect(isComplete(average)).toBe(true);
    expect(average.countedToMs).toBe(EXPIRY + 500 + MIN_COVERED_MS - 60_000);
    expect(average.coveredMs).toBe(MIN_COVERED_MS);
    expect(priceText(pricesOf(average)?.price ?? 0n)).toBe('193.333333333333');
  });

  it('knows the longest time without a live mark, ends of the window included', () => {
    const sampled = (...minutes: readonly number[]): number => {
      let average = emptyAverage(EXPIRY);
      for (const minute of minutes) average = withSample(countUntil(average, at(1), START + minute * 60_000));
      return widestGapOf(countUntil(average, at(1), EXPIRY)) / 60_000;
    };
    expect(sampled()).toBe(30);
    expect(sampled(1, 2, 3)).toBe(27);
    expect(sampled(12, 20)).toBe(12);
    expect(sampled(10, 11, 25)).toBe(14);
  });

  it('is thin with fewer marks than minutes, or none for more than two', () => {
    const window = { fromMs: START, toMs: EXPIRY, samples: 30, widestGapMs: 120_000 };
    expect(thinness(window)).toBe('');
    expect(thinness({ ...window, samples: 29 })).toBe('29 live marks, expected at least 30');
    expect(thinness({ ...window, widestGapMs: 121_000 })).toBe(
      'no live mark for 121 s, expected at most 120 s',
    );
    expect(thinness({ ...window, samples: 0, widestGapMs: 600_000 })).toMatch(/; no live mark for 600 s/);
    // While it is counted: as many as minutes have passed.
    expect(thinness({ ...window, toMs: START + 59_999, samples: 0, widestGapMs: 59_999 })).toBe('');
  });

  it('has no price before anything was counted', () => {
    expect(pricesOf(emptyAverage(EXPIRY))).toBeUndefined();
  });

  it('does not depend on how often it is counted, and lies between the prices', () => {
    const step = fc.record({
      price: fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: undefined }),
      ms: fc.integer({ min: 1, max: AVERAGE_MS }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.integer({ min: 1, max: 7 }), (steps, parts) => {
        let [once, often, now] = [emptyAverage(EXPIRY), emptyAverage(EXPIRY), START - AVERAGE_MS / 4];
        const seen: bigint[] = [];
        for (const { price, ms } of steps) {
          const prices = price === undefined ? undefined : at(price);
          if (prices !== undefined) seen.push(prices.index);
          for (let part = 1; part <= parts; part += 1)
            often = countUntil(often, prices, now + Math.floor((ms * part) / parts));
          now += ms;
          once = countUntil(once, prices, now);
        }
        expect(often).toEqual(once);
        const price = pricesOf(once)?.price;
        if (price === undefined) return;
        const [low, high] = [seen.reduce((a, b) => (a < b ? a : b)), seen.reduce((a, b) => (a > b ? a : b))];
        expect(price >= low && price <= high).toBe(true);
      }),
    );
  });
});
