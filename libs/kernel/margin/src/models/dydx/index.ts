export { DYDX_FUNDING_ROUNDING, fundingIndexDelta, fundingSettlementPpm } from './funding.ts';
export {
  bankruptcyQuote,
  dydxRisk,
  fillablePrice,
  insuranceFundDelta,
  type DydxAccount,
  type DydxLiquidationTerms,
  type DydxMarket,
  type DydxMarkets,
  type DydxPosition,
  type DydxRisk,
  type Fraction,
} from './liquidation.ts';
export { dydxMargins, type DydxMargins, type DydxTier } from './margin.ts';
export { dydx, type DydxMarketTerms, type DydxParameters } from './model.ts';
export { notional as dydxNotional, type DydxPrice } from './quantums.ts';
