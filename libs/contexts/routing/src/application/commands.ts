import type { CommandHandler, Intent, Rejection } from '@plinth/eventing';
import { reject } from '@plinth/eventing';
import {
  FLAT_RULEBOOK,
  LIMITS as MARKET_LIMITS,
  VENUE_RULEBOOKS,
  isId,
  type VenueState,
} from '@plinth/market';
import type { EventData, VenueListing, routingMessages } from '@plinth/messages';
import { InvalidNumber, decimalOf } from '@plinth/money';
import { LIMITS } from '../domain/limits.ts';
import { orderIntent, venueIntent } from './effects.ts';
import { missingAccount } from './place-order.ts';
import type { RoutingViews } from './views.ts';

const PPM = 1_000_000;

const invalid = (field: string, message: string): Rejection =>
  reject('INVALID', message, { field, reason: 'invalid' });

const forOperators = (tenant: string): Rejection | undefined =>
  tenant === 'operator'
    ? undefined
    : reject('OPERATOR_ONLY', 'Expected an operator: clients may not do this');

/** Refuses text that is no decimal of at least `least`; undefined when it is. */
const wrongDecimal = (text: string, field: string, isPositive: boolean): Rejection | undefined => {
  try {
    const value = decimalOf(text, field, 18);
    const isIn = isPositive ? value.gt(decimalOf('0')) : value.gte(decimalOf('0'));
    return isIn
      ? undefined
      : invalid(field, `Expected ${field} ${isPositive ? 'over' : 'of at least'} 0, was ${text}`);
  } catch (error) {
    if (error instanceof InvalidNumber) return invalid(error.field, error.message);
    throw error;
  }
};

export const registerVenue: CommandHandler<routingMessages.RegisterVenueRequest, RoutingViews> = (
  request,
  views,
  { tenant },
) => {
  const refused = forOperators(tenant) ?? wrongVenue(request, views);
  if (refused !== undefined) return refused;
  const terms: EventData<'VenueRegistered'> = {
    ...request,
    listings: request.listings.map((l) => ({ ...l })),
  };
  return [venueIntent(request.venueId, { kind: 'register', terms })] as readonly Intent[];
};

/** A field, what it is, and the least that it may be. */
type Share = readonly [field: string, ppm: number, least: number];

const outOfBounds = (shares: readonly Share[]): Rejection | undefined => {
  for (const [field, ppm, least] of shares) {
    if (Number.isInteger(ppm) && ppm >= least && ppm <= PPM) continue;
    const none = field === 'option_fee_cap_ppm' ? ', 0 for no cap' : '';
    return invalid(field, `Expected ${field} from ${least} to ${PPM}${none}, was ${ppm}`);
  }
  return undefined;
};

type Fees = Pick<EventData<'VenueFeesSet'>, 'makerFeePpm' | 'takerFeePpm' | 'optionFeeCapPpm'>;

const feesOf = ({ makerFeePpm, takerFeePpm, optionFeeCapPpm }: Fees): readonly Share[] => [
  ['maker_fee_ppm', makerFeePpm, -10_000],
  ['taker_fee_ppm', takerFeePpm, -10_000],
  ['option_fee_cap_ppm', optionFeeCapPpm, 0],
];

const wrongVenue = (
  request: routingMessages.RegisterVenueRequest,
  views: RoutingViews,
): Rejection | undefined => {
  if (!isId('venue', request.venueId)) {
    return invalid('venue_id', 'Expected venue_id of a lower-case letter and up to 23 letters and digits');
  }
  const isNew = !views.reference.venues.has(request.venueId);
  if (isNew && views.reference.venues.size >= MARKET_LIMITS.venuesMax) {
    return reject('VENUES_FULL', `Expected at most ${MARKET_LIMITS.venuesMax} venues`);
  }
  if (!['cex', 'dex', 'otc'].includes(request.kind))
    return invalid('kind', 'Expected kind to be cex, dex or otc');
  if (request.chain !== '' && !isId('venue', request.chain)) {
    return invalid('chain', 'Expected chain of lower-case letters and digits, or empty');
  }
  const wrong = outOfBounds([
    ...feesOf(request),
    ['default_probability_ppm', request.defaultProbabilityPpm, 0],
    ['loss_given_default_ppm', request.lossGivenDefaultPpm, 0],
    ['requirement_ppm', request.requirementPpm, 0],
    ['transferable_ppm', request.transferablePpm, 0],
  ]);
  if (wrong !== undefined) return wrong;
  if (!VENUE_RULEBOOKS.includes(request.rulebook === '' ? FLAT_RULEBOOK : request.rulebook))
    return invalid('rulebook', `Expected rulebook to be one of ${VENUE_RULEBOOKS.join(', ')}, or empty`);
  const cost = request.orderCost === '' ? undefined : wrongDecimal(request.orderCost, 'order_cost', false);
  return (
    wrongDecimal(request.creditLimit, 'credit_limit', false) ?? cost ?? wrongListings(request.listings, views)
  );
};

