import { BLOCK } from '@plinth/lanes';
import { exp, log, logRatio, scaledTail } from '@plinth/maths';
import { blockKernel, type BlockKernel } from './block-kernel.ts';
import { checkBetween, refuse } from './checks.ts';
import { LIMITS } from './limits.ts';
import { emptyColumns, type OptionColumns } from './option-columns.ts';
import { checkMarket, type OptionInput } from './option-input.ts';
import { plainKernel } from './plain-kernel.ts';

const SQRT_TWO_PI = 2.5066282746310002;
const THREE_SQRT_THREE_OVER_TWO_PI = 0.8269933431326881;
const SQRT_THREE = 1.7320508075688772;
const LN_HALF = -0.6931471805599453;
/** Two or three steps are usual; bisection is the way back from a bad start. */
const MOST_STEPS = 100;

/**
 * A price that no volatility gives: below the intrinsic value, or at or above the forward (call) or the
 * strike (put).
 */
const outside = (price: number, low: number, high: number): never =>
  refuse('price', `Expected a price without arbitrage, from ${low} to below ${high}, was ${price}`);

/**
 * The volatility per √year at which Black's formula gives this discounted price (quote units); 0 at the
 * intrinsic value. To the last digits that the price determines, for every price inside the no-arbitrage
 * bounds.
 */
export const impliedVolatility = (
  option: Omit<OptionInput, 'volatility'> & Readonly<{ price: number }>,
): number => {
  checkMarket(option);
  const { isCall, forward, strike, years, discount = 1, price } = option;
  checkBetween('price', price, 0, LIMITS.price);
  one.isCall[0] = isCall ? 1 : 0;
  one.forward[0] = forward;
  one.strike[0] = strike;
  one.years[0] = years;
  one.discount[0] = discount;
  onePrice[0] = price;
  impliedVolatilityAll(one, onePrice, oneOut, plainKernel);
  const volatility = oneOut[0]!;
  if (volatility === volatility) return volatility;
  const low = discount * Math.max(0, isCall ? forward - strike : strike - forward);
  if (years === 0) return refuse('price', `Expected the intrinsic value ${low} at expiry, was ${price}`);
  return outside(price, low, discount * (isCall ? forward : strike));
};

const one = emptyColumns(1);
const onePrice = new Float64Array(1);
const oneOut = new Float64Array(1);

/**
 * The volatilities of all options at these prices; those of `options` are not read. NaN where a price is
 * outside of its no-arbitrage bounds; says how many are.
 */
export const impliedVolatilityAll = (
  options: OptionColumns,
  prices: Float64Array,
  out: Float64Array,
  kernel = blockKernel(),
): number => {
  const { count } = options;
  if (prices.length < count || out.length < count)
    refuse('out', `Expected at least ${count} prices and places`);
  let refused = 0;
  for (let from = 0; from < count; from += BLOCK) {
    const to = Math.min(count, from + BLOCK);
    refused += prepare(options, prices, out, from, to);
    for (const region of REGIONS) solve(kernel, region, out);
  }
  return refused;
};

/**
 * The problem is b(x, s) = β for s = σ·√T, where b is the out-of-the-money value over √(F·K) and x =
 * |ln(F/K)|. b has one inflection in s, at √(2x): below it 1/ln b is solved, above it b itself, and near its
 * bound e^(−x/2) the logarithm of the distance; each is smooth enough there for a step of high order to
 * converge from the start, and a bracket catches it where it is not.
 */
type Region = Readonly<{
  name: 'low' | 'middle' | 'high';
  /** Problems of the block at hand: how many, and of which option each is. */
  problems: { count: number };
  option: Int32Array;
  target: Float64Array;
  bound: Float64Array;
  total: Float64Array;
  start: Float64Array;
  root: Float64Array;
}>;

const regionOf = (name: Region['name']): Region => ({
  name,
  problems: { count: 0 },
  option: new Int32Array(BLOCK),
  target: new Float64Array(BLOCK),
  bound: new Float64Array(BLOCK),
  total: new Float64Array(BLOCK),
  start: new Float64Array(BLOCK),
  root: new Float64Array(BLOCK),
});

const LOW = regionOf('low');
const MIDDLE = regionOf('middle');
const HIGH = regionOf('high');
const REGIONS = [LOW, MIDDLE, HIGH] as const;

/** Sorts the options into the regions, with a start each. Answers those that need no search. */
const prepare = (
  { isCall, forward, strike, years, discount }: OptionColumns,
  prices: Float64Array,
  out: Float64Array,
  from: number,
  to: number,
): number => {
  let refused = 0;
  for (const { problems } of REGIONS) problems.count = 0;
  for (let i = from; i < to; i++) {
    const f = forward[i]!;
    const k = strike[i]!;
    const gain = isCall[i] === 1 ? f - k : k - f;
    const df = discount[i]!;
    // As the price itself adds them, so that what was priced without volatility comes back as 0.
    const time = (prices[i]! - df * (gain > 0 ? gain : 0)) / df;
    const most = f < k ? f : k;
    // Both bounds by name: a forward or strike that is no number is within neither.
    if (time > 0 && time < f && time < k && years[i]! > 0) {
      const unit = Math.sqrt(f) * Math.sqrt(k);
      const x = Math.abs(logRatio(f, k));
      enter(x, time / unit, (most - time) / unit, most / unit, i, Math.sqrt(years[i]!));
    } else {
      out[i] = time === 0 ? 0 : NaN;
      if (time !== 0) refused++;
    }
  }
  return refused;
};

