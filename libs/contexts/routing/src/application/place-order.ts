import type { CommandContext, CommandHandler, Intent, Rejection } from '@plinth/eventing';
import { isRejection, reject } from '@plinth/eventing';
import { ID_PATTERNS, isId, isInverted, type Side } from '@plinth/market';
import type { EventData, routingMessages } from '@plinth/messages';
import { InvalidNumber, decimalOf, formatDecimal } from '@plinth/money';
import { QUANTITY_SCALE } from '@plinth/views';
import type { ControlFacts, OrderDraft } from '../domain/controls.ts';
import { collarPrice, judgeOrder } from '../domain/controls.ts';
import { LIMITS } from '../domain/limits.ts';
import type { PreTradeLimits } from './config.ts';
import { orderIntent } from './effects.ts';
import { collarWidth, markOf, reducibleUnits, unitRiskValueUsd } from './venue-capacity.ts';
import type { RoutingViews } from './views.ts';

type PlaceOrderRequest = routingMessages.PlaceOrderRequest;

export const invalid = (field: string, message: string): Rejection =>
  reject('INVALID', message, { field, reason: 'invalid' });

export const oneOf = (field: string, value: string, allowed: readonly string[]): Rejection | undefined =>
  allowed.includes(value)
    ? undefined
    : invalid(
        field,
        `Expected ${field} to be ${allowed.join(' or ')}, was ${JSON.stringify(value.slice(0, 32))}`,
      );

/** An account that is not the sender's is answered exactly like one that does not exist. */
export const missingAccount = (
  views: RoutingViews,
  accountId: string,
  { tenant }: Pick<CommandContext, 'tenant'>,
): Rejection | undefined => {
  const owner = views.ledger.clientOf(accountId);
  return owner !== undefined && (tenant === owner || tenant === 'operator')
    ? undefined
    : reject('ACCOUNT_UNKNOWN', 'Expected an account of yours: check account_id', {
        field: 'account_id',
        reason: 'missing',
      });
};

export const placeOrder =
  (controls: PreTradeLimits): CommandHandler<PlaceOrderRequest, RoutingViews> =>
  (request, views, context) => {
    const wrong = wrongShape(request);
    if (wrong !== undefined) return wrong;
    const missing = missingAccount(views, request.accountId, context);
    if (missing !== undefined) return missing;
    const draft = draftOf(request, views);
    if (isRejection(draft)) return draft;
    const facts = factsOf(draft, views, controls, context.now);
    const refused = judgeOrder(draft, facts);
    if (refused !== undefined) return refused;
    return [
      orderIntent(draft.orderId, { kind: 'place', placed: placedOf(draft, facts, request.subAccountId) }),
    ] as readonly Intent[];
  };

const wrongShape = (request: PlaceOrderRequest): Rejection | undefined => {
  const { orderId, accountId, subAccountId, instrumentId, venues } = request;
  if (!isId('reference', orderId) || orderId.length > LIMITS.orderIdCharsMax) {
    return invalid(
      'order_id',
      `Expected order_id of 1 to ${LIMITS.orderIdCharsMax} letters, digits, _ . : or -`,
    );
  }
  if (!isId('account', accountId))
    return invalid('account_id', `Expected account_id like ${ID_PATTERNS.account}`);
  if (subAccountId !== '' && !isId('subAccount', subAccountId)) {
    return invalid('sub_account_id', 'Expected sub_account_id of lower-case letters and digits, or empty');
  }
  if (!isId('instrument', instrumentId)) {
    return invalid('instrument_id', 'Expected instrument_id like BTC/USD or BTC-PERP');
  }
  if (venues.length > LIMITS.venuesPerSplitMax) {
    return invalid('venues', `Expected at most ${LIMITS.venuesPerSplitMax} venues`);
  }
  if (new Set(venues).size < venues.length) return invalid('venues', 'Expected every venue once');
  return (
    oneOf('side', request.side, ['buy', 'sell']) ??
    oneOf('order_type', request.orderType, ['market', 'limit']) ??
    oneOf(
      'time_in_force',
      request.timeInForce,
      request.orderType === 'market' ? ['ioc', ''] : ['ioc', 'gtc'],
    ) ??
    (request.orderType === 'market' && request.limitPrice !== ''
      ? invalid('limit_price', 'Expected no limit_price for a market order')
      : undefined)
  );
};

