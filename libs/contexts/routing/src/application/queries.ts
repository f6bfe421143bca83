import type { Rejection } from '@plinth/eventing';
import { reject } from '@plinth/eventing';
import { isId, type Side } from '@plinth/market';
import type { routingMessages } from '@plinth/messages';
import {
  InvalidNumber,
  addDecimal,
  decimalOf,
  decimalOfUnits,
  formatDecimal,
  formatUnits,
  integerOf,
} from '@plinth/money';
import type { Decimal } from '@plinth/money';
import { costText, executionCosts } from '../domain/cost-analysis.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Child, OpenOrderState } from '../domain/order-state.ts';
import { ORDER_SCALE, openChildren } from '../domain/order-state.ts';
import type { RoutingViews } from './views.ts';
import type { OrderRecord } from './views/orders.ts';

export const missingOrder = (): Rejection =>
  reject('ORDER_UNKNOWN', 'Expected a known order: old closed orders are in the log only', {
    field: 'order_id',
    reason: 'missing',
  });

export const listVenues = (
  _request: routingMessages.ListVenuesRequest,
  views: RoutingViews,
): routingMessages.ListVenuesResponse => {
  const open = new Map<string, { open: number; unknown: number }>();
  for (const item of views.orders.allOpen()) {
    for (const { order, status } of openChildren(item)) {
      const count = open.get(order.venueId) ?? { open: 0, unknown: 0 };
      open.set(order.venueId, {
        open: count.open + 1,
        unknown: count.unknown + (status === 'unknown' ? 1 : 0),
      });
    }
  }
  const venues = [...views.reference.venues.values()].map((venue) => {
    const { lastSequence, orderCost } = views.health.of(venue.id);
    const { kind, chain, state, makerFeePpm, takerFeePpm, optionFeeCapPpm, creditLimit, rulebook } = venue;
    return {
      ...{
        venueId: venue.id,
        kind,
        chain,
        state,
        makerFeePpm,
        takerFeePpm,
        optionFeeCapPpm,
        creditLimit,
        orderCost,
        lastSequence,
        rulebook,
      },
      listings: [...venue.listings.values()].map((listing) => ({ ...listing })),
      openChildren: open.get(venue.id)?.open ?? 0,
      unknownChildren: open.get(venue.id)?.unknown ?? 0,
    };
  });
  return { venues };
};

export const getOrder = (
  { orderId }: routingMessages.GetOrderRequest,
  views: RoutingViews,
): routingMessages.OrderInfo | Rejection => {
  const record = views.orders.order(orderId);
  return record === undefined ? missingOrder() : orderInfo(record);
};

const statusOf = ({ state, isApproved, closed }: OrderRecord): string => {
  if (closed !== undefined) return 'closed';
  if (state.splits > 0) return 'routed';
  return isApproved ? 'approved' : 'placed';
};

export const orderInfo = (record: OrderRecord): routingMessages.OrderInfo => {
  const { state, closed } = record;
  const { placed } = state;
  const { orderId, accountId, subAccountId, instrumentId, side, quantity, orderType, limitPrice } = placed;
  const { timeInForce, reduceOnly, liquidationId } = placed;
  return {
    ...{ orderId, accountId, subAccountId, instrumentId, side, quantity, orderType, limitPrice, timeInForce },
    ...{ reduceOnly, liquidationId },
    status: statusOf(record),
    outcome: closed?.outcome ?? '',
    reason: closed?.reason ?? state.reason,
    filledQuantity: formatUnits(state.filled, ORDER_SCALE),
    averagePrice: costText(costsOf(state, state.filled, state.notional, state.fees).averagePrice),
    placedAtMs: record.placedAtMs,
    closedAtMs: record.closedAtMs ?? 0,
    children: [...state.children.values()].map(childInfo),
  };
};

const childInfo = ({
  order,
  venueOrderId,
  filled,
  status,
  cause,
  reason,
}: Child): routingMessages.ChildInfo => ({
  childId: order.childId,
  venueId: order.venueId,
  venueOrderId,
  quantity: order.quantity,
  limitPrice: order.limitPrice,
  filledQuantity: formatUnits(filled, ORDER_SCALE),
  state: status,
  reason: [cause, reason].filter((part) => part !== '').join(': '),
});

