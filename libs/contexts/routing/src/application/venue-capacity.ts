import type { Instrument, MarkState, Side, Venue } from '@plinth/market';
import { NUMERAIRE, SIGN, indexOf, isInverted } from '@plinth/market';
import {
  decimalOf,
  decimalToFloat,
  divide,
  formatDecimal,
  multiply,
  unitsToFloat,
  ZERO,
  type Decimal,
} from '@plinth/money';
import { QUANTITY_SCALE } from '@plinth/views';
import type { OpenOrderState } from '../domain/order-state.ts';
import { ORDER_SCALE, unfilledOf } from '../domain/order-state.ts';
import type { RoutingViews } from './views.ts';

const PPM = 1_000_000;

/** Decimals of a price that is made of two others. */
const CROSS_DIGITS = 12;

export type MarkText = Readonly<{ price: string; state: MarkState }>;

/**
 * Mark of an instrument in its quote asset; a spot pair without a mark of its own is priced over its
 * assets, in the worse state of the two. Undefined when it has no price.
 */
export const markOf = (views: RoutingViews, instrument: Instrument): MarkText | undefined => {
  const own = views.marks.exact(instrument.id);
  if (own !== undefined) return { price: own.price, state: own.state as MarkState };
  if (instrument.kind !== 'spot') return undefined;
  const [base, quote] = [instrument.underlying, instrument.quoteAsset].map((asset) =>
    assetMark(views, asset),
  );
  if (base === undefined || quote === undefined) return undefined;
  const { quotient } = divide(decimalOf(base.price), decimalOf(quote.price), CROSS_DIGITS, 'half-away');
  const state = (['halted', 'degraded', 'live'] as const).find((s) => base.state === s || quote.state === s);
  return { price: formatDecimal(quotient), state: state ?? 'live' };
};

const assetMark = (views: RoutingViews, asset: string): MarkText | undefined => {
  if (asset === NUMERAIRE) return { price: '1', state: 'live' };
  const mark = views.marks.exact(indexOf(asset));
  return mark && { price: mark.price, state: mark.state as MarkState };
};

/** USD value of one unit of an instrument at the mark; undefined when it has no price. */
export const unitValueUsd = (views: RoutingViews, instrument: Instrument): number | undefined => {
  const price = markOf(views, instrument)?.price;
  const mark = price === undefined ? undefined : decimalToFloat(decimalOf(price));
  const quote = views.marks.ofAsset(instrument.quoteAsset)?.price;
  if (mark === undefined || quote === undefined) return undefined;
  const size = decimalToFloat(decimalOf(instrument.contractSize)) * quote;
  return isInverted(instrument) ? size / mark : size * mark;
};

/**
 * USD that one unit moves with: its value, of an option that of its underlying, because a premium says
 * nothing of what may be lost on it. Undefined when it has no price.
 */
export const unitRiskValueUsd = (views: RoutingViews, instrument: Instrument): number | undefined => {
  const value = unitValueUsd(views, instrument);
  if (instrument.kind !== 'option' || value === undefined) return value;
  const underlying = views.marks.ofAsset(instrument.underlying)?.price;
  return underlying && underlying * decimalToFloat(decimalOf(instrument.contractSize));
};

const PPM_DECIMAL = decimalOf('0.000001');
/**
 * An option may be far from its mark in parts of a small premium: its collar is at least this share of the
 * underlying.
 */
const OPTION_COLLAR_SHARE = decimalOf('0.1');

/**
 * How far an order may trade through the mark: the collar's share of the mark; for an option not less than a
 * tenth of the collar's share of the underlying's price (of one coin, when the option is priced in coin).
 */
