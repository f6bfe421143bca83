import { LIMITS } from './limits.ts';
import type { SplitBounds, SplitProblem, SplitWorkspace } from './split.ts';
import { createWorkspace, mergeBooks, totalCost, venueNotional } from './split.ts';

/** The best split found so far, kept while others are tried. */
export type Split = Readonly<{
  /** Units taken in all, ≤ the quantity asked. */
  filled: number;
  /** sign · Σ price × units after fees + fixed costs: smaller is better at equal quantity. */
  cost: number;
  units: Float64Array;
  /** Σ price × units after fees per venue, fixed cost not included. */
  notionals: Float64Array;
  /** Worst level price per venue; 0 where nothing is taken. */
  worstPrices: Float64Array;
}>;

const NOTHING: Split = {
  filled: -1,
  cost: Infinity,
  units: new Float64Array(0),
  notionals: new Float64Array(0),
  worstPrices: new Float64Array(0),
};

/** More filled is better; at equal quantity the cheaper one. */
const isBetter = (filled: number, cost: number, than: Split): boolean =>
  filled > than.filled || (filled === than.filled && cost < than.cost);

const capture = (problem: SplitProblem, work: SplitWorkspace, filled: number): Split => {
  const count = problem.venueCount;
  const notionals = new Float64Array(count);
  for (let v = 0; v < count; v += 1) notionals[v] = venueNotional(work, v);
  return {
    filled,
    cost: totalCost(problem, work),
    units: work.taken.slice(0, count),
    notionals,
    worstPrices: work.lastPrice.slice(0, count),
  };
};

type Search = { best: Split; readonly problem: SplitProblem; readonly work: SplitWorkspace };

/** Merges within bounds and keeps the answer when it is the best. Returns whether it was. */
const attempt = (search: Search, bounds?: SplitBounds): boolean => {
  const filled = mergeBooks(search.problem, search.work, bounds);
  if (filled < 0 || !keepsMinimums(search.problem, search.work)) return false;
  if (!isBetter(filled, totalCost(search.problem, search.work), search.best)) return false;
  search.best = capture(search.problem, search.work, filled);
  return true;
};

const keepsMinimums = (problem: SplitProblem, work: SplitWorkspace): boolean => {
  for (let v = 0; v < problem.venueCount; v += 1) {
    const taken = work.taken[v] as number;
    if (taken > 0 && taken < (problem.minimums[v] as number)) return false;
  }
  return true;
};

const unbounded = (problem: SplitProblem): SplitBounds => ({
  active: new Uint8Array(problem.venueCount).fill(1),
  least: new Float64Array(problem.venueCount),
  most: new Float64Array(problem.venueCount).fill(Infinity),
});

/**
 * Optimal split of a quantity over the books: as much as the books, the worst price and the capacities
 * give, at the least cost. Exact when all lots are equal and at most `enumeratedVenuesMax` venues have a
 * fixed cost or a binding minimum; otherwise the better of a greedy search and every single venue. Never
 * worse than any single venue.
 */
export const bestSplit = (
  problem: SplitProblem,
  work: SplitWorkspace = createWorkspace(problem.venueCount),
): Split => {
  const filled = mergeBooks(problem, work);
  const constrained: number[] = [];
  let hasUnequalLots = false;
  let isFree = true;
  for (let v = 0; v < problem.venueCount; v += 1) {
    const fixed = problem.fixedCosts[v] as number;
    const minimum = problem.minimums[v] as number;
    const taken = work.taken[v] as number;
    if (problem.lots[v] !== problem.lots[0]) hasUnequalLots = true;
    if (taken > 0 && (fixed > 0 || taken < minimum)) isFree = false;
    if (fixed > 0 || minimum > (problem.lots[v] as number)) constrained.push(v);
  }
  // The merge without minimums and fixed costs is a bound: when it needs neither it is the answer.
  if (isFree && !hasUnequalLots) return capture(problem, work, filled);
  const search: Search = { best: isFree ? capture(problem, work, filled) : NOTHING, problem, work };
  if (!isFree) activate(search, constrained);
  if (hasUnequalLots) exchangeLots(search);
  if (hasUnequalLots || constrained.length > LIMITS.enumeratedVenuesMax) trySingles(search);
  return search.best.filled < 0 ? emptySplit(problem) : search.best;
};

const emptySplit = (problem: SplitProblem): Split => ({
  filled: 0,
  cost: 0,
  units: new Float64Array(problem.venueCount),
  notionals: new Float64Array(problem.venueCount),
  worstPrices: new Float64Array(problem.venueCount),
});

