import type { Decider, Rejection } from '@plinth/eventing';
import { isRejection, reject } from '@plinth/eventing';
import type { Side } from '@plinth/market';
import type { ChildOrder, EventData } from '@plinth/messages';
import { decimalOfUnits, formatUnits } from '@plinth/money';
import { costText, executionCosts } from './cost-analysis.ts';
import { LIMITS } from './limits.ts';
import type { Child, OpenOrderState, OrderEvent, OrderEventType, OrderState } from './order-state.ts';
import { ORDER_SCALE, evolveOrder, needsSplit, openChildren, orderUnits, unfilledOf } from './order-state.ts';

/** A venue's report of one child, as it enters the order. `feeQuote` is the fee in the quote asset. */
export type ChildReport = Readonly<{ childId: string; venueId: string; venueOrderId: string }> &
  (
    | Readonly<{ type: 'accepted' }>
    | Readonly<{ type: 'rejected'; reason: string }>
    | Readonly<{
        type: 'filled';
        fillId: string;
        side: string;
        quantity: string;
        price: string;
        fee: string;
        feeAsset: string;
        feeQuote: string;
        maker: boolean;
      }>
    | Readonly<{ type: 'closed'; cause: 'filled' | 'cancelled' | 'expired'; filledQuantity: string }>
  );

export type OrderCommand =
  | Readonly<{ kind: 'place'; placed: EventData<'OrderPlaced'> }>
  | Readonly<{ kind: 'refuse'; code: string; message: string }>
  | Readonly<{
      kind: 'route';
      attempt: number;
      children: readonly ChildOrder[];
      bestSingleVenueCost: string;
      reason: string;
    }>
  | Readonly<{ kind: 'acknowledge'; childId: string; venueOrderId: string }>
  /** The venue's word, or the certainty that it never got the child: nothing trades under this id. */
  | Readonly<{ kind: 'close-child'; childId: string; cause: 'rejected' | 'unavailable'; reason: string }>
  | Readonly<{ kind: 'mark-unknown'; childId: string; attempt: number }>
  | Readonly<{ kind: 'request-cancel'; reason: string }>
  | Readonly<{ kind: 'take-reports'; reports: readonly ChildReport[] }>;

export type OrderCode =
  'ORDER_EXISTS' | 'ORDER_UNKNOWN' | 'ORDER_CLOSED' | 'CHILD_UNKNOWN' | 'REPORT_CONTRADICTS';

type Decided = readonly OrderEvent[] | Rejection<OrderCode>;

/**
 * Stream order-{order}: a parent order, its children at the venues and their fills, until nothing is open
 * any more.
 */
export const orderDecider: Decider<OrderState, OrderCommand, OrderEventType, OrderCode> = {
  initialState: () => ({ status: 'none' }),
  decide: (command, state) => {
    if (command.kind === 'place') return place(command.placed, state);
    if (state.status === 'none') return unknownOrder();
    if (state.status === 'closed') return decideClosed(command, state.last);
    const decided = decideOpen(command, state);
    return isRejection(decided) ? decided : withClosing(state, decided);
  },
  evolve: evolveOrder,
};

const unknownOrder = (): Rejection<OrderCode> =>
  reject('ORDER_UNKNOWN', 'Expected an order that was placed: check the order id', {
    field: 'order_id',
    reason: 'missing',
  });

const place = (placed: EventData<'OrderPlaced'>, state: OrderState): Decided =>
  state.status === 'none'
    ? [{ type: 'OrderPlaced', data: placed }]
    : reject('ORDER_EXISTS', `Expected a new order id, was ${placed.orderId} again: choose another`, {
        field: 'order_id',
        reason: 'exists',
      });

/**
 * After the end only repetitions may come; a new fill is money that no order asked for, and must not be
 * lost silently.
 */
const decideClosed = (command: OrderCommand, last: OpenOrderState): Decided => {
  if (command.kind === 'request-cancel') {
    return reject('ORDER_CLOSED', `Expected an open order, was ${last.placed.orderId}, which is closed`, {
      field: 'order_id',
    });
  }
  if (command.kind !== 'take-reports') return [];
  const news = command.reports.find(
    (r) => r.type === 'filled' && !last.fillIds.has(`${r.venueId} ${r.fillId}`),
  );
  return news === undefined ? [] : contradiction(news, 'a fill after the order was closed');
};

