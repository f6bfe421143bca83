import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { laneKernel, type BlockKernel } from './block-kernel.ts';
import { greekColumns, type GreekColumns } from './greek-columns.ts';
import { impliedVolatilityAll } from './implied-volatility.ts';
import { greeksAll, priceAll, priceGrid, scenarioGrid } from './kernels.ts';
import { emptyColumns, type OptionColumns } from './option-columns.ts';
import { plainKernel } from './plain-kernel.ts';

const lanes = laneKernel();
const describeLanes = lanes === undefined ? describe.skip : describe;
const wide = lanes ?? plainKernel;

/** Powers of ten over a range, so that every size is as likely as any. */
const sized = (low: number, high: number): fc.Arbitrary<number> =>
  fc.double({ min: low, max: high, noNaN: true }).map((power) => 10 ** power);
const edge = fc.constantFrom(0, NaN, -1, Infinity, 5e-324, 1e-60, 1e-100, 1e60);
const mostly = (usual: fc.Arbitrary<number>): fc.Arbitrary<number> =>
  fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: edge });

type Row = Readonly<{
  isCall: boolean;
  forward: number;
  /** ln(strike / forward) over σ·√T: up to far out in the wings. */
  deviations: number;
  volatility: number;
  years: number;
  discount: number;
  strike: number | undefined;
}>;

const row: fc.Arbitrary<Row> = fc.record({
  isCall: fc.boolean(),
  forward: mostly(sized(-3, 6)),
  deviations: fc.oneof(
    fc.double({ min: -4, max: 4, noNaN: true }),
    fc.double({ min: -45, max: 45, noNaN: true }),
  ),
  volatility: mostly(sized(-2, 1.5)),
  years: mostly(fc.oneof(sized(-8, 0), sized(-2, 1))),
  discount: fc.oneof(fc.constant(1), fc.double({ min: 0.5, max: 1.1, noNaN: true })),
  strike: fc.option(edge, { nil: undefined, freq: 12 }),
});
const rows = fc.array(row, { minLength: 1, maxLength: 40 });

const columnsOf = (given: readonly Row[]): OptionColumns => {
  const columns = emptyColumns(given.length);
  given.forEach(({ isCall, forward, deviations, volatility, years, discount, strike }, i) => {
    columns.isCall[i] = isCall ? 1 : 0;
    columns.forward[i] = forward;
    columns.strike[i] = strike ?? forward * Math.exp(deviations * volatility * Math.sqrt(years));
    columns.volatility[i] = volatility;
    columns.years[i] = years;
    columns.discount[i] = discount;
  });
  return columns;
};

/** The same numbers to the bit; one NaN is like any other. */
const expectSame = (one: Float64Array, other: Float64Array): void => {
  for (const [i, value] of one.entries())
    if (!Object.is(value, other[i])) expect([i, value]).toEqual([i, other[i]]);
};

const RUNS = { numRuns: 1500 };

