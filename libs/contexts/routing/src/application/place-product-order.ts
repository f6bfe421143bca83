import {
  isRejection,
  reject,
  type CommandContext,
  type CommandHandler,
  type Intent,
  type Rejection,
} from '@plinth/eventing';
import { isId, opposite, type Side } from '@plinth/market';
import type { EventData, ProductLeg, routingMessages } from '@plinth/messages';
import {
  absDecimal,
  addDecimal,
  decimalOf,
  formatDecimal,
  InvalidNumber,
  multiply,
  ZERO,
  type Decimal,
} from '@plinth/money';
import type { Product } from '@plinth/views';
import { judgeOrder, type ControlFacts, type OrderDraft } from '../domain/controls.ts';
import { LIMITS } from '../domain/limits.ts';
import { bundleIntent } from './bundle-reactions.ts';
import type { PreTradeLimits } from './config.ts';
import { orderIntent } from './effects.ts';
import { factsOf, invalid, missingAccount, oneOf, placedOf } from './place-order.ts';
import type { RoutingViews } from './views.ts';

type Request = routingMessages.PlaceProductOrderRequest;
type Numbers = Readonly<{ quantity: Decimal; limitPrice: Decimal | undefined }>;
type Leg = Readonly<{ draft: OrderDraft; facts: ControlFacts; ratio: Decimal }>;

const wrongShape = (request: Request): Rejection | undefined => {
  const { orderId, accountId, subAccountId, productId } = request;
  if (!isId('reference', orderId) || orderId.length > LIMITS.bundleIdCharsMax) {
    return invalid(
      'order_id',
      `Expected order_id of 1 to ${LIMITS.bundleIdCharsMax} letters, digits, _ . : or -`,
    );
  }
  if (!isId('account', accountId)) return invalid('account_id', 'Expected the id of an account');
  if (subAccountId !== '' && !isId('subAccount', subAccountId)) {
    return invalid('sub_account_id', 'Expected sub_account_id of lower-case letters and digits, or empty');
  }
  if (!isId('product', productId)) return invalid('product_id', 'Expected product_id like BTC-CS-70-80');
  return (
    oneOf('side', request.side, ['buy', 'sell']) ??
    oneOf('order_type', request.orderType, ['market', 'limit'])
  );
};

const numbersOf = ({ quantity, orderType, limitPrice }: Request): Numbers | Rejection => {
  try {
    if (orderType === 'market' && limitPrice !== '')
      return invalid('limit_price', 'Expected no limit_price for a market order');
    const limit = orderType === 'limit' ? decimalOf(limitPrice, 'limit_price') : undefined;
    return { quantity: decimalOf(quantity, 'quantity'), limitPrice: limit };
  } catch (error) {
    if (error instanceof InvalidNumber) return invalid(error.field, error.message);
    throw error;
  }
};

/** One leg under the same controls as an order of its own; its field says which leg is meant. */
const legOf = (
  request: Request,
  { quantity }: Numbers,
  { instrumentId, ratio: text }: ProductLeg,
  n: number,
  views: RoutingViews,
  controls: PreTradeLimits,
  now: number,
): Leg | Rejection => {
  const ratio = decimalOf(text);
  const side = request.side as Side;
  const draft: OrderDraft = {
    orderId: `${request.orderId}.${n + 1}`,
    accountId: request.accountId,
    instrument: views.reference.instrument(instrumentId),
    side: ratio.gt(ZERO) ? side : opposite(side),
    quantity: multiply(quantity, absDecimal(ratio)),
    ...{ orderType: 'market', limitPrice: undefined, timeInForce: 'ioc', venues: [], reduceOnly: false },
  };
  const facts = factsOf(draft, views, controls, now);
  const refused = judgeOrder(draft, facts);
  if (refused === undefined) return { draft, facts, ratio };
  return {
    ...refused,
    message: `${instrumentId}: ${refused.message}`,
    field: `legs[${n}].${refused.field ?? 'instrument_id'}`,
  };
};

/** Net price of one unit at the marks: Σ ratio · contract size · mark. */
const arrivalOf = (legs: readonly Leg[]): Decimal =>
  legs.reduce((sum, { draft, facts, ratio }) => {
    const size = multiply(ratio, decimalOf(draft.instrument.contractSize));
    return addDecimal(sum, multiply(size, facts.mark?.price ?? ZERO));
  }, ZERO);

const bundleOf = (
  request: Request,
  numbers: Numbers,
  product: Product,
  legs: readonly Leg[],
): EventData<'BundlePlaced'> => {
  const { orderId: bundleId, accountId, subAccountId, productId, side } = request;
  return {
    ...{ bundleId, accountId, subAccountId, productId, side, quoteAsset: product.quoteAsset },
    quantity: formatDecimal(numbers.quantity),
    limitPrice: numbers.limitPrice === undefined ? '' : formatDecimal(numbers.limitPrice),
    legs: legs.map(({ draft }) => ({
      orderId: draft.orderId,
      instrumentId: draft.instrument.id,
      side: draft.side,
      quantity: formatDecimal(draft.quantity),
    })),
    arrivalPrice: formatDecimal(arrivalOf(legs)),
  };
};

const productOf = (request: Request, views: RoutingViews, context: CommandContext): Product | Rejection => {
  const missing = missingAccount(views, request.accountId, context);
  if (missing !== undefined) return missing;
  return (
    views.products.product(request.productId) ??
    reject('PRODUCT_UNKNOWN', `Expected a listed product, was ${request.productId}: see ListProducts`, {
      field: 'product_id',
      reason: 'missing',
    })
  );
};

/**
 * An order of a product: the legs' orders, then the bundle itself, in one append. Risk judges the bundle as a
 * whole when it has seen all legs.
 */
export const placeProductOrder =
  (controls: PreTradeLimits): CommandHandler<Request, RoutingViews> =>
  (request, views, context) => {
    const wrong = wrongShape(request);
    if (wrong !== undefined) return wrong;
    const numbers = numbersOf(request);
    if (isRejection(numbers)) return numbers;
    const product = productOf(request, views, context);
    if (isRejection(product)) return product;
    const legs: Leg[] = [];
    for (const [n, leg] of product.legs.entries()) {
      const read = legOf(request, numbers, leg, n, views, controls, context.now);
      if (isRejection(read)) return read;
      legs.push(read);
    }
    const placed = legs.map(({ draft, facts }): Intent => {
      const order = placedOf(draft, facts, request.subAccountId, request.orderId);
      return orderIntent(draft.orderId, { kind: 'place', placed: order });
    });
    const bundle = bundleOf(request, numbers, product, legs);
    return [...placed, bundleIntent(request.orderId, { kind: 'place', placed: bundle })];
  };
