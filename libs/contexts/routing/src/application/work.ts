import type { Effect, Instant } from '@plinth/eventing';
import type { Side } from '@plinth/market';
import type { ChildOrder } from '@plinth/messages';
import { formatUnits } from '@plinth/money';
import type { VenueTerms } from '../domain/books.ts';
import { LIMITS } from '../domain/limits.ts';
import type { OpenOrderState } from '../domain/order-state.ts';
import { ORDER_SCALE, needsSplit, unfilledOf } from '../domain/order-state.ts';
import type { SplitRequest } from '../domain/route-plan.ts';
import { creditCapacity, reducibleUnits } from './venue-capacity.ts';
import type { RoutingViews } from './views.ts';
import type { Watched } from './views/watch.ts';

/** Inputs of the effects: everything that they need is taken from the views when they are asked for. */
export type SplitInput = SplitRequest & Readonly<{ venues: readonly VenueTerms[] }>;

export type SubmitInput = Readonly<{
  orderId: string;
  instrumentId: string;
  side: Side;
  child: ChildOrder;
  sentAtMs: Instant;
}>;

export type QueryInput = Readonly<{ orderId: string; childId: string; venueId: string; attempt: number }>;
export type CancelInput = Readonly<{ orderId: string; childId: string; venueId: string }>;
export type ProbeInput = Readonly<{ venueId: string; after: number }>;

export const splitEffect = (views: RoutingViews, state: OpenOrderState): Effect => {
  const { placed } = state;
  const attempt = state.splits + 1;
  const input: SplitInput = {
    orderId: placed.orderId,
    instrumentId: placed.instrumentId,
    side: placed.side as Side,
    quantity: formatUnits(unfilledOf(state), ORDER_SCALE),
    worstPrice: placed.worstPrice,
    arrivalPrice: placed.arrivalPrice,
    contractSize: placed.contractSize,
    timeInForce: placed.timeInForce,
    attempt,
    isLast: attempt === LIMITS.splitsMax,
    firstChild: state.children.size + 1,
    venues: venuesFor(views, placed),
  };
  return { effect: 'split', key: `split:${placed.orderId}:${attempt}`, input };
};

/** Venues that may take a part of the order now, with how much each may take. */
export const venuesFor = (views: RoutingViews, placed: OpenOrderState['placed']): readonly VenueTerms[] => {
  const isReducing = placed.reduceOnly || placed.liquidationId !== '';
  const terms: VenueTerms[] = [];
  for (const venue of views.reference.venues.values()) {
    const listing = venue.listings.get(placed.instrumentId);
    if (listing === undefined) continue;
    if (placed.venues.length > 0 && !placed.venues.includes(venue.id)) continue;
    if (venue.state === 'down' || (venue.state === 'reduce-only' && !isReducing)) continue;
    const order = { ...placed, side: placed.side as Side };
    const credit = isReducing ? Infinity : creditCapacity(views, venue, placed.instrumentId);
    const reducible = placed.reduceOnly ? reducibleUnits(views, order, venue.id) : Infinity;
    terms.push({
      venueId: venue.id,
      takerFeePpm: venue.takerFeePpm,
      makerFeePpm: venue.makerFeePpm,
      listing,
      orderCost: views.health.of(venue.id).orderCost,
      capacity: Math.min(credit, reducible),
    });
  }
  return terms;
};

export const submitEffect = (state: OpenOrderState, child: ChildOrder, sentAtMs: Instant): Effect => {
  const { orderId, instrumentId, side } = state.placed;
  const input: SubmitInput = { orderId, instrumentId, side: side as Side, child, sentAtMs };
  return { effect: 'submit', key: `submit:${child.childId}`, input };
};

export const cancelEffect = (input: CancelInput, attempt: number): Effect => ({
  effect: 'cancel',
  key: `cancel:${input.childId}:${attempt}`,
  input,
});

const queryEffect = (input: QueryInput): Effect => ({
  effect: 'query',
  key: `query:${input.childId}:${input.attempt}`,
  input,
});

/**
 * What is to be done about something that is not settled: by a timer when it is due, or at once after a
 * take-over.
 */
export const effectOf = (
  views: RoutingViews,
  item: Watched,
  when: 'due' | 'take-over',
): Effect | undefined => {
  const { id: orderId, childId, venueId, attempt } = item;
  if (item.kind === 'probe') {
    const input: ProbeInput = { venueId, after: views.health.of(venueId).lastSequence };
    return { effect: 'probe', key: `probe:${venueId}:${item.sinceMs}:${attempt}`, input };
  }
  const state = views.orders.openOrder(orderId);
  if (state === undefined) return undefined;
  switch (item.kind) {
    case 'split':
      return needsSplit(state) ? splitEffect(views, state) : undefined;
    case 'submit': {
      const child = state.children.get(childId);
      if (child === undefined) return undefined;
      return when === 'take-over'
        ? submitEffect(state, child.order, item.sinceMs)
        : queryEffect({ orderId, childId, venueId, attempt: attempt + 1 });
    }
    case 'query':
      return queryEffect({ orderId, childId, venueId, attempt: attempt + 1 });
    case 'cancel':
      return cancelEffect({ orderId, childId, venueId }, attempt);
  }
};