const STATUSES = ['', 'all', 'open', 'closed'];

export const listOrders = (
  { accountId, status, pageSize, pageToken }: routingMessages.ListOrdersRequest,
  views: RoutingViews,
): routingMessages.ListOrdersResponse | Rejection => {
  const invalid = (field: string, message: string): Rejection =>
    reject('INVALID', message, { field, reason: 'invalid' });
  if (!isId('account', accountId)) return invalid('account_id', 'Expected the id of an account');
  if (!STATUSES.includes(status)) return invalid('status', 'Expected status to be open, closed or all');
  if (pageSize > LIMITS.pageSizeMax)
    return invalid('page_size', `Expected page_size of at most ${LIMITS.pageSizeMax}`);
  if (!views.ledger.has(accountId)) {
    return reject('ACCOUNT_UNKNOWN', 'Expected a known account', { field: 'account_id', reason: 'missing' });
  }
  let before = Infinity;
  try {
    if (pageToken !== '') before = integerOf(pageToken, 'page_token', 0);
  } catch (error) {
    if (error instanceof InvalidNumber) return invalid(error.field, error.message);
    throw error;
  }
  const orders: routingMessages.OrderInfo[] = [];
  const size = pageSize === 0 ? LIMITS.pageSizeDefault : pageSize;
  let last = '';
  for (const record of views.orders.of(accountId)) {
    if (record.position >= before) continue;
    const isOpen = record.closed === undefined;
    if ((status === 'open' && !isOpen) || (status === 'closed' && isOpen)) continue;
    if (orders.length === size) return { orders, nextPageToken: last };
    orders.push(orderInfo(record));
    last = `${record.position}`;
  }
  return { orders, nextPageToken: '' };
};

const costsOf = (
  { placed }: OpenOrderState,
  filled: bigint,
  notional: Decimal,
  fees: Decimal,
): ReturnType<typeof executionCosts> =>
  executionCosts({
    side: placed.side as Side,
    arrivalPrice: placed.arrivalPrice,
    contractSize: placed.contractSize,
    inverse: placed.inverse,
    filled: decimalOfUnits(filled, ORDER_SCALE),
    notional,
    fees,
  });

export const getOrderCosts = (
  { orderId }: routingMessages.GetOrderCostsRequest,
  views: RoutingViews,
): routingMessages.OrderCosts | Rejection => {
  const record = views.orders.order(orderId);
  if (record === undefined) return missingOrder();
  const { state } = record;
  const costs = costsOf(state, state.filled, state.notional, state.fees);
  const children = [...state.children.values()];
  const venueIds = [...new Set(children.map(({ order }) => order.venueId))];
  const expected = children.reduce(
    (sum, { order }) => addDecimal(sum, decimalOf(order.expectedCost)),
    decimalOf('0'),
  );
  return {
    orderId,
    instrumentId: state.placed.instrumentId,
    side: state.placed.side,
    filledQuantity: formatUnits(state.filled, ORDER_SCALE),
    arrivalPrice: state.placed.arrivalPrice,
    averagePrice: costText(costs.averagePrice),
    priceCost: costText(costs.priceCost),
    fees: costText(costs.fees),
    implementationShortfall: costText(costs.implementationShortfall),
    shortfallBps: costText(costs.shortfallBps),
    expectedCost: formatDecimal(expected),
    bestSingleVenueCost: state.splits === 0 ? '' : state.bestSingleVenueCost,
    venues: venueIds.map((venueId) => venueCosts(state, children, venueId)),
  };
};

const venueCosts = (
  state: OpenOrderState,
  children: readonly Child[],
  venueId: string,
): routingMessages.VenueCosts => {
  const here = children.filter(({ order }) => order.venueId === venueId);
  const filled = here.reduce((sum, child) => sum + child.filled, 0n);
  const total = (of: (child: Child) => Decimal): Decimal =>
    here.reduce((sum, child) => addDecimal(sum, of(child)), decimalOf('0'));
  const costs = costsOf(
    state,
    filled,
    total((child) => child.notional),
    total((child) => child.fees),
  );
  return {
    venueId,
    filledQuantity: formatUnits(filled, ORDER_SCALE),
    averagePrice: costText(costs.averagePrice),
    priceCost: costText(costs.priceCost),
    fees: costText(costs.fees),
  };
};
