import { BLOCK } from '@plinth/lanes';
import { blockKernel, greekBlock, priceBlock, type BlockKernel, type Settlement } from './block-kernel.ts';
import { checkBetween, refuse } from './checks.ts';
import type { GreekColumns } from './greek-columns.ts';
import { LIMITS } from './limits.ts';
import type { OptionColumns } from './option-columns.ts';

/**
 * Discounted prices of all options, in quote units. NaN where the columns hold no option: a negative or
 * missing number.
 */
export const priceAll = (options: OptionColumns, out: Float64Array, kernel = blockKernel()): void => {
  checkLength('out', out.length, options.count);
  const { columns } = kernel;
  for (let from = 0; from < options.count; from += BLOCK) {
    const count = takeBlock(options, from, kernel);
    kernel.deviations(count);
    priceBlock(kernel, count);
    copy(columns.price, 0, out, from, count);
  }
};

/**
 * Prices and sensitivities of all options, in quote units (linear) or in coins (inverse); NaN where the
 * columns hold no option.
 */
export const greeksAll = (
  options: OptionColumns,
  settlement: Settlement,
  out: GreekColumns,
  kernel = blockKernel(),
): void => {
  checkLength('out', out.price.length, options.count);
  const { columns } = kernel;
  for (let from = 0; from < options.count; from += BLOCK) {
    const count = takeBlock(options, from, kernel);
    greekBlock(kernel, count, settlement);
    copy(columns.price, 0, out.price, from, count);
    copy(columns.delta, 0, out.delta, from, count);
    copy(columns.gamma, 0, out.gamma, from, count);
    copy(columns.vega, 0, out.vega, from, count);
    copy(columns.theta, 0, out.theta, from, count);
    copy(columns.rho, 0, out.rho, from, count);
    copy(columns.vanna, 0, out.vanna, from, count);
    copy(columns.volga, 0, out.volga, from, count);
  }
};

/** Copies the next options into the kernel's columns; says how many. */
export const takeBlock = (options: OptionColumns, from: number, { columns }: BlockKernel): number => {
  const count = Math.min(BLOCK, options.count - from);
  const { sign } = columns;
  for (let i = 0; i < count; i++) sign[i] = options.isCall[from + i] === 1 ? 1 : -1;
  copy(options.forward, from, columns.forward, 0, count);
  copy(options.strike, from, columns.strike, 0, count);
  copy(options.volatility, from, columns.volatility, 0, count);
  copy(options.years, from, columns.years, 0, count);
  copy(options.discount, from, columns.discount, 0, count);
  return count;
};

/** `subarray` costs more than copying a few numbers one by one. */
const FEW = 64;

export const copy = (
  from: Float64Array,
  start: number,
  to: Float64Array,
  at: number,
  count: number,
): void => {
  if (count > FEW) to.set(from.subarray(start, start + count), at);
  else for (let i = 0; i < count; i++) to[at + i] = from[start + i]!;
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
  kernel = blockKernel(),
): void => {
  const width = grid.scenarios;
  checkLength('sliceOf', sliceOf.length, options.count);
  checkLength('out', out.length, options.count * width);
  for (let i = 0; i < options.count; i++) {
    const slice = sliceOf[i]!;
    if (!(slice >= 0 && slice < grid.slices)) refuse('sliceOf', `Expected a slice of the grid, was ${slice}`);
  }
  let filled = 0;
  let done = 0;
  for (let i = 0; i < options.count; i++) {
    for (let s = 0; s < width;) {
      const count = Math.min(BLOCK - filled, width - s);
      fillStates(options, i, grid, sliceOf[i]! * width + s, kernel, filled, count);
      filled += count;
      s += count;
      if (filled < BLOCK && !(s === width && i === options.count - 1)) continue;
      priceBlock(kernel, filled);
      copy(kernel.columns.price, 0, out, done, filled);
      done += filled;
      filled = 0;
    }
  }
};

/** One option in the scenarios from place `at` of the grid on. */
const fillStates = (
  options: OptionColumns,
  i: number,
  grid: ScenarioGrid,
  at: number,
  { columns }: BlockKernel,
  filled: number,
  count: number,
): void => {
  const { sign, forward, strike, discount, deviation } = columns;
  const { forward: shocked, volatilityFactor, volatilityFloor } = grid;
  const side = options.isCall[i] === 1 ? 1 : -1;
  const k = options.strike[i]!;
  const df = options.discount[i]!;
  const volatility = options.volatility[i]!;
  const root = Math.sqrt(options.years[i]!);
  for (let s = 0; s < count; s++) {
    const to = filled + s;
    const level = volatility * volatilityFactor[at + s]!;
    const floor = volatilityFloor[at + s]!;
    sign[to] = side;
    forward[to] = shocked[at + s]!;
    strike[to] = k;
    discount[to] = df;
    deviation[to] = (level < floor ? floor : level) * root;
  }
};

const checkLength = (field: string, length: number, expected: number): void => {
  if (length < expected) refuse(field, `Expected at least ${expected} places, was ${length}`);
};
