import type { Envelope, Intent, Reaction } from '@plinth/eventing';
import { isInverted } from '@plinth/market';
import type { Leg } from '@plinth/messages';
import type { OpenOrderState } from '../domain/order-state.ts';
import { needsSplit, openChildren } from '../domain/order-state.ts';
import { LIMITS } from '../domain/limits.ts';
import { orderIntent, venueIntent } from './effects.ts';
import { markOf } from './venue-capacity.ts';
import type { RoutingViews } from './views.ts';
import { closeBundle } from './bundle-reactions.ts';
import { cancelEffect, effectOf, splitEffects, submitEffect } from './work.ts';

/** What routing does about an event; the order's own stream decides what still holds. */
export const reactToEvent = (event: Envelope, views: RoutingViews): readonly Reaction[] => {
  switch (event.type) {
    case 'OrderPlaced':
      return event.data.liquidationId === '' ? [] : splitOf(event.data.orderId, views);
    case 'OrderApproved':
      return splitOf(event.data.orderId, views);
    case 'OrderRefused': {
      const { orderId, code, message } = event.data;
      return [orderIntent(orderId, { kind: 'refuse', code, message })];
    }
    case 'OrderRouted':
      return sendChildren(event, views);
    case 'ChildAcknowledged': {
      const state = views.orders.openOrder(event.data.orderId);
      const { orderId, childId, venueId } = event.data;
      return state?.isCancelRequested === true ? [cancelEffect({ orderId, childId, venueId }, 0)] : [];
    }
    case 'ChildOutcomeUnknown':
      return takeDown(event.data.venueId, views);
    case 'ChildClosed': {
      const down = event.data.cause === 'unavailable' ? takeDown(event.data.venueId, views) : [];
      return [...down, ...splitOf(event.data.orderId, views)];
    }
    case 'OrderCancelRequested':
      return cancelChildren(event.data.orderId, views);
    case 'LiquidationStarted':
      return views.orders
        .openOf(event.data.accountId)
        .filter((state) => !state.isCancelRequested)
        .map((state) => cancelIntent(state, `liquidation ${event.data.liquidationId}`));
    case 'ReductionOrdered':
      return event.data.legs.map((leg, n) => placeLeg(event, leg, n, views));
    case 'OrderClosed':
      return closeBundle(event.data.orderId, views);
    case 'TimerFired':
      return [
        ...views.watch.fired.flatMap((item) => effectOf(views, item, 'due') ?? []),
        ...cancelExpired(views),
      ];
    default:
      return [];
  }
};

/** The order may have been closed between this event and the decision: a normal race. */
const cancelIntent = (state: OpenOrderState, reason: string): Intent => ({
  ...orderIntent(state.placed.orderId, { kind: 'request-cancel', reason }),
  onRejection: 'ignore',
});

const cancelExpired = (views: RoutingViews): readonly Intent[] =>
  views.expiring.expired.flatMap((orderId) => {
    const state = views.orders.openOrder(orderId);
    return state === undefined ? [] : [cancelIntent(state, `${state.placed.instrumentId} has expired`)];
  });

const splitOf = (orderId: string, views: RoutingViews): readonly Reaction[] => {
  const record = views.orders.order(orderId);
  const state = views.orders.openOrder(orderId);
  if (record?.isApproved !== true || state === undefined || !needsSplit(state)) return [];
  return splitEffects(views, state);
};

const sendChildren = (
  { data, occurredAt }: Envelope<'OrderRouted'>,
  views: RoutingViews,
): readonly Reaction[] => {
  const state = views.orders.openOrder(data.orderId);
  return state === undefined ? [] : data.children.map((child) => submitEffect(state, child, occurredAt));
};

const cancelChildren = (orderId: string, views: RoutingViews): readonly Reaction[] => {
  const state = views.orders.openOrder(orderId);
  if (state === undefined) return [];
  return openChildren(state).map(({ order: { childId, venueId } }) =>
    cancelEffect({ orderId, childId, venueId }, 0),
  );
};

const takeDown = (venueId: string, views: RoutingViews): readonly Reaction[] => {
  const { failures } = views.health.of(venueId);
  if (failures < LIMITS.failuresMax || views.reference.venue(venueId).state !== 'up') return [];
  const reason = `${failures} calls in a row brought no answer`;
  return [venueIntent(venueId, { kind: 'set-state', venueId, state: 'down', reason, isAutomatic: true })];
};

/**
 * A leg of a liquidation as an order: at one venue, at once or not at all, no worse than the planner
 * counted on.
 */
const placeLeg = (
  { data }: Envelope<'ReductionOrdered'>,
  leg: Leg,
  n: number,
  views: RoutingViews,
): Reaction => {
  const instrument = views.reference.instrument(leg.instrumentId);
  const orderId = `${data.liquidationId}.${data.step}.${n + 1}`;
  const order = orderIntent(orderId, {
    kind: 'place',
    placed: {
      orderId,
      accountId: data.accountId,
      subAccountId: '',
      instrumentId: leg.instrumentId,
      side: leg.side,
      quantity: leg.quantity,
      orderType: 'limit',
      limitPrice: leg.limitPrice,
      timeInForce: 'ioc',
      venues: leg.venueId === '' ? [] : [leg.venueId],
      liquidationId: data.liquidationId,
      arrivalPrice: markOf(views, instrument)?.price ?? leg.limitPrice,
      reduceOnly: leg.kind === 'close',
      worstPrice: leg.limitPrice,
      quoteAsset: instrument.quoteAsset,
      contractSize: instrument.contractSize,
      bundleId: '',
      inverse: isInverted(instrument),
    },
  });
  return { ...order, begins: true };
};
