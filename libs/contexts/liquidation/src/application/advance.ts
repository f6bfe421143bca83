import type { Instant, Intent } from '@plinth/eventing';
import { NUMERAIRE } from '@plinth/market';
import type { EventData } from '@plinth/messages';
import { assert, decimalOf, decimalToFloat, floatToText, floatToUnits, formatUnits } from '@plinth/money';
import { healthOf, type PortfolioView } from '@plinth/portfolio';
import {
  liquidationDecider,
  type LiquidationCommand,
  type Outcome,
  type Step,
} from '../domain/liquidation.ts';
import type { Health } from '../domain/planner.ts';
import type { LiquidationConfig } from './config.ts';
import { planStep, ratiosOf, reductionOf, type Ratios } from './planning.ts';
import { debtsOf, takeoverOf } from './takeover.ts';
import type { LiquidationViews } from './views.ts';
import { isSettled, type LiquidationRecord } from './views/liquidations.ts';

export const liquidationIntent = (
  liquidationId: string,
  command: LiquidationCommand,
): Intent<LiquidationCommand> => ({
  stream: `liquidation-${liquidationId}`,
  decider: liquidationDecider,
  command,
});

/** What is going on: the views at a position, one liquidation, and what decides about it. */
type Situation = Readonly<{
  portfolio: PortfolioView;
  record: LiquidationRecord;
  config: LiquidationConfig;
  ratios: Ratios;
  at: Instant;
}>;

/**
 * The next decision of a liquidation, if there is one at this position. It waits while orders of the
 * account are open or fills are not booked: every figure it decides on is of what the account really holds.
 * With `isReductionLater` an end alone is decided, no further step.
 */
export const advance = (
  views: LiquidationViews,
  record: LiquidationRecord,
  config: LiquidationConfig,
  at: Instant,
  isReductionLater = false,
): readonly Intent[] => {
  const { portfolio } = views;
  const { accountId, liquidationId } = record.started;
  if (portfolio.unbookedFills(accountId) > 0 || record.awaiting.size > 0) return [];
  const now: Situation = { portfolio, record, config, ratios: ratiosOf(portfolio, config), at };
  const intend = (command: Exclude<LiquidationCommand, { kind: 'start' }> | undefined): readonly Intent[] =>
    command === undefined ? [] : [liquidationIntent(liquidationId, { ...command, seen: record.asked })];
  switch (record.phase) {
    case 'reducing':
      return record.openOrders.size > 0 ? [] : intend(stepDone(now));
    case 'settling': {
      const isDone = [...record.shortfalls.values()].every(isSettled);
      return isDone ? intend(completion(now, 'shortfall', healthOf(portfolio, accountId))) : [];
    }
    case 'planning':
      if (portfolio.orders.of(accountId).length > 0) return [];
      return intend({
        kind: 'next',
        step: () => {
          const step = nextStep(now);
          return isReductionLater && step?.kind === 'reduce' ? undefined : step;
        },
      });
    case 'completed':
      return [];
  }
};

type Decision = Step;

const usd = (value: number): string => floatToText(value);
const against = {
  asset: (value: number): string => floatToText(value, 8, 'floor'),
  requirement: (value: number): string => floatToText(value, 8, 'ceil'),
};

const stepDone = ({ portfolio, record }: Situation): Decision => {
  const { liquidationId, accountId } = record.started;
  const { equity, maintenanceMargin } = healthOf(portfolio, accountId);
  return {
    kind: 'complete-step',
    data: {
      ...{ liquidationId, accountId, step: record.step },
      equityAfter: against.asset(equity),
      maintenanceAfter: against.requirement(maintenanceMargin),
      reducedNotional: usd(record.ofStep.notional),
      slippage: usd(record.ofStep.slippage),
      fees: usd(record.ofStep.fees),
    },
  };
};

/** True when the account has reached what this liquidation is to restore. */
const isRestored = ({ ratios }: Situation, { equity, maintenanceMargin }: Health): boolean =>
  equity >= 0 && equity >= ratios.stop * maintenanceMargin;

/** Equity below which the cause of the liquidation still holds, before anything has been reduced. */
const thresholdOf = ({ record, ratios }: Situation, { maintenanceMargin }: Health): number =>
  record.started.cause === 'deadline' ? ratios.call * maintenanceMargin : maintenanceMargin;

const nextStep = (now: Situation): Decision | undefined => {
  const { portfolio, record, config, ratios } = now;
  const { accountId } = record.started;
  const health = healthOf(portfolio, accountId);
  const hasReduced = record.total.fills > 0 || record.asked > 0;
  if (isRestored(now, health)) return ending(now, health, hasReduced);
  if (!hasReduced && health.equity >= thresholdOf(now, health)) return ending(now, health, false);
  if (portfolio.marks.round < record.waitForRound) return { kind: 'pause', reason: 'NO_FILLS' };
  const threshold = hasReduced ? ratios.stop * health.maintenanceMargin : thresholdOf(now, health);
  const block = portfolio.liquidationBlock(accountId, threshold);
  if (block !== undefined) return { kind: 'pause', reason: block };
  const { plan, tradable } = planStep(portfolio, record, config, ratios);
  if (plan !== undefined)
    return { kind: 'reduce', data: reductionOf(portfolio, record, config, ratios, plan) };
  if (tradable.stuck > 0) return { kind: 'pause', reason: 'VENUE_DOWN' };
  if (tradable.legs.length > 0) return { kind: 'pause', reason: 'NO_REDUCING_LEG' };
  return lastResort(now, health);
};

