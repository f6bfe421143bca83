import { assert } from '@plinth/money';

/**
 * One side of the books of one instrument at several venues, as a structure of arrays. Quantities are whole
 * numbers of one smallest unit (10^-scale of the instrument), held in float64, so that sums are exact below
 * 2^53. Prices are quote units per unit of the instrument.
 */
export type SplitProblem = Readonly<{
  /** +1 buys from the asks, −1 sells to the bids. */
  sign: 1 | -1;
  quantity: number;
  /**
   * Worst level price, fees not included, that may be taken. Infinity (or 0 for sells) when there is none.
   */
  worstPrice: number;
  venueCount: number;
  /** Levels of venue v stand at offsets[v] … offsets[v + 1] − 1, best first. */
  offsets: Int32Array;
  prices: Float64Array;
  /** The same after the taker's fee: more for buys, less for sells; in the same order as the prices. */
  netPrices: Float64Array;
  quantities: Float64Array;
  lots: Float64Array;
  /** Smallest quantity that the venue takes; 0 when only the lot matters. */
  minimums: Float64Array;
  /** Most that may be sent there (credit limit, position to reduce); Infinity when there is no bound. */
  capacities: Float64Array;
  /** Paid once when anything is sent there, in price × smallest units. */
  fixedCosts: Float64Array;
}>;

/** Scratch space of a split; the answer of the last one stays in it until the next. */
export type SplitWorkspace = Readonly<{
  level: Int32Array;
  left: Float64Array;
  room: Float64Array;
  headKey: Float64Array;
  headUnits: Float64Array;
  /** Units per venue. */
  taken: Float64Array;
  /** Σ price × units per venue, after fees. */
  notional: Float64Array;
  /** Price of the last level touched per venue; 0 when nothing was taken. */
  lastPrice: Float64Array;
}>;

export const createWorkspace = (venuesMax: number): SplitWorkspace => ({
  level: new Int32Array(venuesMax),
  left: new Float64Array(venuesMax),
  room: new Float64Array(venuesMax),
  headKey: new Float64Array(venuesMax),
  headUnits: new Float64Array(venuesMax),
  taken: new Float64Array(venuesMax),
  notional: new Float64Array(venuesMax),
  lastPrice: new Float64Array(venuesMax),
});

/** Which venues take part and how much each must take at least; `taken` ≥ least where it is active. */
export type SplitBounds = Readonly<{ active: Uint8Array; least: Float64Array; most: Float64Array }>;

/**
 * Exact lazy k-way merge: takes lot after lot where the price of the next lot after fees is best, in runs
 * of whole levels. With equal lots this is optimal, because the cost of each venue is convex in its lots
 * and the sum is separable (greedy by marginal cost, Gross 1956). Returns the units taken, −1 when a least
 * quantity cannot be had.
 */
export const mergeBooks = (problem: SplitProblem, work: SplitWorkspace, bounds?: SplitBounds): number => {
  let remaining = problem.quantity;
  for (let v = 0; v < problem.venueCount; v += 1) {
    remaining -= openVenue(problem, work, v, bounds);
    if (remaining < 0 || Number.isNaN(remaining)) return -1;
  }
  while (remaining > 0) {
    let best = -1;
    let bestKey = Infinity;
    for (let v = 0; v < problem.venueCount; v += 1) {
      const key = work.headKey[v] as number;
      if (key < bestKey) {
        bestKey = key;
        best = v;
      }
    }
    if (best < 0) break;
    const lot = problem.lots[best] as number;
    const lotsLeft = Math.floor(Math.min(remaining, work.room[best] as number) / lot);
    if (lotsLeft === 0) {
      work.headKey[best] = Infinity;
      continue;
    }
    const units = Math.min(work.headUnits[best] as number, lotsLeft * lot);
    take(problem, work, best, units);
    remaining -= units;
    lookAhead(problem, work, best);
  }
  return problem.quantity - remaining;
};

