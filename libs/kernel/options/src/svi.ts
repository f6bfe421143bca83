import { checkBetween } from './checks.ts';

/** Looked up once: these stand in the innermost loops. */
const { abs, max, min, sqrt } = Math;

/**
 * Raw SVI of Gatheral: total variance σ²·T at the log-moneyness k = ln(K/F),
 * w(k) = a + b·(ρ·(k − m) + √((k − m)² + s²)).
 */
export type SviSlice = Readonly<{ a: number; b: number; rho: number; m: number; sigma: number }>;

/** A place where a slice, or two of them, would let somebody win without risk. */
export type Arbitrage = Readonly<{
  kind: 'negative variance' | 'wing' | 'butterfly' | 'calendar';
  /** Log-moneyness of the worst place. */
  k: number;
  /** How far it is below what is allowed. */
  excess: number;
  message: string;
}>;

/** Rounding of g and w; what is worse is arbitrage. */
const SLACK = 1e-10;
const GRID = 400;

export const checkSvi = ({ a, b, rho, m, sigma }: SviSlice): void => {
  checkBetween('a', a, -100, 100);
  checkBetween('b', b, 0, 100);
  checkBetween('rho', rho, -1, 1);
  checkBetween('m', m, -100, 100);
  checkBetween('sigma', sigma, 0, 100);
};

export const totalVariance = ({ a, b, rho, m, sigma }: SviSlice, k: number): number => {
  const away = k - m;
  return a + b * (rho * away + sqrt(away * away + sigma * sigma));
};

/**
 * g(k) = (1 − k·w′/(2w))² − (w′/2)²·(1/w + 1/4) + w″/2: the density of the price at expiry is g times a
 * positive number, so a butterfly costs nothing or less where g < 0 (Gatheral and Jacquier, 2014).
 */
export const densityFactor = (slice: SviSlice, k: number): number => {
  const { b, rho, m, sigma } = slice;
  const away = k - m;
  const root = sqrt(away * away + sigma * sigma);
  const w = totalVariance(slice, k);
  if (!(w > 0)) return -Infinity;
  const first = root > 0 ? b * (rho + away / root) : b * rho;
  const second = root > 0 ? (b * sigma * sigma) / (root * root * root) : 0;
  const drift = 1 - (k * first) / (2 * w);
  return drift * drift - 0.25 * first * first * (1 / w + 0.25) + 0.5 * second;
};

/** The first arbitrage inside one slice between `low` and `high`; undefined when there is none. */
export const sliceArbitrage = (slice: SviSlice, low: number, high: number): Arbitrage | undefined => {
  const { a, b, rho, sigma } = slice;
  const least = a + b * sigma * sqrt(1 - rho * rho);
  if (least < -SLACK) {
    const k = slice.m - (rho * sigma) / sqrt(1 - rho * rho);
    return arbitrage('negative variance', k, -least, `the total variance falls to ${least}`);
  }
  // Roger Lee: total variance grows by at most 2 per unit of k.
  const steepest = b * (1 + abs(rho));
  if (steepest > 2 + SLACK) {
    const k = rho > 0 ? Infinity : -Infinity;
    return arbitrage(
      'wing',
      k,
      steepest - 2,
      `a wing rises by ${steepest} per unit of k, at most 2 is possible`,
    );
  }
  const { k, value } = lowest((at) => densityFactor(slice, at), low, high, slice);
  return value < -SLACK
    ? arbitrage('butterfly', k, -value, `the density factor falls to ${value} at k = ${k}`)
    : undefined;
};

/** Where the later slice has less total variance than the earlier one, between `low` and `high`. */
export const calendarArbitrage = (
  earlier: SviSlice,
  later: SviSlice,
  low: number,
  high: number,
): Arbitrage | undefined => {
  const { k, value } = lowest(
    (at) => totalVariance(later, at) - totalVariance(earlier, at),
    low,
    high,
    later,
  );
  return value < -SLACK
    ? arbitrage('calendar', k, -value, `total variance falls by ${-value} to the later expiry at k = ${k}`)
    : undefined;
};

const arbitrage = (kind: Arbitrage['kind'], k: number, excess: number, message: string): Arbitrage => ({
  kind,
  k,
  excess,
  message,
});

/**
 * The lowest value on a grid that is dense about the vertex, then by golden section beside the lowest place.
 */
const lowest = (
  f: (k: number) => number,
  low: number,
  high: number,
  { m, sigma }: SviSlice,
): Readonly<{ k: number; value: number }> => {
  let best = { k: low, value: f(low) };
  let step = (high - low) / GRID;
  const look = (k: number, width: number): void => {
    const value = f(k);
    if (value < best.value) [best, step] = [{ k, value }, width];
  };
  for (let i = 1; i <= GRID; i++) look(low + (i * (high - low)) / GRID, (high - low) / GRID);
  const fine = min(10 * sigma, (high - low) / 2) / GRID;
  for (let i = -GRID; i <= GRID; i++) {
    const k = m + i * fine;
    if (k >= low && k <= high) look(k, fine);
  }
  return goldenSection(f, max(low, best.k - step), min(high, best.k + step), best);
};

const GOLDEN = 0.6180339887498949;

const goldenSection = (
  f: (k: number) => number,
  from: number,
  to: number,
  start: Readonly<{ k: number; value: number }>,
): Readonly<{ k: number; value: number }> => {
  let [low, high, best] = [from, to, start];
  for (let i = 0; i < 40; i++) {
    const [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    const [atLeft, atRight] = [f(left), f(right)];
    if (atLeft < atRight) high = right;
    else low = left;
    const better = atLeft < atRight ? { k: left, value: atLeft } : { k: right, value: atRight };
    if (better.value < best.value) best = better;
  }
  return best;
};
