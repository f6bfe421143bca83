import {
  checked,
  type CommandHandler,
  type Intent,
  InvalidField,
  operatorsOnly,
  reject,
  type Rejection,
  requireDecimal,
  requireId,
  requireOneOf,
} from '@plinth/eventing';
import { isExpired, LIMITS as MARKET_LIMITS, type Instrument } from '@plinth/market';
import type { EventData, pricingMessages } from '@plinth/messages';
import { absDecimal, decimalOf, decimalPlaces, ZERO, type Decimal } from '@plinth/money';
import { LIMITS } from '../domain/limits.ts';
import { product, SHAPES, type ListProduct } from '../domain/product.ts';
import type { PricingViews } from './pricing-views.ts';

type Request = pricingMessages.ListProductRequest;
type Leg = Readonly<{ instrument: Instrument; ratio: Decimal }>;

const requireRatio = (text: string, field: string): Decimal => {
  requireDecimal(text, field);
  const ratio = decimalOf(text, field);
  if (ratio.eq(ZERO)) throw new InvalidField(field, 'not 0');
  const isBounded = absDecimal(ratio).lte(decimalOf(`${LIMITS.ratioMax}`));
  if (!isBounded || decimalPlaces(ratio) > LIMITS.ratioDigits) {
    throw new InvalidField(field, `at most ${LIMITS.ratioMax} in size, with ${LIMITS.ratioDigits} decimals`);
  }
  return ratio;
};

const missing = (field: string, instrumentId: string): Rejection =>
  reject('INSTRUMENT_MISSING', `Expected a listed instrument, was ${instrumentId}: list it first`, {
    field,
    reason: 'missing',
  });

/** Every leg trades now, and one net price makes sense of them all. */
const readLegs = (request: Request, { reference }: PricingViews, now: number): readonly Leg[] | Rejection => {
  const { legsPerProductMax } = MARKET_LIMITS;
  if (request.legs.length === 0 || request.legs.length > legsPerProductMax) {
    throw new InvalidField('legs', `1 to ${legsPerProductMax} legs`);
  }
  const legs: Leg[] = [];
  for (const [n, { instrumentId, ratio: text }] of request.legs.entries()) {
    const field = `legs[${n}]`;
    requireId('instrument', instrumentId, `${field}.instrument_id`);
    const ratio = requireRatio(text, `${field}.ratio`);
    const instrument = reference.instruments.get(instrumentId);
    if (instrument === undefined) return missing(`${field}.instrument_id`, instrumentId);
    if (isExpired(instrument, now)) {
      throw new InvalidField(`${field}.instrument_id`, `before its expiry, ${instrumentId} has expired`);
    }
    if (legs.some((leg) => leg.instrument.id === instrumentId)) {
      throw new InvalidField(`${field}.instrument_id`, `${instrumentId} once`);
    }
    requireAlike(instrument, legs[0]?.instrument ?? instrument, `${field}.instrument_id`);
    legs.push({ instrument, ratio });
  }
  return legs;
};

const requireAlike = (instrument: Instrument, first: Instrument, field: string): void => {
  if (instrument.quoteAsset !== first.quoteAsset || instrument.inverse !== first.inverse) {
    throw new InvalidField(field, `settled in ${first.quoteAsset} like the first leg`);
  }
  if (instrument.underlying !== first.underlying) {
    throw new InvalidField(field, `of the underlying ${first.underlying} like the first leg`);
  }
  if (instrument.inverse && instrument.kind !== 'option') {
    throw new InvalidField(
      field,
      'an option when it settles in coin: a net price in coin is one of premiums',
    );
  }
};

const requireShape = (kind: string, legs: readonly Leg[]): void => {
  const shape = SHAPES[requireOneOf(kind, Object.keys(SHAPES), 'kind')];
  const seen = legs.map(({ instrument, ratio }) => ({
    kind: instrument.kind,
    optionType: instrument.optionType,
    strike: instrument.strike === '' ? ZERO : decimalOf(instrument.strike),
    expiresAtMs: instrument.expiresAtMs,
    ratio,
  }));
  if (shape?.fits(seen) !== true) throw new InvalidField('legs', shape?.says ?? 'of its kind');
};

/** Lists a structured product once and for all. */
export const listProduct: CommandHandler<Request, PricingViews> = (request, views, context) =>
  checked<readonly Intent[] | Rejection>(() => {
    const refusal = operatorsOnly(context);
    if (refusal !== undefined) return refusal;
    requireId('product', request.productId, 'product_id');
    if (request.name.length > LIMITS.nameLengthMax) {
      throw new InvalidField('name', `at most ${LIMITS.nameLengthMax} characters`);
    }
    const legs = readLegs(request, views, context.now);
    if ('kind' in legs) return legs;
    requireShape(request.kind, legs);
    if (views.products.size >= MARKET_LIMITS.productsMax) {
      return reject(
        'PRODUCTS_FULL',
        `Expected fewer than ${MARKET_LIMITS.productsMax} products in this cell`,
      );
    }
    const { underlying, quoteAsset } = (legs[0] as Leg).instrument;
    const expiries = legs.map(({ instrument }) => instrument.expiresAtMs).filter((at) => at > 0);
    const listed: EventData<'ProductListed'> = {
      ...{ productId: request.productId, name: request.name, kind: request.kind, underlying, quoteAsset },
      legs: request.legs.map((leg) => ({ ...leg })),
      expiresAtMs: expiries.length === 0 ? 0 : Math.min(...expiries),
    };
    const command: ListProduct = { type: 'ListProduct', product: listed };
    return [{ stream: `product-${request.productId}`, decider: product, command }];
  });