/**
 * Nothing is left to trade: first the pools pay back what they can, then the house takes over what no venue
 * trades, and only what is owed beyond all that is a shortfall.
 */
const lastResort = (now: Situation, health: Health): Decision => {
  const { portfolio, record, config } = now;
  const { accountId } = record.started;
  const claims = [...portfolio.ledger.suppliedOf(accountId).keys()].sort();
  if (claims.length > 0 && !record.hasRecalled) return { kind: 'recall', assets: claims };
  const takeover = takeoverOf(portfolio, accountId);
  const isWorth = takeover.worth > config.dustUsd || (health.equity >= 0 && !record.hasTakenOver);
  const { collateral, debts } = takeover;
  if (collateral.length > 0 && debts.length > 0 && isWorth) return { kind: 'take-over', collateral, debts };
  if (debts.length === 0 && record.asked > 0) return completion(now, 'closed-out', health);
  const shortfalls = health.equity < 0 ? debtsOf(portfolio, accountId) : [];
  return shortfalls.length > 0
    ? { kind: 'declare', shortfalls }
    : { kind: 'pause', reason: 'NOTHING_TO_TRADE' };
};

const ending = (now: Situation, health: Health, hasReduced: boolean): Decision => {
  if (!hasReduced) return completion(now, 'recovered', health);
  const { portfolio, record } = now;
  const isFlat =
    portfolio.positions.of(record.started.accountId).size === 0 && health.maintenanceMargin === 0;
  return completion(now, isFlat ? 'closed-out' : 'restored', health);
};

/** Post-mortem, with the fee when there is something left to pay it from. */
const completion = (now: Situation, outcome: Outcome, health: Health): Decision => {
  const { portfolio, record } = now;
  const { liquidationId, accountId, equity, maintenanceMargin, marksRound } = record.started;
  const fee = outcome === 'restored' || outcome === 'closed-out' ? feeOf(now, health) : undefined;
  const { fund, badDebt } = settledUsd(now);
  const data: EventData<'LiquidationCompleted'> = {
    ...{ liquidationId, accountId, outcome, steps: record.step },
    equityStart: equity,
    maintenanceStart: maintenanceMargin,
    equityEnd: against.asset(health.equity),
    maintenanceEnd: against.requirement(health.maintenanceMargin),
    reducedNotional: usd(record.total.notional),
    slippage: usd(record.total.slippage),
    fees: usd(record.total.fees),
    fundPaid: usd(fund),
    badDebt: usd(badDebt),
    takenOver: usd(record.takenOver),
    marksRoundStart: marksRound,
    marksRoundEnd: portfolio.marks.round,
    liquidationFee: usd(fee?.usd ?? 0),
    reason: REASONS[outcome],
  };
  return fee === undefined
    ? { kind: 'complete', data }
    : { kind: 'complete', data, fee: { asset: fee.asset, amount: fee.amount } };
};

const REASONS: Readonly<Record<Outcome, string>> = {
  restored: 'Equity is back over the margin call; the rest of the book stays with the client.',
  'closed-out': 'The whole book was traded or taken over, and what is left belongs to the client.',
  shortfall: 'All that there was did not pay what was owed; fund and house paid the lenders.',
  recovered: 'Prices came back before anything was traded.',
};

/** USD that the fund paid and that was written off, at the marks. */
const settledUsd = ({ portfolio, record }: Situation): Readonly<{ fund: number; badDebt: number }> => {
  let [fund, badDebt] = [0, 0];
  for (const { asset, covered } of record.shortfalls.values()) {
    const price = portfolio.marks.ofAsset(asset)?.price ?? 0;
    fund += decimalToFloat(decimalOf(covered?.amount ?? '0')) * price;
    badDebt += decimalToFloat(decimalOf(covered?.uncovered ?? '0')) * price;
  }
  return { fund, badDebt };
};

/**
 * fee = feePpm · notional reduced, at most what the account has over the level at which the liquidation
 * stops. In the cash of which the account has most, rounded down.
 */
const feeOf = (
  { portfolio, record, config, ratios }: Situation,
  { equity, maintenanceMargin }: Health,
): Readonly<{ asset: string; amount: string; usd: number }> | undefined => {
  const above = Math.max(0, equity - ratios.stop * maintenanceMargin);
  const wanted = Math.min((config.feePpm / 1_000_000) * record.total.notional, above);
  const { asset, scale, price } = cashOf(portfolio, record.started.accountId);
  assert(price > 0, () => `Expected a price of ${asset}`);
  const units = floatToUnits(wanted / price, scale, 'floor');
  if (units <= 0n) return undefined;
  const amount = formatUnits(units, scale);
  return { asset, amount, usd: decimalToFloat(decimalOf(amount)) * price };
};

const cashOf = (
  portfolio: PortfolioView,
  accountId: string,
): Readonly<{ asset: string; scale: number; price: number }> => {
  let best = { asset: NUMERAIRE, worth: 0 };
  for (const [asset, units] of portfolio.ledger.totalsOf(accountId)) {
    const price = portfolio.marks.ofAsset(asset)?.price ?? 0;
    if (portfolio.reference.asset(asset).kind === 'coin' || price <= 0) continue;
    const worth = decimalToFloat(decimalOf(formatUnits(units, portfolio.ledger.scaleOf(asset)))) * price;
    if (worth > best.worth) best = { asset, worth };
  }
  const price = portfolio.marks.ofAsset(best.asset)?.price ?? 0;
  return { asset: best.asset, scale: portfolio.ledger.scaleOf(best.asset), price };
};
