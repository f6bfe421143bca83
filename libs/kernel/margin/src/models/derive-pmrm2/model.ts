import { percentText } from '../../percent.ts';
import { refuse } from '../../checks.ts';
import {
  sumParts,
  type MarginModel,
  type Requirement,
  type RequirementPart,
  type WorstCase,
} from '../margin-model.ts';
import { assetPrice, checkPrice, perpetualPrice, underlyingMarket, type ModelMarket } from '../market.ts';
import { checkPortfolio, type ModelPortfolio, type PerpetualHolding } from '../portfolio.ts';
import { basisCharge, chargesOf, type Charges } from './contingencies.ts';
import { valueExpiries, type ExpiryValues } from './expiries.ts';
import { checkPmrm2, type CollateralTerms, type DerivePmrm2Parameters } from './parameters.ts';

/** Collateral in the rulebook's unit of account. */
export type CollateralValue = Readonly<{
  asset: string;
  value: number;
  confidence: number;
  terms: CollateralTerms;
}>;

export type DerivePmrm2Requirement = Requirement &
  Readonly<{
    worst: WorstCase;
    /** Gain or loss against today's value in each scenario, damped, in the order of the parameters. */
    scenarioProfits: Float64Array;
    optionValue: number;
    collateralValue: number;
    perpetualValue: number;
    /** Gain (never above 0) when forwards move away from the price; it competes with the scenarios. */
    basisContingency: number;
    initialFactor: number;
    maintenanceFactor: number;
    charges: Charges;
  }>;

/**
 * Portfolio margin of Derive, second version: the worst of a list of full revaluations and of the basis
 * charge, times a factor, plus charges on notionals. One underlying a portfolio. Formulas and sources:
 * FORMULAS.md.
 */
export const derivePmrm2: MarginModel<DerivePmrm2Parameters, DerivePmrm2Requirement> = {
  name: 'derive-pmrm2',
  requirement: (portfolio, market, parameters) => {
    checkPmrm2(parameters);
    checkPortfolio(portfolio);
    checkOneUnderlying(portfolio, parameters.underlying);
    const underlying = underlyingMarket(market, parameters.underlying);
    const perpetuals = portfolio.perpetuals.filter(({ size }) => size !== 0);
    const perpetual = perpetuals.length > 0 ? perpetualPrice(underlying, parameters.underlying) : undefined;
    const collateral = collateralValues(portfolio, market, parameters, underlying.spot.confidence);
    const expiries = valueExpiries(portfolio.options, underlying, parameters);
    const exposure = sum(perpetuals, ({ size }) => size) * (perpetual?.price ?? 0);
    const profits = scenarioProfits(exposure, expiries, collateral, parameters);
    const basisContingency = sum(expiries, (expiry) => basisCharge(expiry, parameters));
    const worst = worstOf(profits, basisContingency, parameters);
    const perpetualSize = sum(perpetuals, ({ size }) => Math.abs(size));
    const charges = chargesOf(
      { perpetualSize, perpetual, underlying, expiries, collateral },
      parameters.contingencies,
    );
    const { initial: initialFactor, maintenance: maintenanceFactor } = factorsOf(market, parameters);
    const parts: readonly RequirementPart[] = [
      // 0 − x, so that nothing to lose is 0 and not −0.
      {
        name: 'scenarios',
        initial: 0 - initialFactor * worst.profit,
        maintenance: 0 - maintenanceFactor * worst.profit,
      },
      ...charges.parts,
    ];
    const optionValue = sum(expiries, ({ markToMarket }) => markToMarket);
    const collateralValue = sum(collateral, ({ value }) => value);
    const perpetualValue = sum(portfolio.perpetuals, valueOfPerpetual);
    return {
      ...sumParts(parts),
      markToMarket: perpetualValue + optionValue + collateralValue + portfolio.cash,
      worst,
      parts,
      scenarioProfits: profits,
      optionValue,
      collateralValue,
      perpetualValue,
      basisContingency,
      initialFactor,
      maintenanceFactor,
      charges,
    };
  },
};

/** A perpetual is worth what it has gained and not yet been paid. */
const valueOfPerpetual = ({ unrealisedProfit, accruedFunding }: PerpetualHolding): number =>
  unrealisedProfit + accruedFunding;

const checkOneUnderlying = ({ perpetuals, options }: ModelPortfolio, underlying: string): void => {
  const other = [...perpetuals, ...options].find((holding) => holding.underlying !== underlying);
  if (other)
    refuse(
      'portfolio',
      `Expected holdings on ${underlying} only (one portfolio an underlying), was ${other.underlying}`,
    );
};

const collateralValues = (
  { assets }: ModelPortfolio,
  market: ModelMarket,
  { collateral }: DerivePmrm2Parameters,
  spotConfidence: number,
): readonly CollateralValue[] =>
  assets.map(({ asset, quantity }) => {
    const terms = collateral.get(asset);
    if (!terms) return refuse('collateral', `Expected an asset that the rulebook accepts, was "${asset}"`);
    if (quantity < 0)
      refuse(`asset ${asset} quantity`, `Expected at least 0: assets are not lent, was ${quantity}`);
    const price = assetPrice(market, asset);
    checkStable(market.stablePrice);
    // The confidence of the perpetual's price lowers that of perpetuals and options, not of collateral.
    const confidence = Math.min(price.confidence, spotConfidence);
    return { asset, value: (quantity * price.price) / market.stablePrice, confidence, terms };
  });

const checkStable = (price: number): void => checkPrice('stablePrice', { price, confidence: 1 });

const scenarioProfits = (
  perpetualExposure: number,
  expiries: readonly ExpiryValues[],
  collateral: readonly CollateralValue[],
  { scenarios }: DerivePmrm2Parameters,
): Float64Array => {
  const moving = sum(collateral, ({ value, terms }) => (terms.isRiskCancelling ? value : 0));
  return Float64Array.from(scenarios, ({ spot, volatility, damping }, s) => {
    const isSkew = volatility === 'linear' || volatility === 'abs';
    let profit = (perpetualExposure + moving) * (spot - 1) * damping;
    for (const { shocked, markToMarket, longDiscount, shortDiscount } of expiries) {
      const value = shocked[s]!;
      const discounted = value * (value >= 0 ? longDiscount : shortDiscount);
      const gain = (discounted - markToMarket) * damping;
      // A skew may turn either way, so no expiry makes up for another.
      profit += isSkew ? -Math.abs(gain) : gain;
    }
    return profit;
  });
};

const worstOf = (
  profits: Float64Array,
  basisContingency: number,
  { scenarios }: DerivePmrm2Parameters,
): WorstCase => {
  let index = scenarios.length;
  let profit = basisContingency;
  profits.forEach((value, s) => {
    if (value < profit) [index, profit] = [s, value];
  });
  const scenario = scenarios[index];
  const name = scenario ? `price ${percentText(scenario.spot - 1)}, vol ${scenario.volatility}` : 'basis';
  return { index, name, profit };
};

/** Below the peg threshold a unit of account that loses its peg asks for more initial margin. */
const factorsOf = (
  { stablePrice }: ModelMarket,
  { margin, contingencies }: DerivePmrm2Parameters,
): Readonly<{ initial: number; maintenance: number }> => {
  checkStable(stablePrice);
  const depeg = Math.max(0, contingencies.pegThreshold - stablePrice);
  return { initial: margin.initial + depeg * contingencies.pegFactor, maintenance: margin.maintenance };
};

const sum = <T>(items: readonly T[], of: (item: T) => number): number => {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
};