const contradiction = (report: ChildReport, what: string): Rejection<OrderCode> =>
  reject(
    'REPORT_CONTRADICTS',
    `Expected reports of ${report.childId} to agree with each other, was ${what}`,
    {
      field: 'reports',
      details: { child_id: report.childId, venue_id: report.venueId },
    },
  );

const decideOpen = (command: Exclude<OrderCommand, { kind: 'place' }>, state: OpenOrderState): Decided => {
  const { orderId, accountId } = state.placed;
  switch (command.kind) {
    case 'refuse':
      return state.splits > 0 ? [] : [closing(state, 'refused', `${command.code}: ${command.message}`)];
    case 'route':
      return route(command, state);
    case 'acknowledge': {
      const child = state.children.get(command.childId);
      if (child === undefined) return unknownChild(command.childId);
      const { childId, venueOrderId } = command;
      if (child.status === 'closed' || child.venueOrderId === venueOrderId) return [];
      return [
        { type: 'ChildAcknowledged', data: { orderId, childId, venueId: child.order.venueId, venueOrderId } },
      ];
    }
    case 'close-child': {
      const child = state.children.get(command.childId);
      if (child === undefined) return unknownChild(command.childId);
      if (child.status === 'closed') return [];
      if (child.filled > 0n) return [];
      return [childClosed(orderId, child, command.cause, command.reason)];
    }
    case 'mark-unknown': {
      const child = state.children.get(command.childId);
      if (child === undefined) return unknownChild(command.childId);
      // A venue that has acknowledged or filled it has answered, whatever became of a later call.
      if (child.status === 'closed' || child.status === 'acknowledged') return [];
      if (command.attempt <= child.attempt) return [];
      const { childId, attempt } = command;
      return [
        { type: 'ChildOutcomeUnknown', data: { orderId, childId, venueId: child.order.venueId, attempt } },
      ];
    }
    case 'request-cancel':
      return state.isCancelRequested
        ? []
        : [{ type: 'OrderCancelRequested', data: { orderId, reason: command.reason, accountId } }];
    case 'take-reports':
      return takeReports(command.reports, state);
  }
};

const unknownChild = (childId: string): Rejection<OrderCode> =>
  reject('CHILD_UNKNOWN', `Expected a child of the order, was ${childId}`, { reason: 'missing' });

/** One split: its children are sent as soon as this is in the log. Only the split that is due is taken. */
const route = (command: Extract<OrderCommand, { kind: 'route' }>, state: OpenOrderState): Decided => {
  if (command.attempt !== state.splits + 1 || !needsSplit(state)) return [];
  const { orderId, accountId } = state.placed;
  if (command.children.length === 0) return [closing(state, 'unfilled', command.reason)];
  const routed = command.children.reduce((sum, { quantity }) => sum + orderUnits(quantity), 0n);
  const left = unfilledOf(state) - routed;
  if (left < 0n) {
    return reject(
      'REPORT_CONTRADICTS',
      `Expected children of at most ${formatUnits(unfilledOf(state), ORDER_SCALE)}`,
    );
  }
  const { attempt, children, bestSingleVenueCost, reason } = command;
  const unroutedQuantity = formatUnits(left, ORDER_SCALE);
  return [
    {
      type: 'OrderRouted',
      data: {
        orderId,
        accountId,
        children: [...children],
        attempt,
        bestSingleVenueCost,
        unroutedQuantity,
        reason,
      },
    },
  ];
};

const childClosed = (orderId: string, child: Child, cause: string, reason: string): OrderEvent => ({
  type: 'ChildClosed',
  data: { orderId, childId: child.order.childId, venueId: child.order.venueId, cause, reason },
});

const takeReports = (reports: readonly ChildReport[], state: OpenOrderState): Decided => {
  const events: OrderEvent[] = [];
  let now = state;
  for (const report of reports) {
    const decided = takeReport(report, now);
    if (isRejection(decided)) return decided;
    events.push(...decided);
    now = decided.reduce<OrderState>(evolveOrder, now) as OpenOrderState;
  }
  return events;
};

