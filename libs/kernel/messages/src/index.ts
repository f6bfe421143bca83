export * from './catalogue.ts';
export * from './codec.ts';
export { internAscii } from './interning-reader.ts';
export * from './rate-curve.ts';
export * from './upcasters.ts';
export * from './written-as.ts';
export type { Posting, Receipt } from './gen/plinth/log/v1/types.ts';
export type { TakenOver } from './gen/plinth/accounts/v1/events.ts';
export type { AssetPrice, Leg } from './gen/plinth/liquidation/v1/events.ts';
export type { Mark, PriceRule, ProductLeg, Quote } from './gen/plinth/pricing/v1/events.ts';
export type { MarginFigures } from './gen/plinth/risk/v1/events.ts';
export type {
  BundleLeg,
  BundleLegFill,
  ChildOrder,
  DepthKnot,
  InstrumentDepth,
  VenueListing,
} from './gen/plinth/routing/v1/events.ts';
export type { RateCurve } from './gen/plinth/interest/v1/events.ts';
export * as riskMessages from './gen/plinth/risk/v1/messages.ts';
export * as stressMessages from './gen/plinth/risk/v1/stress.ts';
export * as historyMessages from './gen/plinth/risk/v1/history.ts';
export * as accountsMessages from './gen/plinth/accounts/v1/messages.ts';
export * as routingMessages from './gen/plinth/routing/v1/messages.ts';
export * as liquidationMessages from './gen/plinth/liquidation/v1/messages.ts';
export * as pricingEvents from './gen/plinth/pricing/v1/events.ts';
export * as pricingMessages from './gen/plinth/pricing/v1/messages.ts';
export * as interestMessages from './gen/plinth/interest/v1/messages.ts';
export * as deskMessages from './gen/plinth/desk/v1/state.ts';
export * as gatewayMessages from './gen/plinth/gateway/v1/messages.ts';
