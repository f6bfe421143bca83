import type { Rejection } from '@plinth/eventing';
import type { routingMessages } from '@plinth/messages';
import { missingOrder, orderInfo } from './queries.ts';
import type { RoutingViews } from './views.ts';

export const getProductOrder = (
  { orderId }: routingMessages.GetProductOrderRequest,
  views: RoutingViews,
): routingMessages.ProductOrderInfo | Rejection => {
  const bundle = views.bundles.bundle(orderId);
  if (bundle === undefined) return missingOrder();
  const { placed, closed } = bundle;
  const { accountId, productId, side, quantity, limitPrice, arrivalPrice } = placed;
  return {
    ...{ orderId, accountId, productId, side, quantity, limitPrice, arrivalPrice },
    status: closed === undefined ? 'open' : 'closed',
    outcome: closed?.outcome ?? '',
    reason: closed?.reason ?? '',
    filledQuantity: closed?.filledQuantity ?? '0',
    netPrice: closed?.netPrice ?? '',
    legs: placed.legs.flatMap((leg) => {
      const record = views.orders.order(leg.orderId);
      return record === undefined ? [] : [orderInfo(record)];
    }),
  };
};
