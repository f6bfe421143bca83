import { refuse } from '../../checks.ts';
import { sumParts, type MarginModel, type Requirement, type RequirementPart } from '../margin-model.ts';
import {
  checkPrice,
  perpetualPrice,
  underlyingMarket,
  type ModelMarket,
  type UnderlyingMarket,
} from '../market.ts';
import { checkPortfolio, type ModelPortfolio } from '../portfolio.ts';
import { standardExpiries, type Both, type StandardExpiry } from './expiries.ts';
import { checkStandard, type DeriveStandardParameters, type StandardMarketTerms } from './parameters.ts';

/** One market of the account. Margins are signed as the rulebook has them: negative is asked for. */
export type StandardMarket = Readonly<{
  underlying: string;
  expiries: readonly StandardExpiry[];
  optionValue: number;
  optionMargin: Both;
  perpetualMargin: Both;
  /** What coins held as collateral count for; positive. */
  baseMargin: Both;
  baseValue: number;
  unrealisedProfit: number;
  accruedFunding: number;
  /** Initial margin only, at most 0. */
  oracle: number;
  depeg: number;
}>;

export type DeriveStandardRequirement = Requirement & Readonly<{ markets: readonly StandardMarket[] }>;

/**
 * Standard margin of Derive: each market and each expiry by itself, the better of isolated and bounded loss;
 * long options count for nothing and coins for a share of their value. Formulas and sources: FORMULAS.md.
 */
export const deriveStandard: MarginModel<DeriveStandardParameters, DeriveStandardRequirement> = {
  name: 'derive-standard',
  requirement: (portfolio, market, parameters) => {
    checkStandard(parameters);
    checkPortfolio(portfolio);
    checkPrice('stablePrice', { price: market.stablePrice, confidence: 1 });
    const names = [...new Set(underlyingsOf(portfolio))];
    const markets = names.map((name) => marketMargin(name, portfolio, market, parameters));
    const parts = markets.flatMap(partsOf);
    const value = (of: (item: StandardMarket) => number): number => sum(markets, of);
    const markToMarket =
      value(({ optionValue }) => optionValue) +
      value(({ baseValue }) => baseValue) +
      value(({ unrealisedProfit, accruedFunding }) => unrealisedProfit + accruedFunding) +
      portfolio.cash;
    return { ...sumParts(parts), markToMarket, worst: undefined, parts, markets };
  },
};

/** A coin that serves as collateral is the market of its own name. */
const underlyingsOf = ({ options, perpetuals, assets }: ModelPortfolio): readonly string[] => [
  ...options.map(({ underlying }) => underlying),
  ...perpetuals.map(({ underlying }) => underlying),
  ...assets.map(({ asset }) => asset),
];

const marketMargin = (
  name: string,
  portfolio: ModelPortfolio,
  market: ModelMarket,
  { markets, depeg }: DeriveStandardParameters,
): StandardMarket => {
  const terms = markets.get(name) ?? refuse('portfolio', `Expected a market of the rulebook, was "${name}"`);
  const prices = underlyingMarket(market, name);
  const own = portfolio.options.filter(({ underlying }) => underlying === name);
  const expiries = standardExpiries(own, prices, terms.option);
  const perpetuals = portfolio.perpetuals.filter(({ underlying }) => underlying === name);
  const perpetualSize = Math.abs(sum(perpetuals, ({ size }) => size));
  const shortSize = sum(expiries, (expiry) => expiry.shortSize);
  const coins = coinsOf(name, portfolio);
  const pegLoss = Math.max(0, depeg.threshold - market.stablePrice) * depeg.factor;
  const notional = coins * prices.spot.price;
  return {
    underlying: name,
    expiries,
    optionValue: sum(expiries, ({ value }) => value),
    optionMargin: sumBoth(expiries.map(({ margin }) => margin)),
    perpetualMargin: perpetualMargin(perpetualSize, prices, terms, name),
    baseMargin: {
      initial: notional * terms.base.factor * terms.base.initialScale,
      maintenance: notional * terms.base.factor,
    },
    baseValue: notional / market.stablePrice,
    unrealisedProfit: sum(perpetuals, ({ unrealisedProfit }) => unrealisedProfit),
    accruedFunding: sum(perpetuals, ({ accruedFunding }) => accruedFunding),
    oracle: 0 - oracleCharge({ perpetualSize, expiries, coins }, prices, terms),
    depeg: 0 - pegLoss * prices.spot.price * (shortSize + perpetualSize),
  };
};

const coinsOf = (name: string, { assets }: ModelPortfolio): number => {
  const coins = sum(assets, ({ asset, quantity }) => (asset === name ? quantity : 0));
  return coins >= 0
    ? coins
    : refuse(`asset ${name} quantity`, `Expected at least 0: assets are not lent, was ${coins}`);
};

const perpetualMargin = (
  size: number,
  market: UnderlyingMarket,
  { perpetual }: StandardMarketTerms,
  name: string,
): Both => {
  if (size === 0) return { initial: 0, maintenance: 0 };
  const notional = size * perpetualPrice(market, name).price;
  return { initial: -notional * perpetual.initial, maintenance: -notional * perpetual.maintenance };
};

type Sizes = Readonly<{ perpetualSize: number; expiries: readonly StandardExpiry[]; coins: number }>;

/** (1 − confidence) · factor of the spot price for what an unsure oracle prices. */
const oracleCharge = (
  { perpetualSize, expiries, coins }: Sizes,
  { spot, perpetual }: UnderlyingMarket,
  { oracle }: StandardMarketTerms,
): number => {
  const charge = (confidence: number, threshold: number, size: number): number =>
    confidence < threshold ? (1 - confidence) * oracle.factor * spot.price * size : 0;
  const perpetualConfidence = Math.min(spot.confidence, perpetual?.confidence ?? 1);
  return (
    charge(perpetualConfidence, oracle.perpetualThreshold, perpetualSize) +
    sum(expiries, ({ confidence, shortSize }) =>
      charge(Math.min(spot.confidence, confidence), oracle.optionThreshold, shortSize),
    ) +
    charge(spot.confidence, oracle.baseThreshold, coins)
  );
};

/** What is asked for is what a holding is worth less what it counts for: a long option counts for nothing. */
const partsOf = (market: StandardMarket): readonly RequirementPart[] => {
  const { underlying, optionValue, optionMargin, perpetualMargin: perpetual, baseValue, baseMargin } = market;
  const name = (part: string): string => `${underlying} ${part}`;
  return [
    part(name('options'), optionValue, optionMargin),
    part(name('perpetual'), 0, perpetual),
    part(name('collateral'), baseValue, baseMargin),
    part(name('oracle'), 0, { initial: market.oracle, maintenance: 0 }),
    part(name('depeg'), 0, { initial: market.depeg, maintenance: 0 }),
  ];
};

const part = (name: string, value: number, { initial, maintenance }: Both): RequirementPart => ({
  name,
  initial: value - initial,
  maintenance: value - maintenance,
});

const sumBoth = (items: readonly Both[]): Both => ({
  initial: sum(items, ({ initial }) => initial),
  maintenance: sum(items, ({ maintenance }) => maintenance),
});

const sum = <T>(items: readonly T[], of: (item: T) => number): number => {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
};
