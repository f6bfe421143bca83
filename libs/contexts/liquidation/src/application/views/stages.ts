import type { Envelope, Instant } from '@plinth/eventing';
import type { Leg } from '@plinth/messages';

export type Stage = Readonly<{
  position: bigint;
  atMs: Instant;
  event: string;
  why: string;
  step: number;
  legs: readonly Leg[];
}>;

export type HandOver = Envelope<
  'ClaimsRecalled' | 'TakeoverOrdered' | 'PoolRedeemed' | 'CollateralTakenOver'
>;

type Tale =
  | HandOver['type']
  | 'LiquidationStarted'
  | 'ReductionOrdered'
  | 'ReductionCompleted'
  | 'LiquidationPaused'
  | 'LiquidationResumed'
  | 'ShortfallDeclared'
  | 'ShortfallCovered'
  | 'InsurancePosted'
  | 'BadDebtRecorded'
  | 'LiquidationFeeSet'
  | 'LiquidationCompleted';
export type TalesEnvelope = Envelope<Tale>;

export const stageOf = (event: TalesEnvelope, step: number): Stage => ({
  position: event.position,
  atMs: event.occurredAt,
  event: event.type,
  why: tell(event),
  step,
  legs: event.type === 'ReductionOrdered' ? event.data.legs : [],
});

/** One sentence per stage, with the figures of its decision. */
const tell = (event: TalesEnvelope): string => {
  switch (event.type) {
    case 'LiquidationStarted': {
      const { cause, equity, maintenanceMargin, openOrders } = event.data;
      const orders = `${openOrders.length} open order(s) are cancelled first`;
      return `Equity ${equity} against a maintenance margin of ${maintenanceMargin} (${cause}); ${orders}.`;
    }
    case 'ReductionOrdered': {
      const { legs, policy, equityBefore, maintenanceBefore, equityExpected, maintenanceExpected } =
        event.data;
      return (
        `${policy}: ${legs.length} leg(s) take equity from ${equityBefore} to ${equityExpected} ` +
        `and the maintenance margin from ${maintenanceBefore} to ${maintenanceExpected}; ` +
        `the buffer wanted is ${event.data.targetBuffer}.`
      );
    }
    case 'ReductionCompleted': {
      const { reducedNotional, slippage, fees, equityAfter, maintenanceAfter } = event.data;
      return (
        `${reducedNotional} USD traded, ${slippage} USD worse than the marks, ${fees} USD of fees: ` +
        `equity ${equityAfter}, maintenance margin ${maintenanceAfter}.`
      );
    }
    case 'LiquidationPaused':
      return `Waits: ${event.data.reason}.`;
    case 'LiquidationResumed':
      return 'Goes on.';
    case 'ClaimsRecalled':
      return `Nothing is left to trade; claims on the pools of ${event.data.assets.join(', ')} are recalled.`;
    case 'PoolRedeemed':
      return `The pool pays ${event.data.amount} ${event.data.asset} back.`;
    case 'TakeoverOrdered': {
      const held = event.data.collateral.map(({ asset, price }) => `${asset} at ${price} USD`).join(', ');
      return `No venue trades what is left: the house takes over ${held}.`;
    }
    case 'CollateralTakenOver': {
      const { taken } = event.data;
      const lines = taken.map(
        (t) => `${t.amount} ${t.asset} (${t.kind}) for ${t.credited} ${t.debtAsset} of debt`,
      );
      return lines.length === 0 ? 'Nothing was owed any more.' : `The house took ${lines.join(', ')}.`;
    }
    case 'ShortfallDeclared':
      return `Nothing is left to trade; ${event.data.amount} ${event.data.asset} are owed.`;
    case 'ShortfallCovered': {
      const { amount, asset, uncovered } = event.data;
      return `The insurance fund pays ${amount} ${asset}; ${uncovered} are uncovered.`;
    }
    case 'InsurancePosted':
      return `${event.data.amount} ${event.data.asset} paid by the insurance fund.`;
    case 'BadDebtRecorded':
      return `${event.data.amount} ${event.data.asset} written off as bad debt.`;
    case 'LiquidationFeeSet':
      return `A fee of ${event.data.amount} ${event.data.asset} goes to the insurance fund.`;
    case 'LiquidationCompleted':
      return event.data.reason;
  }
};
