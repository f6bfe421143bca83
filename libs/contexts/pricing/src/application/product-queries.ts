import { checked, pageOf, type Rejection, requireId } from '@plinth/eventing';
import type { pricingMessages } from '@plinth/messages';
import { addDecimal, decimalOf, formatDecimal, multiply, ZERO, type Decimal } from '@plinth/money';
import type { Product } from '@plinth/views';
import type { PricingViews } from './pricing-views.ts';

const WORST_FIRST = ['halted', 'degraded'] as const;

/**
 * Σ ratio · contract size · mark of one unit; undefined while a leg has no mark. Spot legs take the pair's
 * mark.
 */
const netOf = ({ legs }: Product, { reference, marks }: PricingViews): Decimal | undefined => {
  let net = ZERO;
  for (const { instrumentId, ratio } of legs) {
    const mark = marks.exact(instrumentId);
    if (mark === undefined) return undefined;
    const size = multiply(decimalOf(ratio), decimalOf(reference.instrument(instrumentId).contractSize));
    net = addDecimal(net, multiply(size, decimalOf(mark.price)));
  }
  return net;
};

const infoOf = (product: Product, views: PricingViews): pricingMessages.ProductInfo => {
  const net = netOf(product, views);
  const states = product.legs.map(({ instrumentId }) => views.marks.exact(instrumentId)?.state ?? 'halted');
  const isSettled = product.legs.some(
    ({ instrumentId }) => views.settlements.settled(instrumentId) !== undefined,
  );
  return {
    ...product,
    legs: product.legs.map((leg) => ({ ...leg })),
    netPrice: net === undefined ? '' : formatDecimal(net),
    state: isSettled ? 'settled' : (WORST_FIRST.find((state) => states.includes(state)) ?? 'live'),
  };
};

export const listProducts = (
  request: pricingMessages.ListProductsRequest,
  views: PricingViews,
): pricingMessages.ListProductsResponse | Rejection =>
  checked(() => {
    const underlying = request.underlying === '' ? '' : requireId('asset', request.underlying, 'underlying');
    const rows = [...views.products.all()].filter(
      (product) => underlying === '' || product.underlying === underlying,
    );
    const { items, ...page } = pageOf(rows, ({ productId }) => productId, request);
    return { products: items.map((product) => infoOf(product, views)), ...page };
  });
