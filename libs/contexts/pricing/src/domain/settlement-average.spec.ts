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
