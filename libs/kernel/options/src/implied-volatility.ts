import { exp, log, logRatio, scaledTail } from '@plinth/maths';
import { checkBetween, refuse } from './checks.ts';
import { LIMITS } from './limits.ts';
import type { OptionColumns } from './option-columns.ts';
import { checkMarket, type OptionInput } from './option-input.ts';
import { otmValue, tailGap } from './time-value.ts';

const SQRT_TWO_PI = 2.5066282746310002;
const THREE_SQRT_THREE_OVER_TWO_PI = 0.8269933431326881;
const SQRT_THREE = 1.7320508075688772;
const EPSILON = 2.220446049250313e-16;
/**
 * Cubic steps from a start within some per cent need three or four; bisection is the way back from a bad one.
 */
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
  const volatility = volatilityOf(isCall, forward, strike, years, discount, price);
  if (volatility === volatility) return volatility;
  const low = discount * Math.max(0, isCall ? forward - strike : strike - forward);
  if (years === 0) return refuse('price', `Expected the intrinsic value ${low} at expiry, was ${price}`);
  return outside(price, low, discount * (isCall ? forward : strike));
};

/**
 * The volatilities of all options at these prices; those of `options` are not read. NaN where a price is
 * outside of its no-arbitrage bounds; says how many are.
 */
export const impliedVolatilityAll = (
  options: OptionColumns,
  prices: Float64Array,
  out: Float64Array,
): number => {
  const { count, isCall, forward, strike, years, discount } = options;
  if (prices.length < count || out.length < count)
    refuse('out', `Expected at least ${count} prices and places`);
  let refused = 0;
  for (let i = 0; i < count; i++) {
    const call = isCall[i] === 1;
    const value = volatilityOf(call, forward[i]!, strike[i]!, years[i]!, discount[i]!, prices[i]!);
    out[i] = value;
    if (value !== value) refused++;
  }
  return refused;
};

/** NaN outside of the bounds. */
const volatilityOf = (
  isCall: boolean,
  forward: number,
  strike: number,
  years: number,
  discount: number,
  price: number,
): number => {
  const intrinsic = Math.max(0, isCall ? forward - strike : strike - forward);
  // As the price itself adds them, so that what was priced without volatility comes back as 0.
  const time = (price - discount * intrinsic) / discount;
  const most = forward < strike ? forward : strike;
  if (time === 0) return 0;
  if (!(time > 0 && time < most && years > 0)) return NaN;
  const unit = Math.sqrt(forward) * Math.sqrt(strike);
  const x = Math.abs(logRatio(forward, strike));
  return totalVolatility(x, time / unit, (most - time) / unit) / Math.sqrt(years);
};

/**
 * Solves b(x, s) = value for s = σ·√T, where b is the out-of-the-money value over √(F·K), `value` > 0 is
 * given with its distance to the upper bound, `room` = e^(−x/2) − value > 0. b has one inflection in s, at
 * √(2x): below it the logarithm of b is solved, above it b itself, and near the bound the logarithm of the
 * distance; each is smooth enough there for Halley's step to converge from the start, and a bracket catches
 * it where it is not.
 */
const totalVolatility = (x: number, value: number, room: number): number => {
  const inflection = Math.sqrt(2 * x);
  const atInflection = inflection > 0 ? otmValue(x / inflection, 0.5 * inflection) : 0;
  if (value <= atInflection) return solveLow(x, value, inflection);
  if (value <= room) return solveMiddle(x, value, inflection, atInflection);
  return solveHigh(x, room, inflection);
};

/** On 1/ln b, which is nearly quadratic in s: ln b ~ −x²/(2s²). */
const solveLow = (x: number, value: number, inflection: number): number => {
  const target = log(value);
  let [low, high] = [0, inflection];
  let s = startLow(x, target, inflection);
  for (let step = 0; step < MOST_STEPS; step++) {
    const [c, h] = [x / s, 0.5 * s];
    const gap = tailGap(c, h);
    const level = log(gap) - 0.5 * (c * c + h * h);
    // (ln b)′ and (ln b)″, with b′ = e^(−(c²+h²)/2)/√2π and b″ = b′·q.
    const slope = 1 / (SQRT_TWO_PI * gap);
    const q = (c * c) / s - 0.25 * s;
    const curve = slope * (q - slope);
    if (level > target) high = s;
    else low = s;
    // f = 1/ln b − 1/ln β: f/f′ and f″/f′.
    const newton = ((level - target) * level) / (target * slope);
    const ratio = curve / slope - (2 * slope) / level;
    const next = halley(s, newton, ratio, low, high);
    if (Math.abs(next - s) <= 2 * EPSILON * s) return next;
    s = next;
  }
  return s;
};

