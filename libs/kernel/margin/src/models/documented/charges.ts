import { exp, log } from '@plinth/maths';
import { checkFinite, checkPositive, refuse } from '../../checks.ts';
import { checkAtLeastZero } from '../portfolio.ts';

/**
 * Charges of venues whose rules are published as text: documented only, no venue's own figures confirm them
 * in full.
 */

/** A part of a cost up to an amount, and what it is multiplied with. */
export type CostTier = Readonly<{ upTo: number; factor: number }>;

/** OKX's MR7: the cost of a liquidation, tier by tier; what lies above the last bound has the last factor. */
export const tieredCost = (cost: number, tiers: readonly CostTier[]): number => {
  checkAtLeastZero('cost', cost);
  if (tiers.length === 0) refuse('tiers', 'Expected at least one tier, was none');
  let [total, from] = [0, 0];
  tiers.forEach(({ upTo, factor }, i) => {
    if (!(upTo > from)) refuse('tiers', `Expected bounds that rise, was ${upTo} after ${from}`);
    checkAtLeastZero('factor', factor);
    const to = i === tiers.length - 1 ? cost : Math.min(cost, upTo);
    total += Math.max(0, to - from) * factor;
    from = upTo;
  });
  return total;
};

/** OKX: maintenance is the larger of the scenarios' charge and the tiered cost of a liquidation. */
export const okxMaintenance = (
  scenarioCharge: number,
  cost: number,
  tiers: readonly CostTier[],
): Readonly<{ adjustedCost: number; beforeScaling: number; maintenance: number }> => {
  checkAtLeastZero('scenarioCharge', scenarioCharge);
  const adjustedCost = tieredCost(cost, tiers);
  return {
    adjustedCost,
    beforeScaling: Math.max(scenarioCharge, cost),
    maintenance: Math.max(scenarioCharge, adjustedCost),
  };
};

/** Deribit: a charge on the options of one strike that are short in all, calls and puts together. */
export const netShortContingency = (sizes: readonly number[], perShort: number): number => {
  checkAtLeastZero('perShort', perShort);
  let net = 0;
  for (const size of sizes) {
    checkFinite('size', size);
    net += size;
  }
  return Math.max(0, -net) * perShort;
};

/** Deribit: a charge on futures that offset one another: the smaller side. Both sides as positive sizes. */
export const offsettingContingency = (long: number, short: number, rate: number): number => {
  checkAtLeastZero('long', long);
  checkAtLeastZero('short', short);
  checkAtLeastZero('rate', rate);
  return Math.min(long, short) * rate;
};

/** Deribit and Paradex: relative change of a volatility: range · (30 / max(1, days))^power. */
export const volatilityShock = (days: number, range: number, power: number): number => {
  checkAtLeastZero('days', days);
  checkFinite('range', range);
  checkAtLeastZero('power', power);
  return range * exp(power * log(30 / Math.max(1, days)));
};

/** The forward that a continuous basis gives: index · exp(rate · days/365). */
export const forwardFromBasis = (index: number, rate: number, days: number): number => {
  checkPositive('index', index);
  checkFinite('rate', rate);
  checkAtLeastZero('days', days);
  return index * exp((rate * days) / 365);
};

/** Profit of a future when the index moves by `shock` and the basis stays. */
export const futureScenarioProfit = (size: number, forward: number, shock: number): number => {
  checkFinite('size', size);
  checkPositive('forward', forward);
  if (!(shock >= -1 && Number.isFinite(shock))) refuse('shock', `Expected at least −1, was ${shock}`);
  return size * forward * shock;
};

/** A charge on the notional of futures, whatever their side. */
export const futureContingency = (size: number, index: number, factor: number): number => {
  checkFinite('size', size);
  checkPositive('index', index);
  checkAtLeastZero('factor', factor);
  return Math.abs(size) * index * factor;
};
