export { pricingService } from './application/pricing-service.ts';
export { MARKS_LOOK_BACK, marksLink } from './application/marks-link.ts';
export {
  PRICING,
  PRICING_DEFAULTS,
  pricingOfCell,
  type PricingConfig,
} from './application/pricing-config.ts';
export type { PricingViews } from './application/pricing-views.ts';
export {
  collectQuotes,
  QuoteBuffer,
  targetsOf,
  type Offered,
  type OfferCounts,
} from './application/quote-buffer.ts';
export { aggregate, type Vote } from './domain/aggregate.ts';
export { EMA_RESET_SLOTS, EMPTY_EMA, nextEma, type Ema } from './domain/ema.ts';
export {
  aggregateQuotes,
  PYTH_QUOTE_TERMS,
  type PublisherQuote,
  type QuoteTerms,
} from './domain/publisher-quotes.ts';
export { AVERAGE_MS as SETTLEMENT_AVERAGE_MS } from './domain/settlement-average.ts';
export { LIMITS as PRICING_LIMITS } from './domain/limits.ts';
export { surfaceMark, type OptionTerms } from './domain/option-marks.ts';
export {
  fitOptionSurface,
  type FitInput,
  type FittedSlice,
  type QuotedOption,
} from './domain/surface-fit.ts';
