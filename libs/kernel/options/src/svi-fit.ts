import { exp, log } from '@plinth/maths';
import { checkBetween, checkPositive, refuse } from './checks.ts';
import { LIMITS } from './limits.ts';
import { nelderMead } from './nelder-mead.ts';
import { calendarArbitrage, densityFactor, sliceArbitrage, totalVariance, type SviSlice } from './svi.ts';

/** Looked up once: these stand in the innermost loops. */
const { abs, max, min, sqrt } = Math;

/**
 * A volatility per √year at the log-moneyness ln(K/F). `weight` is what its squared error counts; unless it
 * is given, the square of the vega relative to that at the money, and so the error of the price.
 */
export type VolatilityQuote = Readonly<{ k: number; volatility: number; weight?: number }>;

export type SliceFit = Readonly<{
  svi: SviSlice;
  /** Errors of the volatility, per √year: weighted root mean square, and the largest. */
  rootMeanSquare: number;
  largest: number;
}>;

const LEAST_QUOTES = 5;
const SIGMA_LOW = 1e-4;
const SIGMA_HIGH = 10;
/** What a unit of arbitrage costs beside squared errors of volatility: so much that none pays. */
const PENALTY = 10;
const PENALTY_PLACES = 100;
/** The simplex starts anew so often from where it ended: it may have stalled at a kink of the penalty. */
const ROUNDS = 3;

const SEARCH = { steps: 200, tolerance: 1e-12 } as const;

type Point = Readonly<{ k: number; variance: number; weight: number }>;
type Limits = Readonly<{ low: number; high: number; ceiling: SviSlice | undefined }>;

/**
 * Fits one slice. For a vertex (m, σ) the other three are a least-squares problem that is linear in a, d =
 * ρ·b·σ and c = b·σ with bounds, solved exactly (Zeliade's quasi-explicit form); the vertex is found by a
 * simplex. Errors are weighed as errors of volatility. Where the quotes allow it the slice has no butterfly,
 * and no more variance than `later` (the slice of the next expiry) between `low` and `high`.
 */
export const fitSlice = (
  years: number,
  quotes: readonly VolatilityQuote[],
  low: number,
  high: number,
  later?: SviSlice,
): SliceFit => {
  const points = pointsOf(years, quotes);
  const limits: Limits = { low, high, ceiling: later };
  const cost = ([m = 0, logSigma = 0]: readonly number[]): number => {
    if (logSigma < log(SIGMA_LOW) || logSigma > log(SIGMA_HIGH) || m < low - 1 || m > high + 1)
      return Infinity;
    const slice = innerFit(points, m, exp(logSigma));
    return squaredError(points, slice) + PENALTY * penalty(slice, limits);
  };
  const starts = startsOf(points).map((at) => ({ at, value: cost(at) }));
  const sizes = [0.1 * (high - low), 0.5];
  const polished = (at: readonly number[]): ReturnType<typeof nelderMead> => {
    let found = nelderMead(cost, at, sizes, SEARCH);
    for (let round = 1; round < ROUNDS; round++) found = nelderMead(cost, found.at, sizes, SEARCH);
    return found;
  };
  const best = starts
    .toSorted((a, b) => a.value - b.value)
    .slice(0, 3)
    .map(({ at }) => polished(at))
    .reduce((a, b) => (b.value < a.value ? b : a));
  const svi = flattened(innerFit(points, best.at[0]!, exp(best.at[1]!)), limits);
  return { svi, ...errorsOf(years, quotes, svi) };
};

const pointsOf = (years: number, quotes: readonly VolatilityQuote[]): readonly Point[] => {
  checkPositive('years', years, LIMITS.years);
  if (quotes.length < LEAST_QUOTES || quotes.length > LIMITS.quotesPerSlice)
    refuse(
      'quotes',
      `Expected ${LEAST_QUOTES} to ${LIMITS.quotesPerSlice} of an expiry, was ${quotes.length}`,
    );
  return quotes.map((quote) => {
    const { k, volatility } = quote;
    checkBetween('k', k, -50, 50);
    checkPositive('volatility', volatility, LIMITS.volatility);
    const weight = weightOf(quote, years);
    checkBetween('weight', weight, 0, 1e12);
    // An error of volatility is one of variance over 2·σ·T.
    const scale = 2 * volatility * years;
    return { k, variance: volatility * volatility * years, weight: weight / (scale * scale) };
  });
};

