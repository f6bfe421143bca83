import type { NewEvent } from '@plinth/eventing';
import type { ChildOrder, EventData } from '@plinth/messages';
import type { Decimal } from '@plinth/money';
import { ZERO, addDecimal, assert, decimalOf, multiply, unitsOf } from '@plinth/money';
import { LIMITS } from './limits.ts';

/** Quantities of orders are counted in 1e-18: finer than any lot, so that they are exact integers. */
export const ORDER_SCALE = 18;

export type ChildStatus = 'sent' | 'unknown' | 'acknowledged' | 'closed';

export type Child = Readonly<{
  order: ChildOrder;
  units: bigint;
  filled: bigint;
  /** Of its fills, as in the order. */
  notional: Decimal;
  fees: Decimal;
  status: ChildStatus;
  venueOrderId: string;
  /** How often the venue was asked without an answer. */
  attempt: number;
  /** How it closed, empty while it is open. */
  cause: string;
  reason: string;
}>;

export type OpenOrderState = Readonly<{
  status: 'open';
  placed: EventData<'OrderPlaced'>;
  units: bigint;
  children: ReadonlyMap<string, Child>;
  /** `venue fill`: each is taken once. */
  fillIds: ReadonlySet<string>;
  filled: bigint;
  /** Σ price × quantity over all fills (contract size not included), and Σ fees in the quote asset. */
  notional: Decimal;
  fees: Decimal;
  splits: number;
  /** Sum over the splits; empty when one of them had no single venue. */
  bestSingleVenueCost: string;
  isCancelRequested: boolean;
  /** Why the last split left something over, or why it was cancelled. */
  reason: string;
}>;

export type OrderState =
  | Readonly<{ status: 'none' }>
  | OpenOrderState
  | Readonly<{ status: 'closed'; last: OpenOrderState; closed: EventData<'OrderClosed'> }>;

export type OrderEventType =
  | 'OrderPlaced'
  | 'OrderRouted'
  | 'ChildAcknowledged'
  | 'ChildFilled'
  | 'ChildClosed'
  | 'ChildOutcomeUnknown'
  | 'OrderCancelRequested'
  | 'OrderClosed';

export type OrderEvent = NewEvent<OrderEventType>;

export const orderUnits = (text: string, field = 'quantity'): bigint => unitsOf(text, ORDER_SCALE, field);

/** Children that may still trade. */
export const openChildren = (state: OpenOrderState): readonly Child[] =>
  [...state.children.values()].filter(({ status }) => status !== 'closed');

export const unfilledOf = (state: OpenOrderState): bigint => state.units - state.filled;

/** All children are done, something is left, and another split may be tried. */
export const needsSplit = (state: OpenOrderState): boolean =>
  !state.isCancelRequested &&
  // The legs of a product are priced together, once: no leg goes on alone.
  state.splits < (state.placed.bundleId === '' ? LIMITS.splitsMax : 1) &&
  unfilledOf(state) > 0n &&
  openChildren(state).length === 0;

export const evolveOrder = (state: OrderState, event: OrderEvent): OrderState => {
  if (event.type === 'OrderPlaced') return state.status === 'none' ? openOrder(event.data) : state;
  if (state.status !== 'open') return state;
  switch (event.type) {
    case 'OrderRouted':
      return routed(state, event.data);
    case 'ChildAcknowledged': {
      const { childId, venueOrderId } = event.data;
      return withChild(state, childId, { status: 'acknowledged', venueOrderId, attempt: 0 });
    }
    case 'ChildOutcomeUnknown':
      return withChild(state, event.data.childId, { status: 'unknown', attempt: event.data.attempt });
    case 'ChildFilled':
      return filled(state, event.data);
    case 'ChildClosed': {
      const { childId, cause, reason } = event.data;
      return withChild(state, childId, { status: 'closed', cause, reason });
    }
    case 'OrderCancelRequested':
      return { ...state, isCancelRequested: true, reason: event.data.reason };
    case 'OrderClosed':
      return { status: 'closed', last: state, closed: event.data };
  }
};

const openOrder = (placed: EventData<'OrderPlaced'>): OpenOrderState => ({
  status: 'open',
  placed,
  units: orderUnits(placed.quantity),
  children: new Map(),
  fillIds: new Set(),
  filled: 0n,
  notional: ZERO,
  fees: ZERO,
  splits: 0,
  bestSingleVenueCost: '0',
  isCancelRequested: false,
  reason: '',
});

const routed = (state: OpenOrderState, data: EventData<'OrderRouted'>): OpenOrderState => {
  const children = new Map(state.children);
  for (const order of data.children) {
    const units = orderUnits(order.quantity);
    children.set(order.childId, {
      order,
      units,
      filled: 0n,
      notional: ZERO,
      fees: ZERO,
      status: 'sent',
      venueOrderId: '',
      attempt: 0,
      cause: '',
      reason: '',
    });
  }
  assert(children.size <= LIMITS.childrenPerOrderMax, () => `Expected fewer children of ${data.orderId}`);
  const isKnown = data.bestSingleVenueCost !== '' && state.bestSingleVenueCost !== '';
  return {
    ...state,
    children,
    splits: data.attempt,
    bestSingleVenueCost: isKnown
      ? addDecimal(decimalOf(state.bestSingleVenueCost), decimalOf(data.bestSingleVenueCost)).toFixed()
      : '',
    reason: data.reason,
  };
};

const filled = (state: OpenOrderState, data: EventData<'ChildFilled'>): OpenOrderState => {
  const child = state.children.get(data.childId);
  assert(child !== undefined, () => `Expected a child of ${data.orderId}, was ${data.childId}`);
  const units = orderUnits(data.quantity);
  const notional = multiply(decimalOf(data.price), decimalOf(data.quantity));
  const fee = decimalOf(data.feeQuote);
  const next = withChild(state, data.childId, {
    filled: child.filled + units,
    notional: addDecimal(child.notional, notional),
    fees: addDecimal(child.fees, fee),
    status: child.status === 'closed' ? 'closed' : 'acknowledged',
  });
  return {
    ...next,
    filled: state.filled + units,
    notional: addDecimal(state.notional, notional),
    fees: addDecimal(state.fees, fee),
    fillIds: new Set(state.fillIds).add(`${data.venueId} ${data.fillId}`),
  };
};

const withChild = (state: OpenOrderState, childId: string, change: Partial<Child>): OpenOrderState => {
  const child = state.children.get(childId);
  assert(child !== undefined, () => `Expected a child of ${state.placed.orderId}, was ${childId}`);
  return { ...state, children: new Map(state.children).set(childId, { ...child, ...change }) };
};
