export * from './catalogue.ts';
export * from './codec.ts';
export * from './upcasters.ts';
export type { Posting, Receipt } from './gen/plinth/log/v1/types.ts';
export type { Leg } from './gen/plinth/liquidation/v1/events.ts';
export type { Mark, PriceRule, Quote } from './gen/plinth/pricing/v1/events.ts';
export type { MarginFigures } from './gen/plinth/risk/v1/events.ts';
export type { ChildOrder, VenueListing } from './gen/plinth/routing/v1/events.ts';
export type { RateCurve } from './gen/plinth/interest/v1/events.ts';