/** (φ(d)/φ(0))² with d = k/(σ√T); the far wings keep a little, so that they are not free. */
const weightOf = ({ k, volatility, weight }: VolatilityQuote, years: number): number =>
  weight ?? max(LEAST_WEIGHT, exp((-k * k) / (volatility * volatility * years)));

const LEAST_WEIGHT = 1e-4;

const startsOf = (points: readonly Point[]): readonly (readonly number[])[] => {
  const least = points.reduce((a, b) => (b.variance < a.variance ? b : a));
  return [least.k, 0, 0.5 * least.k].flatMap((m) => [0.02, 0.08, 0.25, 0.7].map((sigma) => [m, log(sigma)]));
};

/** Weighted sums of 1, y, z, y², y·z, z², w, w·y, w·z with y = (k − m)/σ and z = √(y² + 1). */
type Moments = Readonly<Record<'n' | 'y' | 'z' | 'yy' | 'yz' | 'zz' | 'w' | 'wy' | 'wz', number>>;

const momentsOf = (points: readonly Point[], m: number, sigma: number): Moments => {
  const sums = { n: 0, y: 0, z: 0, yy: 0, yz: 0, zz: 0, w: 0, wy: 0, wz: 0 };
  for (const { k, variance, weight } of points) {
    const y = (k - m) / sigma;
    const z = sqrt(y * y + 1);
    sums.n += weight;
    sums.y += weight * y;
    sums.z += weight * z;
    sums.yy += weight * y * y;
    sums.yz += weight * y * z;
    sums.zz += weight * z * z;
    sums.w += weight * variance;
    sums.wy += weight * variance * y;
    sums.wz += weight * variance * z;
  }
  return sums;
};

/**
 * a + d·y + c·z with |d| ≤ c and c + |d| ≤ 2σ (slopes of the wings at most 2): the free optimum, or the best
 * of the four edges of that square.
 */
const innerFit = (points: readonly Point[], m: number, sigma: number): SviSlice => {
  const moments = momentsOf(points, m, sigma);
  const free = freeOptimum(moments);
  const slice = ([a, d, c]: Triple): SviSlice => ({
    a,
    b: c / sigma,
    rho: c > 0 ? max(-1, min(1, d / c)) : 0,
    m,
    sigma,
  });
  if (free && abs(free[1]) <= free[2] && free[2] + abs(free[1]) <= 2 * sigma) return slice(free);
  const corners: readonly (readonly [d: number, c: number])[] = [
    [0, 0],
    [sigma, sigma],
    [0, 2 * sigma],
    [-sigma, sigma],
  ];
  const edges = corners.map((from, i) => edgeOptimum(moments, from, corners[(i + 1) % 4]!));
  return slice(edges.reduce((a, b) => (costOf(moments, b) < costOf(moments, a) ? b : a)));
};

type Triple = readonly [a: number, d: number, c: number];

/** Σ weight·(a + d·y + c·z − w)² without its constant. */
const costOf = (s: Moments, [a, d, c]: Triple): number =>
  a * a * s.n +
  d * d * s.yy +
  c * c * s.zz +
  2 * (a * d * s.y + a * c * s.z + d * c * s.yz) -
  2 * (a * s.w + d * s.wy + c * s.wz);

/** The normal equations, with a eliminated first. */
const freeOptimum = (s: Moments): Triple | undefined => {
  const yy = s.yy - (s.y * s.y) / s.n;
  const yz = s.yz - (s.y * s.z) / s.n;
  const zz = s.zz - (s.z * s.z) / s.n;
  const wy = s.wy - (s.w * s.y) / s.n;
  const wz = s.wz - (s.w * s.z) / s.n;
  const determinant = yy * zz - yz * yz;
  if (!(determinant > 1e-14 * yy * zz)) return undefined;
  const d = (wy * zz - wz * yz) / determinant;
  const c = (wz * yy - wy * yz) / determinant;
  return [(s.w - d * s.y - c * s.z) / s.n, d, c];
};

