import { bestSplit, type Split } from '../domain/best-split.ts';
import { createWorkspace, type SplitProblem } from '../domain/split.ts';

/** Uniform numbers in [0, 1) that depend on the seed alone (mulberry32). */
const uniformOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

export type RoutingWorkload = Readonly<{ venues: number; levels: number; problems: readonly SplitProblem[] }>;

const SCALE = 1e3;

/**
 * Books around 30,000 with a spread of some basis points, random depth, fees of 0 to 10 bp; orders of up to
 * half the depth.
 */
export const routingWorkload = (seed: number, count: number, venues = 6, levels = 50): RoutingWorkload => {
  const uniform = uniformOf(seed);
  const problems = Array.from({ length: count }, (): SplitProblem => {
    const sign = uniform() < 0.5 ? 1 : -1;
    const offsets = Int32Array.from({ length: venues + 1 }, (_, v) => v * levels);
    const prices = new Float64Array(venues * levels);
    const quantities = new Float64Array(venues * levels);
    let depth = 0;
    for (let v = 0; v < venues; v += 1) {
      let price = 30_000 * (1 + sign * uniform() * 2e-4);
      for (let n = 0; n < levels; n += 1) {
        price += sign * (0.5 + Math.floor(uniform() * 20) / 2);
        prices[v * levels + n] = price;
        const units = 1 + Math.floor(uniform() * 3 * SCALE);
        quantities[v * levels + n] = units;
        depth += units;
      }
    }
    const quantity = 1 + Math.floor(uniform() * uniform() * 0.5 * depth);
    const fees = Float64Array.from({ length: venues }, () => Math.floor(uniform() * 1_000));
    const netPrices = prices.map(
      (price, n) => price * (1 + (sign * (fees[Math.floor(n / levels)] as number)) / 1e6),
    );
    return {
      sign,
      quantity,
      worstPrice: sign > 0 ? Infinity : 0,
      venueCount: venues,
      offsets,
      prices,
      quantities,
      netPrices,
      lots: new Float64Array(venues).fill(1),
      minimums: new Float64Array(venues),
      capacities: new Float64Array(venues).fill(Infinity),
      fixedCosts: new Float64Array(venues),
    };
  });
  return { venues, levels, problems };
};

/** One pass of the router over the workload. Returns Σ cost, so that nothing can be optimised away. */
export const routeAll = ({ venues, problems }: RoutingWorkload): number => {
  const work = createWorkspace(venues);
  let sum = 0;
  for (const problem of problems) sum += bestSplit(problem, work).cost;
  return sum;
};

/**
 * The usual router's way, as a baseline: the quantity in steps of 5 %, each to the venue where the step is
 * cheapest.
 */
export const gridSplit = (problem: SplitProblem, steps = 20): Readonly<{ filled: number; cost: number }> => {
  const given = new Float64Array(problem.venueCount);
  const paid = new Float64Array(problem.venueCount);
  let filled = 0;
  for (let step = 1; step <= steps; step += 1) {
    const part =
      Math.round((problem.quantity * step) / steps) - Math.round((problem.quantity * (step - 1)) / steps);
    let best = -1;
    let bestCost = Infinity;
    for (let v = 0; v < problem.venueCount; v += 1) {
      const cost = costOf(problem, v, (given[v] as number) + part) - (paid[v] as number);
      if (cost < bestCost) [best, bestCost] = [v, cost];
    }
    if (best < 0) continue;
    given[best] = (given[best] as number) + part;
    paid[best] = (paid[best] as number) + bestCost;
    filled += part;
  }
  return { filled, cost: paid.reduce((sum, cost) => sum + cost, 0) };
};

const costOf = (problem: SplitProblem, v: number, units: number): number => {
  let missing = units;
  let sum = 0;
  const end = problem.offsets[v + 1] as number;
  for (let n = problem.offsets[v] as number; n < end && missing > 0; n += 1) {
    const part = Math.min(missing, problem.quantities[n] as number);
    sum += part * (problem.netPrices[n] as number);
    missing -= part;
  }
  return missing > 0 ? Infinity : problem.sign * sum;
};

export const gridRouteAll = ({ problems }: RoutingWorkload): number => {
  let sum = 0;
  for (const problem of problems) sum += gridSplit(problem).cost;
  return sum;
};

/**
 * Mean extra cost of the grid over the optimal split, in basis points of the notional, where both fill
 * everything.
 */
export const gridRegretBps = ({ venues, problems }: RoutingWorkload): number => {
  const work = createWorkspace(venues);
  let regret = 0;
  let compared = 0;
  for (const problem of problems) {
    const split: Split = bestSplit(problem, work);
    const grid = gridSplit(problem);
    if (grid.filled !== split.filled || split.filled === 0) continue;
    regret += ((grid.cost - split.cost) / Math.abs(split.cost)) * 1e4;
    compared += 1;
  }
  return compared === 0 ? 0 : regret / compared;
};