const takeReport = (report: ChildReport, state: OpenOrderState): Decided => {
  const child = state.children.get(report.childId);
  if (child === undefined) return contradiction(report, 'an id that was never sent');
  if (child.order.venueId !== report.venueId) return contradiction(report, `venue ${report.venueId}`);
  const { orderId } = state.placed;
  switch (report.type) {
    case 'accepted':
      return decideOpen({ kind: 'acknowledge', ...report }, state);
    case 'rejected':
      if (child.filled > 0n) return contradiction(report, 'a rejection after a fill');
      return child.status === 'closed' ? [] : [childClosed(orderId, child, 'rejected', report.reason)];
    case 'filled':
      return takeFill(report, child, state);
    case 'closed': {
      if (orderUnits(report.filledQuantity) !== child.filled) {
        const booked = formatUnits(child.filled, ORDER_SCALE);
        return contradiction(report, `${report.filledQuantity} filled where the fills sum to ${booked}`);
      }
      return child.status === 'closed' ? [] : [childClosed(orderId, child, report.cause, '')];
    }
  }
};

const takeFill = (
  report: Extract<ChildReport, { type: 'filled' }>,
  child: Child,
  state: OpenOrderState,
): Decided => {
  if (state.fillIds.has(`${report.venueId} ${report.fillId}`)) return [];
  const { placed } = state;
  const units = orderUnits(report.quantity);
  if (child.status === 'closed') return contradiction(report, 'a fill after the child was closed');
  if (units <= 0n || child.filled + units > child.units)
    return contradiction(report, `a fill of ${report.quantity}`);
  if (report.side !== placed.side) return contradiction(report, `a fill on the side ${report.side}`);
  if (state.fillIds.size >= LIMITS.fillsPerOrderMax) return contradiction(report, 'one fill too many');
  const { venueId, fillId, side, quantity, price, fee, feeAsset, feeQuote, maker } = report;
  const { orderId, accountId, instrumentId, liquidationId } = placed;
  const childId = report.childId;
  const fill: OrderEvent = {
    type: 'ChildFilled',
    data: {
      ...{ orderId, accountId, childId, venueId, instrumentId, fillId, side, quantity, price, fee, feeAsset },
      ...{ maker, liquidationId, feeQuote },
    },
  };
  return child.filled + units === child.units ? [fill, childClosed(orderId, child, 'filled', '')] : [fill];
};

/** Adds the end of the order when the events leave nothing open and nothing to do. */
const withClosing = (state: OpenOrderState, events: readonly OrderEvent[]): readonly OrderEvent[] => {
  const after = events.reduce<OrderState>(evolveOrder, state);
  if (after.status !== 'open' || openChildren(after).length > 0) return events;
  if (unfilledOf(after) === 0n) return [...events, closing(after, 'filled', '')];
  if (after.isCancelRequested) return [...events, closing(after, 'cancelled', after.reason)];
  if (after.splits === 0 || needsSplit(after)) return events;
  return [...events, closing(after, 'unfilled', `nothing more was filled after ${after.splits} splits`)];
};

const closing = (state: OpenOrderState, outcome: string, reason: string): OrderEvent => {
  const { orderId, accountId, side, arrivalPrice, contractSize, inverse, liquidationId } = state.placed;
  const { notional, fees, bestSingleVenueCost } = state;
  const filled = decimalOfUnits(state.filled, ORDER_SCALE);
  const costs = executionCosts({
    ...{ side: side as Side, arrivalPrice, contractSize, inverse, filled, notional, fees },
  });
  return {
    type: 'OrderClosed',
    data: {
      ...{ orderId, accountId, outcome, reason, arrivalPrice, liquidationId },
      filledQuantity: formatUnits(state.filled, ORDER_SCALE),
      averagePrice: costText(costs.averagePrice),
      implementationShortfall: costText(costs.implementationShortfall),
      fees: costText(costs.fees),
      bestSingleVenueCost: state.splits === 0 ? '' : bestSingleVenueCost,
    },
  };
};
