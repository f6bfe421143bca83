import type { LegTerms } from '../legs.ts';
import { priceLeg } from '../legs.ts';
import type { Plan, PlanProblem } from '../planner.ts';

/** The baseline that many venues use: everything goes at once, as far as participation allows. */
export const planWholeBook = (problem: PlanProblem): Plan => {
  const legs = problem.legs
    .map((terms: LegTerms) => priceLeg(terms, Math.min(terms.totalLots, terms.stepLots)))
    .filter(({ lots, terms }) => lots >= Math.max(1, terms.minLots));
  const before = problem.assess([]);
  const expected = problem.assess(legs);
  const planned = legs.map((leg) => {
    const without = problem.assess(legs.filter((other) => other !== leg));
    return { ...leg, relief: without.maintenanceMargin - expected.maintenanceMargin };
  });
  const isReached = expected.equity >= problem.targetRatio * expected.maintenanceMargin;
  return { legs: planned, before, expected, isReached };
};