/** On the line from one corner to the next, (d, c) = from + t·(to − from) with t in [0, 1]. */
const edgeOptimum = (
  s: Moments,
  [d0, c0]: readonly [number, number],
  [d1, c1]: readonly [number, number],
): Triple => {
  const [u, v] = [d1 - d0, c1 - c0];
  // With r = Σ(u·y + v·z) and the rest of w after d0·y + c0·z, both less their means.
  const r = u * s.y + v * s.z;
  const rr = u * u * s.yy + 2 * u * v * s.yz + v * v * s.zz - (r * r) / s.n;
  const rest = {
    sum: s.w - d0 * s.y - c0 * s.z,
    y: s.wy - d0 * s.yy - c0 * s.yz,
    z: s.wz - d0 * s.yz - c0 * s.zz,
  };
  const rw = u * rest.y + v * rest.z - (r * rest.sum) / s.n;
  const t = rr > 0 ? max(0, min(1, rw / rr)) : 0;
  const [d, c] = [d0 + t * u, c0 + t * v];
  return [(s.w - d * s.y - c * s.z) / s.n, d, c];
};

const squaredError = (points: readonly Point[], slice: SviSlice): number => {
  let sum = 0;
  let weights = 0;
  for (const { k, variance, weight } of points) {
    const error = totalVariance(slice, k) - variance;
    sum += weight * error * error;
    weights += 1;
  }
  return sum / weights;
};

/**
 * The simplex ends within about 1e-5 of the edge of what is free of arbitrage, on either side. Whatever is
 * left goes away with a slightly flatter smile (and a slightly lower one, for the later slice); a real
 * contradiction of the quotes stays.
 */
const flattened = (slice: SviSlice, limits: Limits): SviSlice => {
  for (let share = 0; share <= MOST_FLATTENED; share = share === 0 ? 1e-6 : 2 * share) {
    const depth = slice.b * slice.sigma * sqrt(1 - slice.rho * slice.rho);
    const least = slice.a + depth;
    const candidate = {
      ...slice,
      a: slice.a + share * (depth - least),
      b: slice.b * (1 - share),
    };
    if (!hasArbitrage(candidate, limits)) return candidate;
  }
  return slice;
};

const MOST_FLATTENED = 0.02;

const hasArbitrage = (slice: SviSlice, { low, high, ceiling }: Limits): boolean =>
  sliceArbitrage(slice, low, high) !== undefined ||
  (ceiling !== undefined && calendarArbitrage(slice, ceiling, low, high) !== undefined);

/** Mean of what is below zero: of the variance, of the density, and of the room under the later slice. */
const penalty = (slice: SviSlice, { low, high, ceiling }: Limits): number => {
  let sum = 0;
  for (let i = 0; i <= PENALTY_PLACES; i++) {
    const k = low + (i * (high - low)) / PENALTY_PLACES;
    const w = totalVariance(slice, k);
    sum += max(0, ROOM - w);
    sum += w > 0 ? max(0, ROOM - densityFactor(slice, k)) : 1;
    if (ceiling) sum += max(0, w - totalVariance(ceiling, k) + ROOM * w);
  }
  const least = slice.a + slice.b * slice.sigma * sqrt(1 - slice.rho * slice.rho);
  return sum / PENALTY_PLACES + max(0, -least);
};

/** A little room, so that between two places of the penalty nothing dips below zero. */
const ROOM = 1e-5;

const errorsOf = (
  years: number,
  quotes: readonly VolatilityQuote[],
  svi: SviSlice,
): Pick<SliceFit, 'rootMeanSquare' | 'largest'> => {
  let [sum, weights, largest] = [0, 0, 0];
  for (const quote of quotes) {
    const { k, volatility } = quote;
    const weight = weightOf(quote, years);
    const error = abs(sqrt(max(0, totalVariance(svi, k)) / years) - volatility);
    sum += weight * error * error;
    weights += weight;
    largest = max(largest, error);
  }
  return { rootMeanSquare: sqrt(sum / weights), largest };
};
