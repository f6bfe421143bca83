import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { blackGreeks, blackPrice } from './black-76.ts';
import { impliedVolatility, impliedVolatilityAll } from './implied-volatility.ts';
import { optionColumns } from './option-columns.ts';

/** isCall, forward, strike, volatility, years, discount, price …: tools/golden/options.py. */
type Row = readonly [boolean, ...number[]];
const rows = JSON.parse(
  readFileSync(new URL('../golden/black-76.json', import.meta.url), 'utf8'),
) as readonly Row[];

const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const EPSILON = 2 ** -52;

describe('implied volatility', () => {
  it('finds the volatility of 60-digit prices as far as a double holds it', () => {
    let judged = 0;
    for (const [
      isCall,
      forward = NaN,
      strike = NaN,
      volatility = NaN,
      years = NaN,
      discount = NaN,
      price = NaN,
    ] of rows) {
      const intrinsic = discount * Math.max(0, isCall ? forward - strike : strike - forward);
      const { vega } = blackGreeks({ isCall, forward, strike, volatility, years, discount });
      if (!(price > 1e-290 && price > intrinsic)) continue;
      judged++;
      const found = impliedVolatility({ isCall, forward, strike, years, discount, price });
      // What half a unit in the last place of the price and of what is subtracted from it is worth in
      // volatility.
      const blur = (EPSILON * 2 * (price + intrinsic)) / vega;
      expect(Math.abs(found - volatility)).toBeLessThanOrEqual(blur + 2e-14 * volatility);
    }
    expect(judged).toBeGreaterThan(120);
  });

  it('gives the price back, from 1e-5 to 600 % and as far out as prices are', () => {
    const far = fc.record({
      total: fc.double({ min: Math.log(1e-5), max: Math.log(6), noNaN: true }).map(Math.exp),
      deviations: number(-30, 30),
      years: number(0.001, 4),
    });
    fc.assert(
      fc.property(far, ({ total, deviations, years }) => {
        const [forward, volatility] = [100, total / Math.sqrt(years)];
        const strike = forward * Math.exp(deviations * total);
        const option = { isCall: strike > forward, forward, strike, years, discount: 0.97 };
        fc.pre(strike > 1e-100 && strike < 1e15 && volatility <= 100);
        const price = blackPrice({ ...option, volatility });
        fc.pre(price > 1e-300 && price < option.discount * Math.min(forward, strike));
        const found = impliedVolatility({ ...option, price });
        const back = blackPrice({ ...option, volatility: Math.min(found, 100) });
        // A price so far out changes by the square of the deviations for each digit that ln(K/F) lacks.
        const blur = (4 * EPSILON * Math.abs(deviations)) / total;
        expect(Math.abs(back - price)).toBeLessThanOrEqual((2e-11 + blur) * price);
        expect(Math.abs(back - price)).toBeLessThanOrEqual(1e-13 * forward);
      }),
      { numRuns: 2000 },
    );
  });

  it('never fails between the bounds', () => {
    const inside = fc.record({
      strike: number(1e-3, 1e5),
      share: number(1e-12, 1 - 1e-12),
      isCall: fc.boolean(),
    });
    fc.assert(
      fc.property(inside, ({ strike, share, isCall }) => {
        const forward = 100;
        const low = Math.max(0, isCall ? forward - strike : strike - forward);
        const high = isCall ? forward : strike;
        const price = low + share * (high - low);
        fc.pre(price > low && price < high);
        const found = impliedVolatility({ isCall, forward, strike, years: 1, price });
        expect(found).toBeGreaterThan(0);
        expect(Number.isFinite(found)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is 0 at the intrinsic value', () => {
    const option = { isCall: true, forward: 110.1, strike: 100, years: 1, discount: 0.93 };
    expect(impliedVolatility({ ...option, price: blackPrice({ ...option, volatility: 0 }) })).toBe(0);
    expect(impliedVolatility({ ...option, isCall: false, price: 0 })).toBe(0);
  });

  it.each([
    ['below the intrinsic value', { price: 9.99 }, 'price: Expected a price without arbitrage'],
    ['the forward itself', { price: 110 }, 'price: Expected a price without arbitrage'],
    [
      'more than the strike of a put',
      { isCall: false, price: 100.5 },
      'price: Expected a price without arbitrage',
    ],
    ['a negative price', { price: -1 }, 'price: Expected a number from 0'],
    ['no number', { price: NaN }, 'price: Expected a number from 0'],
    ['expired with time value', { price: 12, years: 0 }, 'price: Expected the intrinsic value 10 at expiry'],
    ['past expiry', { price: 12, years: -1 }, 'years: Expected an option before its expiry'],
  ])('refuses %s', (_, wrong, message) => {
    const option = { isCall: true, forward: 110, strike: 100, years: 1, price: 12 };
    expect(() => impliedVolatility({ ...option, ...wrong })).toThrow(message);
  });

  it('of many is that of each, and NaN where there is none', () => {
    const options = [90, 100, 110].map((strike) => ({
      isCall: true,
      forward: 100,
      strike,
      volatility: 0.5,
      years: 0.3,
    }));
    const prices = Float64Array.from(options, blackPrice);
    prices[1] = 100;
    const out = new Float64Array(3);
    expect(impliedVolatilityAll(optionColumns(options), prices, out)).toBe(1);
    expect(out[1]).toBeNaN();
    for (const i of [0, 2]) expect(out[i]).toBe(impliedVolatility({ ...options[i]!, price: prices[i]! }));
  });
});
