import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { blackGreeks, blackPrice } from './black-76.ts';
import type { Greeks } from './greek-columns.ts';
import { inverseGreeks, inversePrice } from './inverse.ts';
import type { OptionInput } from './option-input.ts';

/**
 * isCall, forward, strike, volatility, years, discount, eight linear and eight inverse figures:
 * tools/golden/options.py.
 */
type Row = readonly [boolean, ...number[]];
const rows = JSON.parse(
  readFileSync(new URL('../golden/black-76.json', import.meta.url), 'utf8'),
) as readonly Row[];
const NAMES = ['price', 'delta', 'gamma', 'vega', 'theta', 'rho', 'vanna', 'volga'] as const;
/** Where a value is no longer a normal double its digits are gone by definition. */
const SMALLEST = 1e-290;

const optionOf = ([isCall, ...numbers]: Row): OptionInput => {
  const [forward = NaN, strike = NaN, volatility = NaN, years = NaN, discount = NaN] = numbers;
  return { isCall, forward, strike, volatility, years, discount };
};
const expected = (row: Row, from: number): Greeks =>
  Object.fromEntries(NAMES.map((name, i) => [name, row[from + i]])) as unknown as Greeks;
/** Error of each figure relative to itself, or to what it is the difference of. */
const errors = (got: Greeks, want: Greeks, scale: Partial<Greeks> = {}): readonly number[] =>
  NAMES.map((name) => {
    const size = Math.max(Math.abs(want[name]), scale[name] ?? 0);
    return size < SMALLEST ? Math.abs(got[name]) : Math.abs(got[name] - want[name]) / size;
  });

describe('Black 1976 against 60-digit values', () => {
  it('prices within 1e-12 of the forward, and within 1e-11 of themselves far out', () => {
    expect(rows.length).toBeGreaterThan(150);
    for (const row of rows) {
      const option = optionOf(row);
      const price = row[6] as number;
      const error = Math.abs(blackPrice(option) - price);
      expect(error / option.forward).toBeLessThan(1e-12 / 4);
      if (price > SMALLEST) expect(error / price).toBeLessThan(1e-11);
      expect(inversePrice(option)).toBe(blackPrice(option) / option.forward);
    }
  });

  it('Greeks of linear options within 1e-9 relative', () => {
    const worst = rows.map((row) => Math.max(...errors(blackGreeks(optionOf(row)), expected(row, 6))));
    expect(Math.max(...worst)).toBeLessThan(1e-9);
  });

  it('Greeks of inverse options within 1e-9 relative', () => {
    const worst = rows.map((row) => {
      const option = optionOf(row);
      const gamma = (2 * Math.abs(row[15] as number)) / option.forward;
      return Math.max(...errors(inverseGreeks(option), expected(row, 14), { gamma }));
    });
    expect(Math.max(...worst)).toBeLessThan(1e-9);
  });
});

describe('limits', () => {
  const call: OptionInput = {
    isCall: true,
    forward: 110,
    strike: 100,
    volatility: 0.5,
    years: 0,
    discount: 0.9,
  };

  it('is worth its intrinsic value at expiry and without volatility', () => {
    expect(blackPrice(call)).toBe(9);
    expect(blackPrice({ ...call, volatility: 0, years: 1 })).toBe(9);
    expect(blackPrice({ ...call, isCall: false })).toBe(0);
    expect(blackGreeks(call)).toMatchObject({ delta: 0.9, gamma: 0, vega: 0, vanna: 0, volga: 0 });
    expect(blackGreeks({ ...call, forward: 100 }).delta).toBe(0.45);
    expect(blackGreeks({ ...call, isCall: false }).delta).toBe(-0);
    expect(inverseGreeks(call).delta).toBeCloseTo((0.9 * 100) / 110 ** 2, 15);
  });

  it('comes to the limit without a jump', () => {
    const near = blackGreeks({ ...call, years: 1e-12 });
    expect(near.price).toBeCloseTo(9, 12);
    expect(near.delta).toBeCloseTo(0.9, 12);
  });

  it('a strike of 0 is the forward itself', () => {
    const zero = { ...call, strike: 0, years: 1 };
    expect(blackPrice(zero)).toBeCloseTo(99, 12);
    expect(blackGreeks(zero)).toMatchObject({ delta: 0.9, gamma: 0, vega: 0, vanna: 0, volga: 0 });
    expect(blackPrice({ ...zero, isCall: false })).toBe(0);
  });

  it.each([
    ['forward', { forward: 0 }],
    ['forward', { forward: -1 }],
    ['forward', { forward: NaN }],
    ['strike', { strike: -1 }],
    ['volatility', { volatility: 101 }],
    ['volatility', { volatility: NaN }],
    ['years', { years: -0.1 }],
    ['years', { years: 101 }],
    ['discount', { discount: 0 }],
  ])('refuses a wrong %s by name', (field, wrong) => {
    expect(() => blackPrice({ ...call, ...wrong })).toThrow(new RegExp(`^${field}: Expected`));
    expect(() => inverseGreeks({ ...call, ...wrong })).toThrow(new RegExp(`^${field}: Expected`));
  });
});