const enter = (x: number, value: number, room: number, bound: number, i: number, root: number): void => {
  const inflection = Math.sqrt(2 * x);
  const atInflection = bound * (0.5 - scaledTail(inflection));
  if (value <= atInflection) {
    const target = log(value);
    put(LOW, target, bound, x, startLow(x, target, inflection), i, root);
  } else if (value <= room) {
    // At the inflection c = h, and b′ = e^(−x/2)/√2π: the tangent there lies above b.
    put(MIDDLE, value, bound, x, inflection + ((value - atInflection) * SQRT_TWO_PI) / bound, i, root);
  } else {
    // Far above the inflection the distance is 2·cosh(x/2)·Φ(−s/2).
    const both = exp(0.5 * x) + exp(-0.5 * x);
    const start = 2 * tailQuantile(log((2 * room) / both) + LN_HALF);
    put(HIGH, log(room), bound, x, Math.max(start, inflection * 1.0001), i, root);
  }
};

const put = (
  { problems, option, target, bound, total, start, root }: Region,
  aim: number,
  limit: number,
  x: number,
  s: number,
  i: number,
  rootYears: number,
): void => {
  const n = problems.count++;
  option[n] = i;
  target[n] = aim;
  bound[n] = limit;
  total[n] = x;
  start[n] = s;
  root[n] = rootYears;
};

/** Steps over all problems of a region at once, until each has its answer. */
const solve = (kernel: BlockKernel, region: Region, out: Float64Array): void => {
  const { columns } = kernel;
  let { count } = region.problems;
  begin(region, columns, count);
  for (let step = 0; count > 0 && step < MOST_STEPS; step++) {
    kernel.place(count);
    if (region.name === 'middle') kernel.decays(count);
    kernel.tails(count, region.name === 'high');
    if (region.name === 'low') kernel.lowStep(count);
    else if (region.name === 'middle') kernel.middleStep(count);
    else kernel.highStep(count);
    count = keepActive(region, columns, count, out);
  }
  for (let n = 0; n < count; n++) out[region.option[n]!] = columns.deviation[n]! / region.root[n]!;
};

const begin = (region: Region, columns: BlockKernel['columns'], count: number): void => {
  const { target, bound, total, deviation, low, high } = columns;
  const isLow = region.name === 'low';
  for (let n = 0; n < count; n++) {
    const inflection = Math.sqrt(2 * region.total[n]!);
    target[n] = region.target[n]!;
    bound[n] = region.bound[n]!;
    total[n] = region.total[n]!;
    deviation[n] = region.start[n]!;
    low[n] = isLow ? 0 : inflection;
    high[n] = isLow ? inflection : Infinity;
  }
};

/** Writes the answers found and moves the other problems together; says how many are left. */
const keepActive = (
  { option, root }: Region,
  { target, bound, total, deviation, low, high, active }: BlockKernel['columns'],
  count: number,
  out: Float64Array,
): number => {
  let left = 0;
  for (let n = 0; n < count; n++) {
    if (active[n] === 0) {
      out[option[n]!] = deviation[n]! / root[n]!;
      continue;
    }
    option[left] = option[n]!;
    root[left] = root[n]!;
    target[left] = target[n]!;
    bound[left] = bound[n]!;
    total[left] = total[n]!;
    deviation[left] = deviation[n]!;
    low[left] = low[n]!;
    high[left] = high[n]!;
    left++;
  }
  return left;
};

/**
 * b ≈ (2πx/3√3)·Φ(−x/(√3·s))³, exact in the limit s → 0 (Jäckel, Let's be rational, 2015); solved by the
 * quantile.
 */
const startLow = (x: number, target: number, inflection: number): number => {
  const third = (target + log(THREE_SQRT_THREE_OVER_TWO_PI / x)) / 3;
  if (third > LN_HALF) return inflection * 0.9;
  return Math.min(x / (SQRT_THREE * tailQuantile(third)), inflection * 0.9999);
};

/** z ≥ 0 with ln Φ(−z) = `logP` ≤ −ln 2, within 5e-4: rational, Abramowitz and Stegun 26.2.23. */
const tailQuantile = (logP: number): number => {
  const t = Math.sqrt(-2 * logP);
  const top = 2.515517 + t * (0.802853 + t * 0.010328);
  const bottom = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  return Math.max(t - top / bottom, 1e-3);
};