/** Sets a venue to its first level and takes its least quantity. NaN when that cannot be had. */
const openVenue = (problem: SplitProblem, work: SplitWorkspace, v: number, bounds?: SplitBounds): number => {
  const start = problem.offsets[v] as number;
  const end = problem.offsets[v + 1] as number;
  work.level[v] = start;
  work.left[v] = start < end ? (problem.quantities[start] as number) : 0;
  work.taken[v] = 0;
  work.notional[v] = 0;
  work.lastPrice[v] = 0;
  work.headKey[v] = Infinity;
  const capacity = problem.capacities[v] as number;
  work.room[v] = bounds === undefined ? capacity : Math.min(capacity, bounds.most[v] as number);
  if (bounds !== undefined && bounds.active[v] === 0) return 0;
  lookAhead(problem, work, v);
  const least = bounds === undefined ? 0 : (bounds.least[v] as number);
  if (least > work.room[v]) return NaN;
  while (work.taken[v] < least) {
    if (work.headKey[v] === Infinity) return NaN;
    take(problem, work, v, Math.min(work.headUnits[v] as number, least - work.taken[v]));
    lookAhead(problem, work, v);
  }
  return least;
};

const isWithin = (problem: SplitProblem, price: number): boolean =>
  problem.sign > 0 ? price <= problem.worstPrice : price >= problem.worstPrice;

/** Finds the next run of lots of a venue: a whole part of one level, or one lot that straddles several. */
const lookAhead = (problem: SplitProblem, work: SplitWorkspace, v: number): void => {
  const end = problem.offsets[v + 1] as number;
  const lot = problem.lots[v] as number;
  let level = work.level[v] as number;
  let left = work.left[v] as number;
  while (left === 0) {
    level += 1;
    if (level >= end) break;
    left = problem.quantities[level] as number;
  }
  work.level[v] = level;
  work.left[v] = left;
  work.headKey[v] = Infinity;
  if (left === 0 || (work.room[v] as number) < lot) return;
  const price = problem.prices[level] as number;
  if (!isWithin(problem, price)) return;
  const net = problem.netPrices[level] as number;
  if (left >= lot) {
    work.headUnits[v] = Math.floor(left / lot) * lot;
    work.headKey[v] = problem.sign * net;
    return;
  }
  let missing = lot - left;
  let sum = left * net;
  for (level += 1; level < end; level += 1) {
    if (!isWithin(problem, problem.prices[level] as number)) return;
    const part = Math.min(missing, problem.quantities[level] as number);
    sum += part * (problem.netPrices[level] as number);
    missing -= part;
    if (missing === 0) {
      work.headUnits[v] = lot;
      work.headKey[v] = (problem.sign * sum) / lot;
      return;
    }
  }
};

const take = (problem: SplitProblem, work: SplitWorkspace, v: number, units: number): void => {
  let level = work.level[v] as number;
  let left = work.left[v] as number;
  let missing = units;
  let notional = work.notional[v] as number;
  for (;;) {
    const part = Math.min(left, missing);
    if (part > 0) {
      notional += part * (problem.netPrices[level] as number);
      work.lastPrice[v] = problem.prices[level] as number;
    }
    left -= part;
    missing -= part;
    if (missing === 0) break;
    level += 1;
    left = problem.quantities[level] as number;
  }
  work.level[v] = level;
  work.left[v] = left;
  work.notional[v] = notional;
  work.taken[v] = (work.taken[v] as number) + units;
  work.room[v] = (work.room[v] as number) - units;
};

/** Σ price × units after fees at one venue: what a buy pays, what a sell receives. */
export const venueNotional = (work: SplitWorkspace, v: number): number => work.notional[v] as number;

/**
 * What is minimised once the quantity is decided: sign · Σ price × units after fees, plus the fixed cost of
 * every venue that gets something.
 */
export const totalCost = (problem: SplitProblem, work: SplitWorkspace): number => {
  let cost = 0;
  for (let v = 0; v < problem.venueCount; v += 1) {
    if (work.taken[v] === 0) continue;
    cost += problem.sign * venueNotional(work, v) + (problem.fixedCosts[v] as number);
  }
  return cost;
};

/** Stops on a problem that is not well formed: the books were checked when they were read. */
export const assertProblem = (problem: SplitProblem): void => {
  const { venueCount, offsets, quantity } = problem;
  assert(Number.isSafeInteger(quantity) && quantity >= 0, () => `Expected whole units, was ${quantity}`);
  assert(offsets.length > venueCount, 'Expected one more offset than venues');
  for (let v = 0; v < venueCount; v += 1) {
    const lot = problem.lots[v] as number;
    assert(Number.isSafeInteger(lot) && lot > 0, () => `Expected a lot of whole units, was ${lot}`);
    assert((problem.capacities[v] as number) >= 0, 'Expected a capacity of at least 0');
    assert((problem.fixedCosts[v] as number) >= 0, 'Expected a fixed cost of at least 0');
  }
};
