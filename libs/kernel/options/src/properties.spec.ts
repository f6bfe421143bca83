import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { blackGreeks, blackPrice } from './black-76.ts';
import { greekColumns, greeksAt } from './greek-columns.ts';
import { inverseGreeks, inversePrice } from './inverse.ts';
import { greeksAll, priceAll, priceGrid, scenarioGrid } from './kernels.ts';
import { optionColumns } from './option-columns.ts';
import type { OptionInput } from './option-input.ts';

const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const option: fc.Arbitrary<OptionInput & { discount: number }> = fc.record({
  isCall: fc.boolean(),
  forward: number(0.01, 1e5),
  strike: number(0.01, 1e5),
  volatility: number(0, 4),
  years: number(0, 5),
  discount: number(0.5, 1.05),
});
/** Rounding of a few units in the last place of the largest number that goes into a price. */
const ROUNDING = 4e-15;
const size = ({ forward, strike }: OptionInput): number => Math.max(forward, strike);

describe('properties of prices', () => {
  it('put–call parity: call − put = df·(F − K)', () => {
    fc.assert(
      fc.property(option, (o) => {
        const call = blackPrice({ ...o, isCall: true });
        const put = blackPrice({ ...o, isCall: false });
        const gap = Math.abs(call - put - o.discount * (o.forward - o.strike));
        expect(gap).toBeLessThanOrEqual(ROUNDING * size(o));
      }),
    );
  });

  it('stays between the intrinsic value and the forward (call) or the strike (put)', () => {
    fc.assert(
      fc.property(option, (o) => {
        const price = blackPrice(o) / o.discount;
        const intrinsic = Math.max(0, o.isCall ? o.forward - o.strike : o.strike - o.forward);
        expect(price).toBeGreaterThanOrEqual(intrinsic - ROUNDING * size(o));
        expect(price).toBeLessThanOrEqual((o.isCall ? o.forward : o.strike) * (1 + ROUNDING));
      }),
    );
  });

  it('is convex in the strike and in the forward', () => {
    fc.assert(
      fc.property(option, number(0.001, 0.5), (o, width) => {
        const wing = width * o.strike;
        const at = (strike: number): number => blackPrice({ ...o, strike });
        const fly = at(o.strike - wing) - 2 * at(o.strike) + at(o.strike + wing);
        expect(fly).toBeGreaterThanOrEqual(-3 * ROUNDING * size(o));
        expect(blackGreeks(o).gamma).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('rises with volatility and with the forward of a call', () => {
    fc.assert(
      fc.property(option, number(0, 1), number(0, 100), (o, volatility, forward) => {
        const slack = ROUNDING * (size(o) + forward);
        const more = blackPrice({ ...o, volatility: o.volatility + volatility });
        expect(more).toBeGreaterThanOrEqual(blackPrice(o) - slack);
        const call = { ...o, isCall: true };
        const higher = blackPrice({ ...call, forward: o.forward + forward });
        expect(higher).toBeGreaterThanOrEqual(blackPrice(call) - slack);
      }),
    );
  });

  it('scales with the units of price', () => {
    fc.assert(
      fc.property(option, (o) => {
        const scaled = blackPrice({ ...o, forward: 4 * o.forward, strike: 4 * o.strike });
        expect(scaled).toBe(4 * blackPrice(o));
      }),
    );
  });

  it('the Greeks are the slopes of the price, linear and inverse', () => {
    const smooth = fc.record({
      isCall: fc.boolean(),
      forward: number(80, 120),
      strike: number(80, 120),
      volatility: number(0.3, 1.5),
      years: number(0.2, 3),
      discount: number(0.8, 1),
    });
    fc.assert(
      fc.property(smooth, fc.boolean(), (o, isInverse) => {
        const price = isInverse ? inversePrice : blackPrice;
        const greeks = (isInverse ? inverseGreeks : blackGreeks)(o);
        const unit = isInverse ? 1 / 100 : 1;
        const slope = (field: 'forward' | 'volatility' | 'years', step: number, f = price): number =>
          (f({ ...o, [field]: o[field] + step }) - f({ ...o, [field]: o[field] - step })) / (2 * step);
        const delta = (q: OptionInput): number => (isInverse ? inverseGreeks : blackGreeks)(q).delta;
        expect(slope('forward', 1e-3)).toBeCloseTo(greeks.delta, 7);
        expect(slope('volatility', 1e-4)).toBeCloseTo(greeks.vega, isInverse ? 7 : 4);
        expect(slope('forward', 1e-3, delta)).toBeCloseTo(greeks.gamma, 7);
        expect(slope('volatility', 1e-4, delta)).toBeCloseTo(greeks.vanna, 5);
        const rate = -Math.log(o.discount) / o.years;
        const later = (years: number): number => price({ ...o, years, discount: Math.exp(-rate * years) });
        const theta = (later(o.years - 1e-4) - later(o.years + 1e-4)) / 2e-4;
        expect(theta / unit).toBeCloseTo(greeks.theta / unit, 3);
      }),
    );
  });
});

describe('kernels over columns', () => {
  const many = fc.array(option, { minLength: 1, maxLength: 12 });

  it('give bit for bit what one option gives alone', () => {
    fc.assert(
      fc.property(many, (options) => {
        const columns = optionColumns(options);
        const prices = new Float64Array(options.length);
        const [linear, inverse] = [greekColumns(options.length), greekColumns(options.length)];
        priceAll(columns, prices);
        greeksAll(columns, 'linear', linear);
        greeksAll(columns, 'inverse', inverse);
        options.forEach((o, i) => {
          expect(prices[i]).toBe(blackPrice(o));
          expect(greeksAt(linear, i)).toEqual(blackGreeks(o));
          expect(greeksAt(inverse, i)).toEqual(inverseGreeks(o));
        });
      }),
    );
  });

  it('the grid is the price at the shocked forward and volatility', () => {
    const shocks = fc.array(
      fc.record({ forward: number(0.3, 3), factor: number(0, 2), floor: number(0, 1) }),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(many, shocks, (options, scenarios) => {
        const width = scenarios.length;
        const grid = scenarioGrid(options.length, width);
        options.forEach((o, i) =>
          scenarios.forEach((s, j) => {
            grid.forward[i * width + j] = o.forward * s.forward;
            grid.volatilityFactor[i * width + j] = s.factor;
            grid.volatilityFloor[i * width + j] = s.floor;
          }),
        );
        const out = new Float64Array(options.length * width);
        priceGrid(optionColumns(options), Int32Array.from(options.keys()), grid, out);
        options.forEach((o, i) =>
          scenarios.forEach(({ forward, factor, floor }, j) => {
            const volatility = Math.max(floor, o.volatility * factor);
            expect(out[i * width + j]).toBe(blackPrice({ ...o, forward: o.forward * forward, volatility }));
          }),
        );
      }),
    );
  });

  it('refuses arrays that are too short and slices that are not there', () => {
    const columns = optionColumns([{ isCall: true, forward: 1, strike: 1, volatility: 1, years: 1 }]);
    expect(() => priceAll(columns, new Float64Array(0))).toThrow('out: Expected at least 1 places, was 0');
    const grid = scenarioGrid(1, 2);
    expect(() => priceGrid(columns, Int32Array.of(1), grid, new Float64Array(2))).toThrow(
      'sliceOf: Expected',
    );
  });
});
