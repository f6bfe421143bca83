import type { Plan, PlanProblem } from '../planner.ts';
import { planCheapest } from '../planner.ts';
import { planCloseFactor } from './close-factor.ts';
import { planWholeBook } from './whole-book.ts';

/** How a liquidation chooses what to trade. A new policy is a file here and a line below. */
export type Policy = Readonly<{ name: string; plan: (problem: PlanProblem) => Plan }>;

export const POLICIES: ReadonlyMap<string, Policy> = new Map(
  [
    { name: 'cheapest-legs', plan: planCheapest },
    { name: 'whole-book', plan: planWholeBook },
    { name: 'close-factor', plan: planCloseFactor },
  ].map((policy) => [policy.name, policy]),
);
