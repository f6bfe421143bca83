import { plainSnapshot, type Decider, type Instant, type NewEvent } from '@plinth/eventing';
import type { AccountState } from '@plinth/margin';
import type { EventData, MarginFigures } from '@plinth/messages';
import { transferHold, withdrawalHold, type PriceBlock } from '@plinth/portfolio';
import {
  judgeBundle,
  judgeOrder,
  judgePayout,
  type OrderJudgement,
  type PayoutJudgement,
  type Unjudged,
} from './approvals.ts';
import { judgeMargin } from './margin-call.ts';

/** An open margin call. `amount` in USD brings equity back to the initial margin. */
export type MarginCall = Readonly<{ id: string; amount: string; deadlineMs: Instant }>;

/** What stream margin-{account} says about its account. */
export type MarginAccount = Readonly<{
  state: AccountState;
  call: MarginCall | undefined;
  /** How many calls and liquidations there were: their ids count up. */
  calls: number;
  liquidations: number;
  /** The requested liquidation that has not completed; empty when there is none. */
  liquidationId: string;
  /** Why a due liquidation waits: cause and reason; empty when none does. */
  deferred: string;
  /** Approved orders that are not done: the margin they need is taken. */
  orders: ReadonlySet<string>;
  /**
   * Approved withdrawals and transfers that have not left: no longer the client's. Ids as holds have them.
   */
  payouts: ReadonlySet<string>;
}>;

/** What is taken already by approvals, wherever the fold is. */
export type Reserved = Pick<MarginAccount, 'orders' | 'payouts'>;

/** Figures of one account with all that its state, its call and its liquidation are decided by. */
export type Judgement = Readonly<{
  accountId: string;
  at: Instant;
  figures: MarginFigures;
  /** State by the figures alone: what is due is due by them, not by what a state remembers. */
  stateNow: AccountState;
  /** State that the figures give to an account that is in `from`, hysteresis included. */
  stateFrom: (from: AccountState) => AccountState;
  /** Initial margin minus equity, USD, not below zero. */
  shortfall: string;
  callGraceMs: number;
  /** What the grace was set by; empty when no rule asks for it, or nothing is bad. */
  defaultProbability: string;
  /**
   * What keeps prices from proving that equity is below the threshold of a call, or below the maintenance
   * margin.
   */
  belowCall: PriceBlock | undefined;
  belowMaintenance: PriceBlock | undefined;
}>;

/**
 * The judges are pure functions bound to the fold's position. They take the reservations from the stream,
 * because the stream may be ahead of the fold: two approvals in a row are so judged together.
 */
export type MarginCommand =
  | Readonly<{ type: 'Revalue'; judgement: Judgement }>
  | Readonly<{
      type: 'ApproveOrder';
      order: EventData<'OrderPlaced'>;
      judge: (reserved: Reserved) => OrderJudgement | Unjudged;
    }>
  | Readonly<{
      type: 'ApproveBundle';
      orders: readonly EventData<'OrderPlaced'>[];
      judge: (reserved: Reserved) => OrderJudgement | Unjudged;
    }>
  | Readonly<{ type: 'ReleaseReservation'; accountId: string; orderId: string }>
  | Readonly<{ type: 'ReleasePayout'; accountId: string; payoutId: string }>
  | Readonly<{
      type: 'ApproveWithdrawal';
      accountId: string;
      withdrawalId: string;
      judge: (reserved: Reserved) => PayoutJudgement | Unjudged;
    }>
  | Readonly<{
      type: 'ApproveTransfer';
      accountId: string;
      transferId: string;
      judge: (reserved: Reserved) => PayoutJudgement | Unjudged;
    }>
  | Readonly<{ type: 'LiquidationEnded'; liquidationId: string; outcome: string; judgement: Judgement }>;

const MARGIN_EVENTS = [
  'MarginStateChanged',
  'MarginCalled',
  'MarginCallCured',
  'MarginCallEscalated',
  'LiquidationRequested',
  'LiquidationDeferred',
  'LiquidationCleared',
  'OrderApproved',
  'OrderRefused',
  'OrderReservationReleased',
  'PayoutReservationReleased',
  'WithdrawalApproved',
  'WithdrawalRefused',
  'TransferApproved',
  'TransferRefused',
] as const;

export type MarginEventType = (typeof MARGIN_EVENTS)[number];
export type MarginEvent = NewEvent<MarginEventType>;

const NAMES: ReadonlySet<string> = new Set(MARGIN_EVENTS);

export const isMarginEvent = (event: NewEvent): event is MarginEvent => NAMES.has(event.type);

const NONE: ReadonlySet<string> = new Set<string>();

const initialState = (): MarginAccount => ({
  state: 'healthy',
  call: undefined,
  calls: 0,
  liquidations: 0,
  liquidationId: '',
  deferred: '',
  orders: NONE,
  payouts: NONE,
});

