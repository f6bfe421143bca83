import type { Effect, Instant } from '@plinth/eventing';
import { optionFeeOf, type OptionFee, type Side, type Venue } from '@plinth/market';
import type { ChildOrder } from '@plinth/messages';
import { decimalOf, divide, formatDecimal, formatUnits } from '@plinth/money';
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

/** Legs of one product, split together or not at all. */
export type BundleInput = Readonly<{
  bundleId: string;
  side: Side;
  /** Units of the product. */
  quantity: string;
  /** Worst net price of one unit, signed; empty for none. */
  limitPrice: string;
  legs: readonly Readonly<{ split: SplitInput; contractSize: string }>[];
}>;

/** The next split of an order; of a leg, that of all legs once the last is approved. */
export const splitEffects = (views: RoutingViews, state: OpenOrderState): readonly Effect[] => {
  const { bundleId } = state.placed;
  return bundleId === '' ? [splitEffect(views, state)] : bundleEffect(views, bundleId);
};

const bundleEffect = (views: RoutingViews, bundleId: string): readonly Effect[] => {
  const bundle = views.bundles.bundle(bundleId)?.placed;
  if (bundle === undefined) return [];
  const { side, quantity, limitPrice } = bundle;
  const legs: BundleInput['legs'][number][] = [];
  for (const { orderId } of bundle.legs) {
    const record = views.orders.order(orderId);
    const state = views.orders.openOrder(orderId);
    // A leg that is gone (cancelled, expired) takes the others with it: they are told to close.
    if (record?.isApproved !== true) return [];
    if (state === undefined || !needsSplit(state)) continue;
    legs.push({ split: splitInput(views, state), contractSize: state.placed.contractSize });
  }
  const isWhole = legs.length === bundle.legs.length;
  const input: BundleInput = { bundleId, side: side as Side, quantity, limitPrice, legs };
  return [{ effect: isWhole ? 'split-bundle' : 'drop-bundle', key: `split-bundle:${bundleId}`, input }];
};

export const splitEffect = (views: RoutingViews, state: OpenOrderState): Effect => {
  const input = splitInput(views, state);
  return { effect: 'split', key: `split:${input.orderId}:${input.attempt}`, input };
};

const splitInput = (views: RoutingViews, state: OpenOrderState): SplitInput => {
  const { placed } = state;
  const attempt = state.splits + 1;
  return {
    orderId: placed.orderId,
    instrumentId: placed.instrumentId,
    side: placed.side as Side,
    quantity: formatUnits(unfilledOf(state), ORDER_SCALE),
    worstPrice: placed.worstPrice,
    arrivalPrice: placed.arrivalPrice,
    contractSize: effectiveSize(placed),
    timeInForce: placed.timeInForce,
    attempt,
    isLast: attempt === LIMITS.splitsMax,
    firstChild: state.children.size + 1,
    venues: venuesFor(views, placed),
  };
};

/** What one unit's cost moves by per unit of price, near the arrival price; USD for an inverse contract. */
const effectiveSize = ({ inverse, contractSize, arrivalPrice }: OpenOrderState['placed']): string =>
  inverse
    ? formatDecimal(divide(decimalOf(contractSize), decimalOf(arrivalPrice), 18, 'half-away').quotient)
    : contractSize;

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
      optionFee: optionFeeAt(views, venue, placed.instrumentId),
      listing,
      orderCost: views.health.of(venue.id).orderCost,
      capacity: Math.min(credit, reducible),
    });
  }
  return terms;
};

const optionFeeAt = (views: RoutingViews, venue: Venue, instrumentId: string): OptionFee | undefined => {
  const { kind, underlying, quoteAsset } = views.reference.instrument(instrumentId);
  const [index, quote] = [underlying, quoteAsset].map((asset) => views.marks.ofAsset(asset)?.price);
  return optionFeeOf(kind, venue.optionFeeCapPpm, index, quote);
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
      return needsSplit(state) ? splitEffects(views, state)[0] : undefined;
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
