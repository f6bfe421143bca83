import type { Columns } from '@plinth/lanes';
import { logRatio } from '@plinth/maths';
import { NEGATIVE_ENOUGH } from './plain-tails.ts';

const SQRT_TWO_PI = 2.5066282746310002;
/** An error shrinks to its fourth power: after a step of this share of s nothing is left of it. */
const LAST_STEP = 1e-6;
/** A step of this share of s is the rounding of the formula itself. */
const NO_STEP = 1e-15;

/** Below this a logarithm would have to look at how its argument is stored. */
const LEAST_GAP = 1e-290;

/** c = x/s and −(c² + h²)/2, with h = s/2, for the s at hand. */
export const place = ({ total, deviation, moneyness, decay }: Columns, count: number): void => {
  for (let i = 0; i < count; i++) {
    const s = deviation[i]!;
    const c = total[i]! / s;
    const h = 0.5 * s;
    moneyness[i] = c;
    decay[i] = -0.5 * (c * c + h * h);
  }
};

/**
 * One step of Householder's method of fourth order from s, n = −f/f′, a = f″/f′, b = f‴/f′:
 *
 *   s + n·(1 + a·n/2)/(1 + n·(a + b·n/6)),
 *
 * Newton's where the quotient is far from 1, the middle of the bracket (or twice s while it is open) where
 * that leaves the bracket. Writes the next s, and whether another step is wanted.
 */
const step = (
  { deviation, low, high, active }: Columns,
  i: number,
  n: number,
  a: number,
  b: number,
): void => {
  const s = deviation[i]!;
  const under = low[i]!;
  const over = high[i]!;
  const quotient = (1 + 0.5 * (a * n)) / (1 + n * (a + (b * n) / 6));
  const next = s + (quotient > 0.25 && quotient < 4 ? n * quotient : n);
  const size = Math.abs(next - s);
  const isInside = next > under && next < over;
  const isLast = size <= (isInside ? LAST_STEP : NO_STEP) * s;
  const middle = over === Infinity ? 2 * s : 0.5 * (under + over);
  deviation[i] = isInside || isLast ? next : middle;
  active[i] = isLast ? 0 : 1;
};

/** Below the inflection: 1/ln b = 1/ln β, nearly quadratic in s; `target` is ln β. */
export const lowStep = (columns: Columns, count: number): void => {
  const { target, deviation, moneyness, decay, gap, low, high } = columns;
  for (let i = 0; i < count; i++) {
    const s = deviation[i]!;
    const c = moneyness[i]!;
    const aim = target[i]!;
    const width = gap[i]! < LEAST_GAP ? LEAST_GAP : gap[i]!;
    const level = logRatio(width, 1) + decay[i]!;
    // (ln b)′ and b″/b′.
    const slope = 1 / (SQRT_TWO_PI * width);
    const q = (c * c) / s - 0.25 * s;
    const bend = q - slope;
    const twist = q * q - (3 * ((c / s) * (c / s)) + 0.25) - 3 * (q * slope) + 2 * (slope * slope);
    const share = slope / level;
    if (level > aim) high[i] = s;
    else low[i] = s;
    const n = ((aim - level) * level) / (aim * slope);
    step(columns, i, n, bend - 2 * share, twist - 6 * (share * bend) + 6 * (share * share));
  }
};

/** Above it: b = β itself; `bound` is what b comes to as s grows, `target` is β. */
export const middleStep = (columns: Columns, count: number): void => {
  const { target, bound, deviation, moneyness, decay, first, second, gap, low, high } = columns;
  for (let i = 0; i < count; i++) {
    const s = deviation[i]!;
    const c = moneyness[i]!;
    const weight = decay[i]!;
    const isBeyond = c - 0.5 * s < NEGATIVE_ENOUGH;
    const value = isBeyond ? bound[i]! - weight * (first[i]! + second[i]!) : weight * gap[i]!;
    const q = (c * c) / s - 0.25 * s;
    if (value > target[i]!) high[i] = s;
    else low[i] = s;
    const n = ((target[i]! - value) * SQRT_TWO_PI) / weight;
    step(columns, i, n, q, q * q - (3 * ((c / s) * (c / s)) + 0.25));
  }
};

/** Near the bound: ln(bound − b), ~ −s²/8; `target` is that of the price. */
export const highStep = (columns: Columns, count: number): void => {
  const { target, deviation, moneyness, decay, first, second, low, high } = columns;
  for (let i = 0; i < count; i++) {
    const s = deviation[i]!;
    const c = moneyness[i]!;
    const sum = first[i]! + second[i]!;
    const level = logRatio(sum, 1) + decay[i]!;
    const slope = -1 / (SQRT_TWO_PI * sum);
    const q = (c * c) / s - 0.25 * s;
    const twist = q * q - (3 * ((c / s) * (c / s)) + 0.25) - 3 * (q * slope) + 2 * (slope * slope);
    if (level < target[i]!) high[i] = s;
    else low[i] = s;
    step(columns, i, (target[i]! - level) / slope, q - slope, twist);
  }
};
