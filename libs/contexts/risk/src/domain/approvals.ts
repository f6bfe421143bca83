import type { MarginFigures } from '@plinth/messages';
import { LIMITS } from './limits.ts';
import type { MarginAccount, MarginCommand, MarginEvent } from './margin-account.ts';

export type OrderRefusal =
  | 'MARGIN_INSUFFICIENT'
  | 'PRICE_NOT_LIVE'
  | 'GATE_CLOSED'
  | 'VENUE_LIMIT'
  | 'ACCOUNT_RESTRICTED'
  | 'UNKNOWN_INSTRUMENT'
  | 'LIQUIDATION_RUNNING'
  | 'POOL_DRY'
  | 'NOT_REDUCING'
  | 'TOO_MANY_ORDERS'
  | 'PARAMETERS_MISSING';

export type PayoutRefusal =
  | 'MARGIN_INSUFFICIENT'
  | 'PRICE_NOT_LIVE'
  | 'ACCOUNT_RESTRICTED'
  | 'GATE_CLOSED'
  | 'TOO_MANY_PAYOUTS'
  | 'PARAMETERS_MISSING';

/** Why nothing could be computed. */
export type Unjudged = Readonly<{ unjudged: 'UNKNOWN_INSTRUMENT' | 'PARAMETERS_MISSING'; message: string }>;

/** What the figures say about an order together with the reserved ones, each on its worse side. */
export type OrderJudgement = Readonly<{
  figuresAfter: MarginFigures;
  /** No scenario's loss grows, whichever of the reserved orders fill first. */
  riskReducing: boolean;
  /** What the gate of the cell is closed for; empty while it is open. */
  closedFor: string;
  /** Equity minus initial margin after the order, at conservative prices; its sign decides. */
  headroom: number;
  /** Instruments and assets that the account or the order depends on, and whose mark is not live. */
  notLive: readonly string[];
  /**
   * Venues where the order may go and whose credit limit or state does not allow it, when no other is left.
   */
  venuesFull: readonly string[];
  /** Assets that would have to be borrowed beyond what their pool has. */
  poolsDry: readonly string[];
}>;

/** The same for money that leaves the account: it has left the balance already, into a hold. */
export type PayoutJudgement = Readonly<{
  figuresAfter: MarginFigures;
  /** Nothing is owed and nothing is open: what is left cannot be too little. */
  free: boolean;
  headroom: number;
  notLive: readonly string[];
  /** How many accounts of the cell are insolvent and not yet covered. */
  insolvent: number;
  /** What the gate of the cell is closed for; empty while it is open. */
  closedFor: string;
}>;

type Refusal = Readonly<{ code: string; message: string }>;

const first = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;

export const judgeOrder = (
  { order, judge }: Extract<MarginCommand, { type: 'ApproveOrder' }>,
  account: MarginAccount,
): MarginEvent => {
  const judgement = judge(account);
  const { accountId, orderId } = order;
  if ('unjudged' in judgement) {
    const { unjudged: code, message } = judgement;
    return { type: 'OrderRefused', data: { accountId, orderId, code, message, figuresAfter: undefined } };
  }
  const { figuresAfter, riskReducing } = judgement;
  const refusal = refuseOrder(order.reduceOnly, judgement, account);
  return refusal === undefined
    ? { type: 'OrderApproved', data: { accountId, orderId, riskReducing, figuresAfter } }
    : { type: 'OrderRefused', data: { accountId, orderId, figuresAfter, ...refusal } };
};

/** All legs of a product are approved, or none: one judgement answers for them together. */
export const judgeBundle = (
  { orders, judge }: Extract<MarginCommand, { type: 'ApproveBundle' }>,
  account: MarginAccount,
): readonly MarginEvent[] => {
  const judgement = judge(account);
  const refused = (code: string, message: string, figuresAfter?: MarginFigures): readonly MarginEvent[] =>
    orders.map(({ accountId, orderId }) => ({
      type: 'OrderRefused',
      data: { accountId, orderId, code, message, figuresAfter },
    }));
  if ('unjudged' in judgement) return refused(judgement.unjudged, judgement.message);
  const { figuresAfter, riskReducing } = judgement;
  const refusal = refuseOrder(false, judgement, account, orders.length);
  return refusal === undefined
    ? orders.map(({ accountId, orderId }) => ({
        type: 'OrderApproved',
        data: { accountId, orderId, riskReducing, figuresAfter },
      }))
    : refused(refusal.code, refusal.message, figuresAfter);
};