export const collarWidth = (views: RoutingViews, instrument: Instrument, collarPpm: number): Decimal => {
  const share = multiply(decimalOf(`${collarPpm}`), PPM_DECIMAL);
  const mark = markOf(views, instrument)?.price;
  const own = mark === undefined ? ZERO : multiply(decimalOf(mark), share);
  if (instrument.kind !== 'option') return own;
  const index = instrument.inverse ? '1' : views.marks.exact(indexOf(instrument.underlying))?.price;
  const least = index === undefined ? ZERO : multiply(multiply(decimalOf(index), share), OPTION_COLLAR_SHARE);
  return own.gt(least) ? own : least;
};

/** USD that one unit puts at risk at a venue: all of it for spot, the venue's margin for a derivative. */
const unitRiskUsd = (views: RoutingViews, venue: Venue, instrumentId: string): number => {
  const instrument = views.reference.instrument(instrumentId);
  const value = unitRiskValueUsd(views, instrument) ?? 0;
  return instrument.kind === 'spot' ? value : (value * venue.requirementPpm) / PPM;
};

/**
 * USD that the broker has at risk at a venue: the larger of the clients' money there and the margin that
 * the venue wants for the broker's net positions, plus what is in flight there.
 */
export const atRiskUsd = (views: RoutingViews, venue: Venue): number => {
  let balances = 0;
  for (const [asset, amount] of views.exposure.balancesAt(venue.id)) {
    balances += amount * (views.marks.ofAsset(asset)?.price ?? 0);
  }
  let requirement = 0;
  for (const [instrumentId, contracts] of views.exposure.positionsAt(venue.id)) {
    requirement += Math.abs(contracts) * unitRiskUsd(views, venue, instrumentId);
  }
  let inFlight = 0;
  for (const [instrumentId, quantity] of views.exposure.inFlightAt(venue.id)) {
    inFlight += quantity * unitRiskUsd(views, venue, instrumentId);
  }
  return Math.max(0, balances, requirement) + inFlight;
};

/** Units that the venue's credit limit leaves for an order that adds risk there. */
export const creditCapacity = (views: RoutingViews, venue: Venue, instrumentId: string): number => {
  const perUnit = unitRiskUsd(views, venue, instrumentId);
  const left = decimalToFloat(decimalOf(venue.creditLimit)) - atRiskUsd(views, venue);
  if (left <= 0) return 0;
  return perUnit > 0 ? left / perUnit : Infinity;
};

/**
 * Units of an account's position at a venue that an order on `side` may close: the position less what other
 * open orders of the account that close it may still take.
 */
export const reducibleUnits = (
  views: RoutingViews,
  order: Readonly<{ orderId: string; accountId: string; instrumentId: string; side: Side }>,
  venueId: string,
): number => {
  const position = views.positions.position(order.accountId, order.instrumentId, venueId);
  if (position === undefined) return 0;
  const contracts = unitsToFloat(position.units, QUANTITY_SCALE);
  if (contracts * SIGN[order.side] >= 0) return 0;
  const others = views.orders
    .openOf(order.accountId)
    .filter(({ placed }) => isRival(placed, order))
    .reduce((sum, state) => sum + mayTakeAt(state, venueId), 0);
  return Math.max(0, Math.abs(contracts) - others);
};

const isRival = (
  placed: OpenOrderState['placed'],
  order: Readonly<{ orderId: string; instrumentId: string; side: Side }>,
): boolean =>
  placed.orderId !== order.orderId &&
  placed.instrumentId === order.instrumentId &&
  placed.side === order.side &&
  placed.reduceOnly;

/** What an open order may still take at a venue: its children there once it was split, all of it before. */
const mayTakeAt = (state: OpenOrderState, venueId: string): number => {
  if (state.splits === 0) {
    const isAllowed = state.placed.venues.length === 0 || state.placed.venues.includes(venueId);
    return isAllowed ? unitsToFloat(unfilledOf(state), ORDER_SCALE) : 0;
  }
  let units = 0n;
  for (const child of state.children.values()) {
    if (child.order.venueId === venueId && child.status !== 'closed') units += child.units - child.filled;
  }
  return unitsToFloat(units, ORDER_SCALE);
};