const solveMiddle = (x: number, value: number, inflection: number, atInflection: number): number => {
  let [low, high] = [inflection, Infinity];
  // At the inflection c = h, and b′ = e^(−x/2)/√2π: the tangent there lies above b.
  let s = inflection + (value - atInflection) * SQRT_TWO_PI * exp(0.5 * x);
  for (let step = 0; step < MOST_STEPS; step++) {
    const [c, h] = [x / s, 0.5 * s];
    const error = otmValue(c, h) - value;
    if (error > 0) high = s;
    else low = s;
    const newton = error * SQRT_TWO_PI * exp(0.5 * (c * c + h * h));
    const next = halley(s, newton, (c * c) / s - 0.25 * s, low, high);
    if (Math.abs(next - s) <= 2 * EPSILON * s) return next;
    s = next;
  }
  return s;
};

/** On the logarithm of the distance to the bound, ~ −s²/8. */
const solveHigh = (x: number, room: number, inflection: number): number => {
  const target = log(room);
  let [low, high] = [inflection, Infinity];
  // Far above the inflection the distance is 2·cosh(x/2)·Φ(−s/2).
  const start = 2 * tailQuantile(log((2 * room) / (exp(0.5 * x) + exp(-0.5 * x))) - 0.6931471805599453);
  let s = Math.max(start, inflection * 1.0001);
  for (let step = 0; step < MOST_STEPS; step++) {
    const [c, h] = [x / s, 0.5 * s];
    const sum = h >= c ? scaledTail(h - c) + scaledTail(h + c) : 1;
    const error = log(sum) - 0.5 * (c * c + h * h) - target;
    const slope = -1 / (SQRT_TWO_PI * sum);
    const q = (c * c) / s - 0.25 * s;
    if (error < 0) high = s;
    else low = s;
    const next = halley(s, error / slope, q - slope, low, high);
    if (Math.abs(next - s) <= 2 * EPSILON * s) return next;
    s = next;
  }
  return s;
};

/**
 * s − (f/f′)/(1 − ½·(f/f′)·(f″/f′)), Newton's step where that turns back, the middle where both leave the
 * bracket.
 */
const halley = (s: number, newton: number, ratio: number, low: number, high: number): number => {
  const damping = 1 - 0.5 * newton * ratio;
  const next = s - (damping > 0.5 && damping < 4 ? newton / damping : newton);
  if (next > low && next < high) return next;
  // The last steps end on the bracket itself.
  if (Math.abs(next - s) <= 4 * EPSILON * s) return s;
  return high === Infinity ? 2 * s : 0.5 * (low + high);
};

/**
 * b ≈ (2πx/3√3)·Φ(−x/(√3·s))³, exact in the limit s → 0 (Jäckel, Let's be rational, 2015); solved by the
 * quantile.
 */
const startLow = (x: number, target: number, inflection: number): number => {
  const third = (target + log(THREE_SQRT_THREE_OVER_TWO_PI / x)) / 3;
  if (third > -0.6931471805599453) return inflection * 0.9;
  return Math.min(x / (SQRT_THREE * tailQuantile(third)), inflection * 0.9999);
};

/** z ≥ 0 with ln Φ(−z) = `logP` ≤ −ln 2, within 5e-4: rational, Abramowitz and Stegun 26.2.23. */
const tailQuantile = (logP: number): number => {
  const t = Math.sqrt(-2 * logP);
  const top = 2.515517 + t * (0.802853 + t * 0.010328);
  const bottom = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  return Math.max(t - top / bottom, 1e-3);
};