const draftOf = (request: PlaceOrderRequest, views: RoutingViews): OrderDraft | Rejection => {
  const instrument = views.reference.instruments.get(request.instrumentId);
  if (instrument === undefined) {
    return reject('INSTRUMENT_UNKNOWN', `Expected a listed instrument, was ${request.instrumentId}`, {
      field: 'instrument_id',
      reason: 'missing',
    });
  }
  const unknown = request.venues.findIndex((id) => !views.reference.venues.has(id));
  if (unknown >= 0) {
    return reject('VENUE_UNKNOWN', 'Expected registered venues: see ListVenues', {
      field: `venues[${unknown}]`,
      reason: 'missing',
    });
  }
  try {
    const quantity = decimalOf(request.quantity, 'quantity');
    const limitPrice =
      request.orderType === 'limit' ? decimalOf(request.limitPrice, 'limit_price') : undefined;
    if (limitPrice?.lte(decimalOf('0'))) return invalid('limit_price', 'Expected limit_price over 0');
    return {
      orderId: request.orderId,
      accountId: request.accountId,
      instrument,
      side: request.side as Side,
      quantity,
      orderType: request.orderType as OrderDraft['orderType'],
      limitPrice,
      timeInForce: request.timeInForce === 'gtc' ? 'gtc' : 'ioc',
      venues: request.venues,
      reduceOnly: request.reduceOnly,
    };
  } catch (error) {
    if (error instanceof InvalidNumber) return invalid(error.field, error.message);
    throw error;
  }
};

export const factsOf = (
  draft: OrderDraft,
  views: RoutingViews,
  controls: PreTradeLimits,
  nowMs: number,
): ControlFacts => {
  const { instrument, venues } = draft;
  const eligible = [...views.reference.venues.values()].flatMap((venue) => {
    const listing = venue.listings.get(instrument.id);
    const isNamed = venues.length === 0 || venues.includes(venue.id);
    return listing !== undefined && isNamed ? [{ venue, listing }] : [];
  });
  const mark = markOf(views, instrument);
  const order = { ...draft, instrumentId: instrument.id };
  return {
    eligible,
    mark: mark && { price: decimalOf(mark.price), state: mark.state },
    unitValueUsd: unitRiskValueUsd(views, instrument),
    collarWidth: collarWidth(views, instrument, controls.collarPpm),
    nowMs,
    reducible: draft.reduceOnly
      ? eligible.reduce((sum, { venue }) => sum + reducibleUnits(views, order, venue.id), 0)
      : 0,
    quantityDigits:
      instrument.kind === 'spot' ? views.reference.scaleOf(instrument.underlying) : QUANTITY_SCALE,
    ...controls,
  };
};

/** An order that the controls let pass, as it is placed. */
export const placedOf = (
  draft: OrderDraft,
  facts: ControlFacts,
  subAccountId: string,
  bundleId = '',
): EventData<'OrderPlaced'> => {
  const mark = facts.mark as NonNullable<ControlFacts['mark']>;
  const { orderId, accountId, side, orderType } = draft;
  const instrumentId = draft.instrument.id;
  const worst = draft.limitPrice ?? collarPrice(draft.side, mark.price, facts);
  return {
    ...{ orderId, accountId, subAccountId, instrumentId, side, orderType, liquidationId: '' },
    quantity: formatDecimal(draft.quantity),
    limitPrice: draft.limitPrice === undefined ? '' : formatDecimal(draft.limitPrice),
    timeInForce: draft.timeInForce,
    venues: [...draft.venues],
    arrivalPrice: formatDecimal(mark.price),
    reduceOnly: draft.reduceOnly,
    worstPrice: formatDecimal(worst),
    quoteAsset: draft.instrument.quoteAsset,
    contractSize: draft.instrument.contractSize,
    bundleId,
    inverse: isInverted(draft.instrument),
  };
};
