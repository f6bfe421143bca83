import { priceLeg, type LegTerms, type PricedLeg } from '../legs.ts';
import type { Plan, PlanProblem } from '../planner.ts';

/** The baseline that many venues use: everything goes at once, as far as participation allows. */
export const planWholeBook = (problem: PlanProblem): Plan =>
  planOf(
    problem,
    problem.legs.map((terms: LegTerms) => priceLeg(terms, Math.min(terms.totalLots, terms.stepLots))),
  );

/** A plan of given legs, those left out that are smaller than a venue takes; each with its own relief. */
export const planOf = (problem: PlanProblem, all: readonly PricedLeg[]): Plan => {
  const legs = all.filter(({ lots, terms }) => lots >= Math.max(1, terms.minLots));
  const before = problem.assess([]);
  const expected = problem.assess(legs);
  const planned = legs.map((leg) => {
    const without = problem.assess(legs.filter((other) => other !== leg));
    return { ...leg, relief: without.maintenanceMargin - expected.maintenanceMargin };
  });
  const isReached = expected.equity >= problem.targetRatio * expected.maintenanceMargin;
  return { legs: planned, before, expected, isReached };
};
