import type { EventData, Leg } from '@plinth/messages';
import { decimalOf, floatToText, formatDecimal, formatUnits, roundToStep } from '@plinth/money';
import { healthOf, type PortfolioView } from '@plinth/portfolio';
import type { Plan, PlannedLeg, PlanProblem } from '../domain/planner.ts';
import { POLICIES } from '../domain/policies/index.ts';
import { planWholeBook } from '../domain/policies/whole-book.ts';
import type { LiquidationConfig } from './config.ts';
import { HypotheticalAccount } from './hypothetical-account.ts';
import { LEG_SCALE, tradableLegs, type Tradable } from './tradable-legs.ts';
import type { LiquidationRecord } from './views/liquidations.ts';

/** Equity over maintenance margin at which a liquidation stops, and at which a plan aims. */
export type Ratios = Readonly<{ call: number; stop: number; target: number }>;

/**
 * It stops where risk would call the account healthy of a call again: callRatio, and the hysteresis on top.
 */
export const ratiosOf = (portfolio: PortfolioView, config: LiquidationConfig): Ratios => {
  const { callRatio, hysteresis } = portfolio.marginParameters.states;
  const stop = callRatio * (1 + hysteresis);
  return { call: callRatio, stop, target: stop + config.bufferRatio };
};

/** The problem of one step, in the words of the planner. */
export const problemOf = (
  portfolio: PortfolioView,
  accountId: string,
  tradable: Tradable,
  targetRatio: number,
  isInsolvent: boolean,
): PlanProblem => {
  const account = new HypotheticalAccount(portfolio, accountId);
  return {
    legs: tradable.legs,
    targetRatio,
    isInsolvent,
    assess: (legs) => account.health(legs),
    isRiskReducing: (legs) => account.isRiskReducing(legs),
  };
};

/** One step of a liquidation; undefined when nothing may be traded. */
export const planStep = (
  portfolio: PortfolioView,
  record: LiquidationRecord,
  config: LiquidationConfig,
  ratios: Ratios,
): Readonly<{ plan: Plan | undefined; tradable: Tradable }> => {
  const { accountId } = record.started;
  const isInsolvent = healthOf(portfolio, accountId).equity < 0;
  const tradable = tradableLegs(portfolio, accountId, config, isInsolvent);
  if (tradable.legs.length === 0) return { plan: undefined, tradable };
  const problem = problemOf(portfolio, accountId, tradable, ratios.target, isInsolvent);
  const policy = POLICIES.get(config.policy);
  const plan = policy?.plan(problem);
  if (plan !== undefined && plan.legs.length > 0) return { plan, tradable };
  // What is owed exceeds what is there: everything has to go, in whatever order it can.
  const all = isInsolvent ? planWholeBook(problem) : undefined;
  return { plan: all !== undefined && all.legs.length > 0 ? all : undefined, tradable };
};

/** The plan as it is recorded: with everything that its decision was made of. */
export const reductionOf = (
  portfolio: PortfolioView,
  record: LiquidationRecord,
  config: LiquidationConfig,
  ratios: Ratios,
  plan: Plan,
): EventData<'ReductionOrdered'> => ({
  liquidationId: record.started.liquidationId,
  accountId: record.started.accountId,
  step: record.step + 1,
  legs: plan.legs.map((leg) => legMessage(portfolio, record, config, leg)),
  equityBefore: floatToText(plan.before.equity, 8, 'floor'),
  maintenanceBefore: floatToText(plan.before.maintenanceMargin, 8, 'ceil'),
  targetBuffer: floatToText((ratios.target - 1) * plan.expected.maintenanceMargin),
  marksRound: portfolio.marks.round,
  policy: config.policy,
  equityExpected: floatToText(plan.expected.equity, 8, 'floor'),
  maintenanceExpected: floatToText(plan.expected.maintenanceMargin, 8, 'ceil'),
});

const legMessage = (
  portfolio: PortfolioView,
  record: LiquidationRecord,
  config: LiquidationConfig,
  leg: PlannedLeg,
): Leg => {
  const { terms } = leg;
  return {
    instrumentId: terms.instrumentId,
    venueId: terms.venueId,
    side: terms.side,
    quantity: formatUnits(BigInt(leg.lots) * terms.lot, LEG_SCALE),
    limitPrice: limitPrice(portfolio, record, config, leg),
    relief: floatToText(leg.relief),
    expectedCost: floatToText(leg.cost),
    kind: terms.kind,
  };
};

/**
 * Three times the expected impact from the mark, at least the least slippage; twice as far after every
 * empty step.
 */
const limitPrice = (
  portfolio: PortfolioView,
  record: LiquidationRecord,
  config: LiquidationConfig,
  { terms, notional }: PlannedLeg,
): string => {
  const expected = Math.max(config.slippageMin, 3 * terms.impact(notional));
  const slippage = Math.min(config.slippageMax, expected * 2 ** Math.min(record.emptySteps, 8));
  const isBuy = terms.side === 'buy';
  const price = decimalOf(floatToText(terms.mark * (isBuy ? 1 + slippage : 1 - slippage), 12));
  const tick =
    portfolio.reference.venue(terms.marginVenueId).listings.get(terms.instrumentId)?.tick ?? '0.01';
  const rounded = roundToStep(price, decimalOf(tick), isBuy ? 'ceil' : 'floor');
  return formatDecimal(rounded.lte(decimalOf('0')) ? decimalOf(tick) : rounded);
};
