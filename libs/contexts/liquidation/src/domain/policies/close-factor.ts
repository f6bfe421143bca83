import { priceLeg, type LegTerms } from '../legs.ts';
import { closeFactor } from '../peer-terms.ts';
import type { Plan, PlanProblem } from '../planner.ts';
import { planOf } from './whole-book.ts';

/**
 * The baseline of Aave's rule: half of everything while health (equity over maintenance margin) is above
 * 0.95, all of it below or when little is at stake, whatever the target needs.
 */
export const planCloseFactor = (problem: PlanProblem): Plan => {
  const { equity, maintenanceMargin } = problem.assess([]);
  const health = maintenanceMargin > 0 ? Math.max(0, equity) / maintenanceMargin : 0;
  const atStake = problem.legs.reduce((sum, leg) => sum + leg.totalLots * leg.lotSize * leg.unitUsd, 0);
  // Above 1 the account was called and did not answer: its half is taken as just below 1.
  const share = closeFactor(Math.min(health, JUST_BELOW_ONE), atStake, atStake);
  const lotsOf = (leg: LegTerms): number => Math.max(leg.minLots, Math.ceil(share * leg.totalLots));
  return planOf(
    problem,
    problem.legs.map((leg) => priceLeg(leg, Math.min(leg.totalLots, leg.stepLots, lotsOf(leg)))),
  );
};

const JUST_BELOW_ONE = 0.999_999;