const wrongListings = (listings: readonly VenueListing[], views: RoutingViews): Rejection | undefined => {
  if (listings.length > MARKET_LIMITS.listingsPerVenueMax) {
    return invalid('listings', `Expected at most ${MARKET_LIMITS.listingsPerVenueMax} listings`);
  }
  const seen = new Set<string>();
  for (const [n, { instrumentId, lot, tick, minQuantity }] of listings.entries()) {
    const at = `listings[${n}]`;
    if (seen.has(instrumentId)) return invalid(`${at}.instrument_id`, `Expected ${instrumentId} once`);
    seen.add(instrumentId);
    if (!views.reference.instruments.has(instrumentId)) {
      return reject('INSTRUMENT_UNKNOWN', 'Expected a listed instrument: list it with pricing first', {
        field: `${at}.instrument_id`,
        reason: 'missing',
      });
    }
    const wrong =
      wrongDecimal(lot, `${at}.lot`, true) ??
      wrongDecimal(tick, `${at}.tick`, true) ??
      wrongDecimal(minQuantity, `${at}.min_quantity`, false);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
};

const unknownVenue = (venueId: string, views: RoutingViews): Rejection | undefined =>
  isId('venue', venueId) && views.reference.venues.has(venueId)
    ? undefined
    : reject('VENUE_UNKNOWN', 'Expected a registered venue: see ListVenues', {
        field: 'venue_id',
        reason: 'missing',
      });

const longReason = (reason: string): Rejection | undefined =>
  reason.length > LIMITS.reasonCharsMax
    ? invalid('reason', `Expected reason of at most ${LIMITS.reasonCharsMax} characters`)
    : undefined;

/**
 * The rest of the terms stays: so a venue that was registered before there were caps of options' fees gets
 * one.
 */
export const setVenueFees: CommandHandler<routingMessages.SetVenueFeesRequest, RoutingViews> = (
  request,
  views,
  { tenant },
) => {
  const { venueId, reason } = request;
  const refused =
    forOperators(tenant) ??
    unknownVenue(venueId, views) ??
    outOfBounds(feesOf(request)) ??
    longReason(reason);
  if (refused !== undefined) return refused;
  return [venueIntent(venueId, { kind: 'set-fees', fees: { ...request } })] as readonly Intent[];
};

export const setVenueState: CommandHandler<routingMessages.SetVenueStateRequest, RoutingViews> = (
  { venueId, state, reason },
  views,
  { tenant },
) => {
  const refused = forOperators(tenant) ?? unknownVenue(venueId, views);
  if (refused !== undefined) return refused;
  if (!['up', 'down', 'reduce-only'].includes(state)) {
    return invalid('state', 'Expected state to be up, down or reduce-only');
  }
  const wrong = longReason(reason);
  if (wrong !== undefined) return wrong;
  const command = {
    kind: 'set-state',
    venueId,
    state: state as VenueState,
    reason,
    isAutomatic: false,
  } as const;
  return [venueIntent(venueId, command)] as readonly Intent[];
};

export const cancelOrder: CommandHandler<routingMessages.CancelOrderRequest, RoutingViews> = (
  { orderId, accountId, reason },
  views,
  context,
) => {
  if (!isId('reference', orderId)) return invalid('order_id', 'Expected the id of an order');
  if (!isId('account', accountId)) return invalid('account_id', 'Expected the account of the order');
  const long = longReason(reason);
  if (long !== undefined) return long;
  const missing = missingAccount(views, accountId, context);
  if (missing !== undefined) return missing;
  const record = views.orders.order(orderId);
  if (record === undefined || record.state.placed.accountId !== accountId) {
    return reject('ORDER_UNKNOWN', 'Expected an order of this account: check order_id', {
      field: 'order_id',
      reason: 'missing',
    });
  }
  if (record.state.placed.liquidationId !== '' && context.tenant !== 'operator') {
    return reject('LIQUIDATION_ORDER', 'Expected an order of your own: this one belongs to a liquidation', {
      field: 'order_id',
    });
  }
  return [orderIntent(orderId, { kind: 'request-cancel', reason })] as readonly Intent[];
};
