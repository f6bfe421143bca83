import { floatToUnits, unitsToFloat } from '@plinth/money';
import { termsOf } from '../bounds.ts';
import { sumParts, type MarginModel, type Requirement, type RequirementPart } from '../margin-model.ts';
import { perpetualPrice, underlyingMarket, type ModelMarket } from '../market.ts';
import { checkPortfolio, checkScope, PERPETUALS, type ModelPortfolio } from '../portfolio.ts';
import { dydxMargins, type DydxTier } from './margin.ts';
import { notional, QUOTE_DIGITS, type DydxPrice } from './quantums.ts';

/** Decimals that a price of the market is cut to; finer than any oracle's of that rulebook. */
const PRICE_DIGITS = 12;

export type DydxMarketTerms = Readonly<{
  /** A base quantum is 10^resolution of the coin. */
  resolution: number;
  tier: DydxTier;
  /** In whole coins. */
  openInterest: number;
}>;

export type DydxParameters = Readonly<{ markets: ReadonlyMap<string, DydxMarketTerms> }>;

/**
 * dYdX v4's cross margin: Σ |notional| · margin fraction, perpetuals only, profit and funding in the value.
 * Computed in quantums as the chain does, so that the figures are its own to the last digit.
 */
export const dydx: MarginModel<DydxParameters> = {
  name: 'dydx',
  requirement: (portfolio, market, parameters) => requirementOf(portfolio, market, parameters),
};

const requirementOf = (
  portfolio: ModelPortfolio,
  market: ModelMarket,
  { markets }: DydxParameters,
): Requirement => {
  checkPortfolio(portfolio);
  checkScope(PERPETUALS, portfolio);
  let markToMarket = portfolio.cash;
  const parts: RequirementPart[] = portfolio.perpetuals.map((holding) => {
    const { underlying, size, unrealisedProfit, accruedFunding } = holding;
    const terms = termsOf(markets, '', underlying);
    const { resolution, tier, openInterest } = terms;
    const { price: current } = perpetualPrice(underlyingMarket(market, underlying), underlying);
    const value = floatToUnits(current, PRICE_DIGITS, 'half-even');
    const price: DydxPrice = { value, exponent: -PRICE_DIGITS, resolution };
    const quantums = floatToUnits(size, -resolution, 'half-even');
    const margins = dydxMargins(quantums, price, tier, floatToUnits(openInterest, -resolution, 'half-even'));
    markToMarket += unrealisedProfit + accruedFunding;
    return {
      name: `${underlying} ${unitsToFloat(notional(quantums, price), QUOTE_DIGITS)}`,
      initial: unitsToFloat(margins.initial, QUOTE_DIGITS),
      maintenance: unitsToFloat(margins.maintenance, QUOTE_DIGITS),
    };
  });
  return { ...sumParts(parts), markToMarket, worst: undefined, parts };
};
