import { writeBlackGreeks } from './black-76.ts';
import { checkBetween, refuse } from './checks.ts';
import type { GreekColumns } from './greek-columns.ts';
import { writeInverseGreeks } from './inverse.ts';
import { LIMITS } from './limits.ts';
import type { OptionColumns } from './option-columns.ts';
import { blackValue } from './time-value.ts';

/** Discounted prices of all options, in quote units. */
export const priceAll = (options: OptionColumns, out: Float64Array): void => {
  checkLength('out', out.length, options.count);
  const { isCall, forward, strike, volatility, years, discount } = options;
  for (let i = 0; i < options.count; i++) {
    const v = volatility[i]! * Math.sqrt(years[i]!);
    out[i] = discount[i]! * blackValue(isCall[i] === 1, forward[i]!, strike[i]!, v);
  }
};

export type Settlement = 'linear' | 'inverse';

/** Prices and sensitivities of all options, in quote units (linear) or in coins (inverse). */
export const greeksAll = (options: OptionColumns, settlement: Settlement, out: GreekColumns): void => {
  checkLength('out', out.price.length, options.count);
  const { isCall, forward, strike, volatility, years, discount } = options;
  const write = settlement === 'linear' ? writeBlackGreeks : writeInverseGreeks;
  for (let i = 0; i < options.count; i++) {
    write(out, i, isCall[i] === 1, forward[i]!, strike[i]!, volatility[i]!, years[i]!, discount[i]!);
  }
};

/**
 * What each scenario makes of each slice (the options of one underlying and expiry): slice-major, place
 * `slice · scenarios + scenario`.
 */
export type ScenarioGrid = Readonly<{
  slices: number;
  scenarios: number;
  /** The shocked forward itself, ≥ 0. */
  forward: Float64Array;
  /** Shocked volatility = max(floor, volatility · factor). */
  volatilityFactor: Float64Array;
  volatilityFloor: Float64Array;
}>;

export const scenarioGrid = (slices: number, scenarios: number): ScenarioGrid => {
  checkBetween('slices', slices, 0, LIMITS.optionsPerColumn);
  checkBetween('scenarios', scenarios, 1, LIMITS.scenarios);
  const size = slices * scenarios;
  return {
    slices,
    scenarios,
    forward: new Float64Array(size),
    volatilityFactor: new Float64Array(size).fill(1),
    volatilityFloor: new Float64Array(size),
  };
};

/**
 * Every option in every scenario by full revaluation: `out[option · scenarios + scenario]`, in quote units.
 * The forward and volatility of `options` are those before the shock; only the volatility is read.
 */
export const priceGrid = (
  options: OptionColumns,
  sliceOf: Int32Array,
  grid: ScenarioGrid,
  out: Float64Array,
): void => {
  const { isCall, strike, volatility, years, discount } = options;
  const width = grid.scenarios;
  checkLength('sliceOf', sliceOf.length, options.count);
  checkLength('out', out.length, options.count * width);
  for (let i = 0; i < options.count; i++) {
    const slice = sliceOf[i]!;
    if (slice < 0 || slice >= grid.slices) refuse('sliceOf', `Expected a slice of the grid, was ${slice}`);
    const root = Math.sqrt(years[i]!);
    const call = isCall[i] === 1;
    const from = slice * width;
    for (let s = 0; s < width; s++) {
      const shocked = volatility[i]! * grid.volatilityFactor[from + s]!;
      const v = Math.max(grid.volatilityFloor[from + s]!, shocked) * root;
      out[i * width + s] = discount[i]! * blackValue(call, grid.forward[from + s]!, strike[i]!, v);
    }
  }
};

const checkLength = (field: string, length: number, expected: number): void => {
  if (length < expected) refuse(field, `Expected at least ${expected} places, was ${length}`);
};
