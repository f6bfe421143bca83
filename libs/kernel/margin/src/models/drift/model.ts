import { floatToUnits, unitsToFloat } from '@plinth/money';
import { termsOf } from '../bounds.ts';
import { sumParts, type MarginModel, type Requirement, type RequirementPart } from '../margin-model.ts';
import { assetPrice, perpetualPrice, underlyingMarket, type ModelMarket } from '../market.ts';
import { checkPortfolio, checkScope, TOKENS_AND_PERPETUALS, type ModelPortfolio } from '../portfolio.ts';
import {
  poolScaledAssetWeight,
  sizeDiscountAssetWeight,
  sizePremiumLiabilityWeight,
  sizeUnits,
  WEIGHT_DIGITS,
} from './weights.ts';

/** Weights and ratios in 10⁻⁴, for new risk and for maintenance. */
export type DriftSide = Readonly<{ initial: bigint; maintenance: bigint }>;

export type DriftSpotTerms = Readonly<{
  asset: DriftSide;
  liability: DriftSide;
  /** In 10⁻⁶. */
  imfFactor: bigint;
  /** Value of all deposits and from which value on the initial weight falls (0: never), in the quote coin. */
  depositValue: number;
  scaleStart: number;
}>;

export type DriftPerpTerms = Readonly<{
  marginRatio: DriftSide;
  imfFactor: bigint;
  /** What a profit that is not settled counts for. */
  profitWeight: DriftSide;
}>;

export type DriftParameters = Readonly<{
  spots: ReadonlyMap<string, DriftSpotTerms>;
  perps: ReadonlyMap<string, DriftPerpTerms>;
  /** An unsettled profit counts for no more than this towards new risk, per market, in the quote coin. */
  initialProfitMax: number;
}>;

const QUOTE_DIGITS = 6;
const share = (weight: bigint): number => unitsToFloat(weight, WEIGHT_DIGITS);

/**
 * Drift's cross margin: notional · margin ratio of each perpetual, what unsettled profit and tokens count
 * for less than their value, and what borrowed tokens count for more. Sizes weigh by √size. Cash is in the
 * quote coin and counts in full.
 */
export const drift: MarginModel<DriftParameters> = {
  name: 'drift',
  requirement: (portfolio, market, parameters) => {
    checkPortfolio(portfolio);
    checkScope(TOKENS_AND_PERPETUALS, portfolio);
    return requirementOf(portfolio, market, parameters);
  },
};

const requirementOf = (
  portfolio: ModelPortfolio,
  market: ModelMarket,
  parameters: DriftParameters,
): Requirement => {
  const parts: RequirementPart[] = [];
  let markToMarket = portfolio.cash * market.stablePrice;
  for (const holding of portfolio.perpetuals) {
    markToMarket += (holding.unrealisedProfit + holding.accruedFunding) * market.stablePrice;
    parts.push(perpPart(holding, market, parameters));
  }
  for (const holding of portfolio.assets) {
    const price = assetPrice(market, holding.asset);
    markToMarket += holding.quantity * price.price;
    parts.push(spotPart(holding, price.price, parameters));
  }
  return { ...sumParts(parts), markToMarket, worst: undefined, parts };
};

const perpPart = (
  { underlying, size, unrealisedProfit, accruedFunding }: ModelPortfolio['perpetuals'][number],
  market: ModelMarket,
  { perps, initialProfitMax }: DriftParameters,
): RequirementPart => {
  const terms = termsOf(perps, '', underlying);
  const { price } = perpetualPrice(underlyingMarket(market, underlying), underlying);
  const notional = Math.abs(size) * price * market.stablePrice;
  const profit = unrealisedProfit + accruedFunding;
  const asked = (kind: keyof DriftSide, profitMax: number): number => {
    const ratio = sizePremiumLiabilityWeight(sizeUnits(size), terms.imfFactor, terms.marginRatio[kind]);
    // What a profit does not count for is asked for; a loss counts in full.
    const counted = profit > 0 ? Math.min(profit * share(terms.profitWeight[kind]), profitMax) : profit;
    return notional * share(ratio) + (profit - counted) * market.stablePrice;
  };
  return {
    name: underlying,
    initial: asked('initial', initialProfitMax),
    maintenance: asked('maintenance', Infinity),
  };
};

const spotPart = (
  { asset, quantity }: ModelPortfolio['assets'][number],
  price: number,
  { spots }: DriftParameters,
): RequirementPart => {
  const terms = termsOf(spots, 'the token ', asset);
  const value = quantity * price;
  const asked = (kind: keyof DriftSide): number => {
    if (quantity < 0) {
      const weight = sizePremiumLiabilityWeight(sizeUnits(quantity), terms.imfFactor, terms.liability[kind]);
      return -value * (share(weight) - 1);
    }
    const base = kind === 'initial' ? initialAssetWeight(terms) : terms.asset.maintenance;
    return value * (1 - share(sizeDiscountAssetWeight(sizeUnits(quantity), terms.imfFactor, base)));
  };
  return { name: asset, initial: asked('initial'), maintenance: asked('maintenance') };
};

const initialAssetWeight = ({ asset, depositValue, scaleStart }: DriftSpotTerms): bigint =>
  poolScaledAssetWeight(
    floatToUnits(depositValue, QUOTE_DIGITS, 'down'),
    floatToUnits(scaleStart, QUOTE_DIGITS, 'down'),
    asset.initial,
  );
