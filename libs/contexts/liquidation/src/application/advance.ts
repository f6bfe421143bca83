import type { Instant, Intent } from '@plinth/eventing';
import { NUMERAIRE } from '@plinth/market';
import type { EventData } from '@plinth/messages';
import { assert, decimalOf, decimalToFloat, floatToText, floatToUnits, formatUnits } from '@plinth/money';
import type { Assessment, PortfolioView } from '@plinth/portfolio';
import { liquidationDecider, type LiquidationCommand, type Outcome } from '../domain/liquidation.ts';
import type { LiquidationConfig } from './config.ts';
import { planStep, ratiosOf, reductionOf, type Ratios } from './planning.ts';
import { debtUnits } from './tradable-legs.ts';
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
 */
export const advance = (
  views: LiquidationViews,
  record: LiquidationRecord,
  config: LiquidationConfig,
  at: Instant,
): readonly Intent[] => {
  const { portfolio } = views;
  const { accountId, liquidationId } = record.started;
  if (portfolio.unbookedFills(accountId) > 0) return [];
  const now: Situation = { portfolio, record, config, ratios: ratiosOf(portfolio, config), at };
  const intend = (command: LiquidationCommand | undefined): readonly Intent[] =>
    command === undefined ? [] : [liquidationIntent(liquidationId, command)];
  switch (record.phase) {
    case 'reducing':
      return record.openOrders.size > 0 ? [] : intend(stepDone(now));
    case 'settling': {
      const isDone = [...record.shortfalls.values()].every(isSettled);
      return isDone ? intend(completion(now, 'shortfall', portfolio.assess(accountId))) : [];
    }
    case 'planning':
      return portfolio.orders.of(accountId).length > 0 ? [] : intend(nextStep(now));
    case 'completed':
      return [];
  }
};

const usd = (value: number): string => floatToText(value);
const against = {
  asset: (value: number): string => floatToText(value, 8, 'floor'),
  requirement: (value: number): string => floatToText(value, 8, 'ceil'),
};

const stepDone = ({ portfolio, record }: Situation): LiquidationCommand => {
  const { liquidationId, accountId } = record.started;
  const { equity, maintenanceMargin } = portfolio.assess(accountId);
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
const isRestored = ({ ratios }: Situation, { equity, maintenanceMargin }: Assessment): boolean =>
  equity >= 0 && equity >= ratios.stop * maintenanceMargin;

/** Equity below which the cause of the liquidation still holds, before anything has been reduced. */
const thresholdOf = ({ record, ratios }: Situation, { maintenanceMargin }: Assessment): number =>
  record.started.cause === 'deadline' ? ratios.call * maintenanceMargin : maintenanceMargin;

const nextStep = (now: Situation): LiquidationCommand | undefined => {
  const { portfolio, record, config, ratios } = now;
  const { accountId } = record.started;
  const assessment = portfolio.assess(accountId);
  const hasReduced = record.total.fills > 0;
  if (isRestored(now, assessment)) return ending(now, assessment, hasReduced);
  if (!hasReduced && assessment.equity >= thresholdOf(now, assessment)) return ending(now, assessment, false);
  if (portfolio.marks.round < record.waitForRound) return { kind: 'pause', reason: 'NO_FILLS' };
  const threshold = hasReduced ? ratios.stop * assessment.maintenanceMargin : thresholdOf(now, assessment);
  const block = portfolio.liquidationBlock(accountId, threshold);
  if (block !== undefined) return { kind: 'pause', reason: block };
  const { plan, tradable } = planStep(portfolio, record, config, ratios);
  if (plan !== undefined)
    return { kind: 'reduce', data: reductionOf(portfolio, record, config, ratios, plan) };
  if (tradable.stuck > 0) return { kind: 'pause', reason: 'VENUE_DOWN' };
  if (tradable.legs.length > 0) return { kind: 'pause', reason: 'NO_REDUCING_LEG' };
  if (assessment.equity >= 0) return { kind: 'pause', reason: 'NOTHING_TO_TRADE' };
  const shortfalls = shortfallsOf(now, assessment);
  return shortfalls.length > 0
    ? { kind: 'declare', shortfalls }
    : { kind: 'pause', reason: 'NOTHING_TO_TRADE' };
};

const ending = (now: Situation, assessment: Assessment, hasReduced: boolean): LiquidationCommand => {
  if (!hasReduced) return completion(now, 'recovered', assessment);
  const { portfolio, record } = now;
  const isFlat =
    portfolio.positions.of(record.started.accountId).size === 0 && assessment.maintenanceMargin === 0;
  return completion(now, isFlat ? 'closed-out' : 'restored', assessment);
};

/**
 * What the account owes and cannot pay, by asset. All its debts when what it still holds is not worth
 * trading; otherwise as much of them as its equity is below zero.
 */
const shortfallsOf = (
  { portfolio, record, config }: Situation,
  { equity }: Assessment,
): readonly Readonly<{ asset: string; amount: string }>[] => {
  const { accountId } = record.started;
  const { ledger, marks } = portfolio;
  let held = 0;
  for (const [asset, units] of ledger.totalsOf(accountId)) {
    const amount = decimalToFloat(decimalOf(formatUnits(units, ledger.scaleOf(asset))));
    held += Math.max(0, amount) * (marks.ofAsset(asset)?.price ?? 0);
  }
  const isDust = held <= config.dustUsd && ledger.suppliedOf(accountId).size === 0;
  let left = isDust ? Infinity : -equity;
  const shortfalls: { asset: string; amount: string }[] = [];
  for (const asset of [...ledger.debtsOf(accountId).keys()].sort()) {
    const scale = ledger.scaleOf(asset);
    const price = marks.ofAsset(asset)?.price ?? 0;
    const owed = debtUnits(portfolio, accountId, asset);
    const bounded = left === Infinity || price <= 0 ? owed : floatToUnits(left / price, scale, 'ceil');
    const units = bounded < owed ? bounded : owed;
    if (units <= 0n) continue;
    shortfalls.push({ asset, amount: formatUnits(units, scale) });
    left -= decimalToFloat(decimalOf(formatUnits(units, scale))) * price;
  }
  return shortfalls;
};

/** Post-mortem, with the fee when there is something left to pay it from. */
const completion = (now: Situation, outcome: Outcome, assessment: Assessment): LiquidationCommand => {
  const { portfolio, record } = now;
  const { liquidationId, accountId, equity, maintenanceMargin, marksRound } = record.started;
  const fee = outcome === 'restored' || outcome === 'closed-out' ? feeOf(now, assessment) : undefined;
  const { fund, badDebt } = settledUsd(now);
  const data: EventData<'LiquidationCompleted'> = {
    ...{ liquidationId, accountId, outcome, steps: record.step },
    equityStart: equity,
    maintenanceStart: maintenanceMargin,
    equityEnd: against.asset(assessment.equity),
    maintenanceEnd: against.requirement(assessment.maintenanceMargin),
    reducedNotional: usd(record.total.notional),
    slippage: usd(record.total.slippage),
    fees: usd(record.total.fees),
    fundPaid: usd(fund),
    badDebt: usd(badDebt),
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
  'closed-out': 'The whole book was traded and what is left belongs to the client.',
  shortfall: 'The whole book was traded and did not pay what was owed; fund and house paid the lenders.',
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
  { equity, maintenanceMargin }: Assessment,
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