/** Which constrained venues take part: every subset when they are few, else dropped one by one. */
const activate = (search: Search, constrained: readonly number[]): void => {
  if (constrained.length <= LIMITS.enumeratedVenuesMax) {
    for (let subset = 0; subset < 1 << constrained.length; subset += 1) {
      attemptSubset(search, constrained, (n) => (subset & (1 << n)) !== 0);
    }
    return;
  }
  const kept = new Set(constrained.keys());
  attemptSubset(search, constrained, (n) => kept.has(n));
  for (;;) {
    // Drop the venue without which the split is best; when none helps and the bounds cannot be met, the
    // worst priced.
    let dropped: number | undefined;
    for (const n of kept) {
      if (attemptSubset(search, constrained, (m) => m !== n && kept.has(m))) dropped = n;
    }
    dropped ??= search.best.filled < 0 ? [...kept].at(-1) : undefined;
    if (dropped === undefined) return;
    kept.delete(dropped);
  }
};

/** An active constrained venue takes at least its minimum; one that is not active takes nothing. */
const attemptSubset = (
  search: Search,
  constrained: readonly number[],
  isActive: (n: number) => boolean,
): boolean => {
  const bounds = unbounded(search.problem);
  constrained.forEach((v, n) => {
    if (isActive(n)) bounds.least[v] = leastOf(search.problem, v);
    else bounds.active[v] = 0;
  });
  return attempt(search, bounds);
};

/** The minimum of a venue in whole lots. */
const leastOf = (problem: SplitProblem, v: number): number => {
  const lot = problem.lots[v] as number;
  return Math.max(Math.ceil((problem.minimums[v] as number) / lot), 1) * lot;
};

/**
 * With unequal lots the merge may end beside the optimum by less than the largest lot per venue: tries one
 * lot more and one lot less at every venue, and the best of these again, a bounded number of times.
 */
const exchangeLots = (search: Search): void => {
  for (let round = 0; round < LIMITS.exchangeRoundsMax; round += 1) {
    const from = search.best;
    if (from.filled < 0) return;
    let isImproved = false;
    for (let v = 0; v < search.problem.venueCount; v += 1) {
      const lot = search.problem.lots[v] as number;
      const units = from.units[v] as number;
      const more = boundsOf(search.problem, from);
      more.active[v] = 1;
      more.least[v] = Math.max(units + lot, leastOf(search.problem, v));
      isImproved = attempt(search, more) || isImproved;
      if (units === 0) continue;
      const less = boundsOf(search.problem, from);
      less.most[v] = units - lot;
      if (units - lot < (search.problem.minimums[v] as number) || units === lot) less.active[v] = 0;
      less.least[v] = 0;
      isImproved = attempt(search, less) || isImproved;
    }
    if (!isImproved) return;
  }
};

/**
 * Venues as in a split: constrained ones keep their minimum when they took part and stay out when they did
 * not.
 */
const boundsOf = (problem: SplitProblem, from: Split): SplitBounds => {
  const bounds = unbounded(problem);
  for (let v = 0; v < problem.venueCount; v += 1) {
    const isConstrained =
      (problem.fixedCosts[v] as number) > 0 || (problem.minimums[v] as number) > (problem.lots[v] as number);
    if (!isConstrained) continue;
    if (from.units[v] === 0) bounds.active[v] = 0;
    else bounds.least[v] = leastOf(problem, v);
  }
  return bounds;
};

const onlyVenue = (problem: SplitProblem, v: number): SplitBounds => {
  const bounds = unbounded(problem);
  bounds.active.fill(0);
  bounds.active[v] = 1;
  return bounds;
};

const trySingles = (search: Search): void => {
  for (let v = 0; v < search.problem.venueCount; v += 1) attempt(search, onlyVenue(search.problem, v));
};

/**
 * The cheapest single venue that takes as many units as the split does; undefined when none can. The
 * yardstick of the cost analysis.
 */
export const bestSingleVenue = (
  problem: SplitProblem,
  units: number,
  work: SplitWorkspace = createWorkspace(problem.venueCount),
): Readonly<{ venue: number; cost: number }> | undefined => {
  const same = { ...problem, quantity: units };
  let best: { venue: number; cost: number } | undefined;
  for (let v = 0; v < problem.venueCount; v += 1) {
    const filled = mergeBooks(same, work, onlyVenue(problem, v));
    if (filled !== units || !keepsMinimums(same, work)) continue;
    const cost = totalCost(same, work);
    if (best === undefined || cost < best.cost) best = { venue: v, cost };
  }
  return best;
};
