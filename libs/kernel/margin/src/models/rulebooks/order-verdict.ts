import type { Requirement } from '../margin-model.ts';

/**
 * What becomes of an order under a rulebook. `risk-reducing`: the rulebook's own figures would not cover it,
 * and several peers would refuse it; here it passes all the same, because no scenario's loss grows by it.
 */
export type OrderVerdict = 'covered' | 'risk-reducing' | 'refused';

/**
 * The house's one law of orders under any rulebook (finance §6.9): covered when what the rulebook counts is
 * at least its initial margin after the fill; and never refused when it reduces risk, in whatever state the
 * account is. A rulebook that cannot judge the book after the fill (undefined) covers nothing.
 */
export const orderUnder = (after: Requirement | undefined, reducesRisk: boolean): OrderVerdict => {
  if (after !== undefined && after.markToMarket >= after.initial) return 'covered';
  return reducesRisk ? 'risk-reducing' : 'refused';
};