const refuse = (code: OrderRefusal | PayoutRefusal, message: string): Refusal => ({ code, message });

export const refuseOrder = (
  reduceOnly: boolean,
  judgement: OrderJudgement,
  account: MarginAccount,
  count = 1,
): Refusal | undefined => {
  if (account.liquidationId !== '')
    return refuse(
      'LIQUIDATION_RUNNING',
      `Liquidation ${account.liquidationId} is reducing the account; wait for its end`,
    );
  if (account.orders.size + count > LIMITS.reservationsPerAccountMax)
    return refuse(
      'TOO_MANY_ORDERS',
      `Expected at most ${account.orders.size} open orders; cancel some first`,
    );
  // Reducing risk is never refused for margin and never blocked by the state of a price.
  if (judgement.riskReducing) return undefined;
  if (reduceOnly)
    return refuse('NOT_REDUCING', 'The order is reduce-only and would let some loss grow; make it smaller');
  return refuseRisk(judgement, account);
};

const refuseRisk = (judgement: OrderJudgement, account: MarginAccount): Refusal | undefined => {
  const { closedFor, notLive, venuesFull, poolsDry, headroom, figuresAfter } = judgement;
  if (closedFor !== '') return gateClosed(closedFor, 'only orders that reduce risk are taken');
  if (account.state !== 'healthy')
    return refuse(
      'ACCOUNT_RESTRICTED',
      `The account is in ${account.state}: only orders that reduce risk are taken`,
    );
  if (notLive.length > 0)
    return refuse('PRICE_NOT_LIVE', `Opening risk needs live prices; wait for ${first(notLive)}`);
  if (venuesFull.length > 0)
    return refuse(
      'VENUE_LIMIT',
      `No venue may take the order: ${first(venuesFull)}; choose another or a smaller size`,
    );
  if (headroom < 0) return refuse('MARGIN_INSUFFICIENT', insufficient(figuresAfter));
  if (poolsDry.length > 0)
    return refuse('POOL_DRY', `The order would borrow more than the pool has: ${first(poolsDry)}`);
  return undefined;
};

const gateClosed = (closedFor: string, what: string): Refusal =>
  refuse('GATE_CLOSED', `The gate of the cell is closed (${closedFor}): ${what} until it is open again`);

const insufficient = (figures: MarginFigures): string =>
  `Equity after it would be ${figures.equity} USD, the initial margin ${figures.initialMargin} USD; ` +
  'deposit, or ask for less';

/** A withdrawal or a transfer: opening risk and more, for what left cannot be called back. */
export const judgePayout = (
  judge: (reserved: MarginAccount) => PayoutJudgement | Unjudged,
  account: MarginAccount,
): Readonly<{ figuresAfter: MarginFigures | undefined; refusal: Refusal | undefined }> => {
  const judgement = judge(account);
  if ('unjudged' in judgement) {
    const { unjudged: code, message } = judgement;
    return { figuresAfter: undefined, refusal: { code, message } };
  }
  return { figuresAfter: judgement.figuresAfter, refusal: refusePayout(judgement, account) };
};

const refusePayout = (judgement: PayoutJudgement, account: MarginAccount): Refusal | undefined => {
  const { closedFor, insolvent, notLive, headroom, free, figuresAfter } = judgement;
  if (closedFor !== '') return gateClosed(closedFor, 'nothing is paid out');
  if (insolvent > 0)
    return refuse(
      'GATE_CLOSED',
      'An account of the cell is insolvent and not yet covered: nothing is paid out; ask again later',
    );
  if (account.liquidationId !== '' || account.state !== 'healthy')
    return refuse(
      'ACCOUNT_RESTRICTED',
      `The account is in ${account.state}: nothing is paid out until it is healthy`,
    );
  if (account.payouts.size >= LIMITS.payoutsPerAccountMax)
    return refuse(
      'TOO_MANY_PAYOUTS',
      `Expected at most ${account.payouts.size} under way; wait for one to end`,
    );
  if (free) return undefined;
  if (notLive.length > 0)
    return refuse('PRICE_NOT_LIVE', `Paying out needs live prices; wait for ${first(notLive)}`);
  return headroom < 0 ? refuse('MARGIN_INSUFFICIENT', insufficient(figuresAfter)) : undefined;
};