const decide = (command: MarginCommand, account: MarginAccount): readonly MarginEvent[] => {
  switch (command.type) {
    case 'Revalue':
      return judgeMargin(command.judgement, account);
    case 'ApproveOrder':
      return account.orders.has(command.order.orderId) ? [] : [judgeOrder(command, account)];
    case 'ApproveBundle':
      return command.orders.some(({ orderId }) => account.orders.has(orderId))
        ? []
        : judgeBundle(command, account);
    case 'ReleaseReservation': {
      const { accountId, orderId } = command;
      return account.orders.has(orderId)
        ? [{ type: 'OrderReservationReleased', data: { accountId, orderId } }]
        : [];
    }
    case 'ReleasePayout': {
      const { accountId, payoutId } = command;
      return account.payouts.has(payoutId)
        ? [{ type: 'PayoutReservationReleased', data: { accountId, payoutId } }]
        : [];
    }
    case 'ApproveWithdrawal': {
      const { accountId, withdrawalId } = command;
      if (account.payouts.has(withdrawalHold(withdrawalId))) return [];
      const { figuresAfter, refusal } = judgePayout(command.judge, account);
      return refusal === undefined
        ? [{ type: 'WithdrawalApproved', data: { accountId, withdrawalId, figuresAfter } }]
        : [{ type: 'WithdrawalRefused', data: { accountId, withdrawalId, figuresAfter, ...refusal } }];
    }
    case 'ApproveTransfer': {
      const { accountId, transferId } = command;
      if (account.payouts.has(transferHold(transferId))) return [];
      const { figuresAfter, refusal } = judgePayout(command.judge, account);
      return refusal === undefined
        ? [{ type: 'TransferApproved', data: { accountId, transferId, figuresAfter } }]
        : [{ type: 'TransferRefused', data: { accountId, transferId, figuresAfter, ...refusal } }];
    }
    case 'LiquidationEnded':
      return endLiquidation(command, account);
  }
};

/** The account is judged anew by what the liquidation left. */
const endLiquidation = (
  command: Extract<MarginCommand, { type: 'LiquidationEnded' }>,
  account: MarginAccount,
): readonly MarginEvent[] => {
  const { liquidationId, outcome, judgement } = command;
  if (account.liquidationId !== liquidationId) return [];
  const { accountId } = judgement;
  const cleared: MarginEvent = { type: 'LiquidationCleared', data: { accountId, liquidationId, outcome } };
  return [cleared, ...judgeMargin(judgement, evolve(account, cleared))];
};

const evolve = (account: MarginAccount, event: MarginEvent): MarginAccount => {
  switch (event.type) {
    case 'MarginStateChanged':
      return { ...account, state: event.data.toState as AccountState, deferred: '' };
    case 'MarginCalled': {
      const { callId: id, amount, deadlineMs } = event.data;
      return { ...account, call: { id, amount, deadlineMs }, calls: account.calls + 1 };
    }
    case 'MarginCallCured':
    case 'MarginCallEscalated':
      return { ...account, call: undefined, deferred: '' };
    case 'LiquidationRequested': {
      const { liquidationId } = event.data;
      return { ...account, liquidationId, liquidations: account.liquidations + 1, deferred: '' };
    }
    case 'LiquidationDeferred':
      return { ...account, deferred: `${event.data.cause} ${event.data.reason}` };
    case 'LiquidationCleared':
      return { ...account, liquidationId: '' };
    case 'OrderApproved':
      return { ...account, orders: withId(account.orders, event.data.orderId) };
    case 'OrderReservationReleased':
      return { ...account, orders: withoutId(account.orders, event.data.orderId) };
    case 'WithdrawalApproved':
      return { ...account, payouts: withId(account.payouts, withdrawalHold(event.data.withdrawalId)) };
    case 'TransferApproved':
      return { ...account, payouts: withId(account.payouts, transferHold(event.data.transferId)) };
    case 'PayoutReservationReleased':
      return { ...account, payouts: withoutId(account.payouts, event.data.payoutId) };
    case 'OrderRefused':
    case 'WithdrawalRefused':
    case 'TransferRefused':
      return account;
  }
};

const withId = (ids: ReadonlySet<string>, id: string): ReadonlySet<string> => new Set([...ids, id]);

const withoutId = (ids: ReadonlySet<string>, id: string): ReadonlySet<string> => {
  const left = new Set(ids);
  left.delete(id);
  return left;
};

/** Everything that is decided about the margin of one account. Stream margin-{account}. */
export const marginAccount: Decider<MarginAccount, MarginCommand, MarginEventType, never> = {
  initialState,
  decide,
  evolve,
  snapshot: plainSnapshot(1),
};