describeLanes('two options at a time', () => {
  it('have the Greeks of one at a time, bit for bit', () => {
    fc.assert(
      fc.property(rows, fc.constantFrom('linear', 'inverse'), (given, settlement) => {
        const columns = columnsOf(given);
        const greeks = (kernel: BlockKernel): GreekColumns => {
          const out = greekColumns(given.length);
          greeksAll(columns, settlement, out, kernel);
          return out;
        };
        const [one, two] = [greeks(plainKernel), greeks(wide)];
        for (const name of Object.keys(one) as (keyof GreekColumns)[]) expectSame(one[name], two[name]);
      }),
      RUNS,
    );
  });

  it('have their prices over a grid, bit for bit', () => {
    const shocks = fc.array(
      fc.record({ forward: mostly(sized(-3, 6)), factor: sized(-1, 1), floor: sized(-3, 0) }),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(rows, shocks, (given, scenarios) => {
        const columns = columnsOf(given);
        const grid = scenarioGrid(1, scenarios.length);
        scenarios.forEach(({ forward, factor, floor }, s) => {
          grid.forward[s] = forward;
          grid.volatilityFactor[s] = factor;
          grid.volatilityFloor[s] = floor;
        });
        const prices = (kernel: BlockKernel): Float64Array => {
          const out = new Float64Array(given.length * scenarios.length);
          priceGrid(columns, new Int32Array(given.length), grid, out, kernel);
          return out;
        };
        expectSame(prices(plainKernel), prices(wide));
      }),
      { numRuns: 300 },
    );
  });

  it('have their volatilities, bit for bit', () => {
    fc.assert(
      fc.property(
        rows,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 40 }),
        (given, shares) => {
          const columns = columnsOf(given);
          const prices = new Float64Array(given.length);
          priceAll(columns, prices, plainKernel);
          // Half of the prices anywhere between the bounds, the others as the formula has them.
          for (let i = 0; i < given.length; i += 2) {
            const [f = NaN, k = NaN] = [columns.forward[i], columns.strike[i]];
            const low = Math.max(0, columns.isCall[i] === 1 ? f - k : k - f);
            prices[i] = columns.discount[i]! * (low + (shares[i] ?? 0) * Math.min(f, k));
          }
          const found = (kernel: BlockKernel): Readonly<{ out: Float64Array; refused: number }> => {
            const out = new Float64Array(given.length);
            return { refused: impliedVolatilityAll(columns, prices, out, kernel), out };
          };
          const [one, two] = [found(plainKernel), found(wide)];
          expect(two.refused).toBe(one.refused);
          expectSame(one.out, two.out);
        },
      ),
      RUNS,
    );
  });

  it('more than one block is as good as many blocks', () => {
    const count = 1_301;
    const columns = emptyColumns(count);
    for (let i = 0; i < count; i++) {
      columns.isCall[i] = i % 3 === 0 ? 1 : 0;
      columns.forward[i] = 100 + (i % 7);
      columns.strike[i] = 40 + (i % 131);
      columns.volatility[i] = 0.1 + (i % 17) / 10;
      columns.years[i] = (i % 29) / 29;
      columns.discount[i] = 1 - (i % 5) / 100;
    }
    const all = new Float64Array(count);
    priceAll(columns, all);
    const one = emptyColumns(1);
    const price = new Float64Array(1);
    for (let i = 0; i < count; i++) {
      for (const name of ['isCall', 'forward', 'strike', 'volatility', 'years', 'discount'] as const)
        one[name][0] = columns[name][i]!;
      priceAll(one, price, plainKernel);
      expect(price[0]).toBe(all[i]);
    }
  });
});

describe('what is no option', () => {
  it.each([
    ['forward', NaN],
    ['forward', -1],
    ['strike', NaN],
    ['strike', -1],
    ['volatility', NaN],
    ['volatility', -0.5],
    ['years', NaN],
    ['years', -1],
    ['discount', NaN],
  ] as const)('has no price and no Greeks: %s %d', (field, value) => {
    const columns = emptyColumns(2);
    for (const i of [0, 1]) {
      columns.forward[i] = 110;
      columns.strike[i] = 100;
      columns.volatility[i] = 0.5;
      columns.years[i] = 1;
      columns.discount[i] = 1;
    }
    columns[field][1] = value;
    for (const kernel of [plainKernel, wide]) {
      const out = greekColumns(2);
      greeksAll(columns, 'linear', out, kernel);
      expect(out.price[0]).toBeGreaterThan(0);
      expect([out.price[1], out.delta[1]]).toEqual([NaN, NaN]);
      const prices = Float64Array.of(20, 20);
      const found = new Float64Array(2);
      if (field !== 'volatility') {
        expect(impliedVolatilityAll(columns, prices, found, kernel)).toBe(1);
        expect(found[1]).toBeNaN();
      }
    }
  });
});
