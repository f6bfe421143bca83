import { termsOf } from '../bounds.ts';
import type { MarginModel, Requirement } from '../margin-model.ts';
import { assetPrice, checkPrice, perpetualPrice, underlyingMarket, type ModelMarket } from '../market.ts';
import { checkPortfolio, checkScope, TOKENS_AND_PERPETUALS, type ModelPortfolio } from '../portfolio.ts';
import {
  mangoHealthParts,
  type HealthKind,
  type MangoAccount,
  type MangoBank,
  type MangoPerp,
  type SideWeights,
} from './health.ts';

/** A token's pool but for its price; the stable price is a part of the parameters. */
export type MangoTokenTerms = Omit<MangoBank, 'prices'> & Readonly<{ stablePrice?: number }>;

export type MangoPerpTerms = Readonly<{
  baseAsset: SideWeights;
  baseLiability: SideWeights;
  overallAsset: SideWeights;
  stablePrice?: number;
}>;

export type MangoParameters = Readonly<{
  /** Token that cash is in and that profit is settled in. */
  settle: string;
  tokens: ReadonlyMap<string, MangoTokenTerms>;
  perps: ReadonlyMap<string, MangoPerpTerms>;
}>;

/**
 * Mango v4: what an account has less its health is what the rulebook asks for. Spot tokens, cash and
 * perpetuals.
 */
export const mango: MarginModel<MangoParameters> = {
  name: 'mango',
  requirement: (portfolio, market, parameters) => {
    checkPortfolio(portfolio);
    checkScope(TOKENS_AND_PERPETUALS, portfolio);
    return requirementOf(portfolio, market, parameters);
  },
};

const requirementOf = (
  portfolio: ModelPortfolio,
  market: ModelMarket,
  parameters: MangoParameters,
): Requirement => {
  const balances = new Map([[parameters.settle, portfolio.cash]]);
  for (const { asset, quantity } of portfolio.assets)
    balances.set(asset, (balances.get(asset) ?? 0) + quantity);
  const banks = new Map([...balances.keys()].map((token) => [token, bankOf(token, market, parameters)]));
  const account: MangoAccount = {
    balances,
    perps: portfolio.perpetuals.map((holding) => perpOf(holding, market, parameters)),
    reserved: [],
  };
  const settlePrice = banks.get(parameters.settle)!.prices.oracle;
  const profit = portfolio.perpetuals.reduce((sum, p) => sum + p.unrealisedProfit + p.accruedFunding, 0);
  let markToMarket = profit * settlePrice;
  const valueOf = (token: string): number => (balances.get(token) ?? 0) * banks.get(token)!.prices.oracle;
  for (const token of balances.keys()) markToMarket += valueOf(token);
  const healthOf = (kind: HealthKind) => mangoHealthParts(account, banks, kind);
  const [initial, maintenance] = [healthOf('init'), healthOf('maint')];
  const parts = initial.map(({ name, health }, i) => {
    const value = valueOf(name) + (name === parameters.settle ? profit * settlePrice : 0);
    return { name, initial: value - health, maintenance: value - maintenance[i]!.health };
  });
  const sum = (key: 'initial' | 'maintenance'): number => parts.reduce((total, part) => total + part[key], 0);
  return { initial: sum('initial'), maintenance: sum('maintenance'), markToMarket, worst: undefined, parts };
};

const bankOf = (token: string, market: ModelMarket, { settle, tokens }: MangoParameters): MangoBank => {
  const terms = termsOf(tokens, 'the token ', token);
  const own = token === settle ? { price: market.stablePrice, confidence: 1 } : assetPrice(market, token);
  checkPrice(token, own);
  return { ...terms, prices: { oracle: own.price, stable: terms.stablePrice ?? own.price } };
};

const perpOf = (
  { underlying, size, unrealisedProfit, accruedFunding }: ModelPortfolio['perpetuals'][number],
  market: ModelMarket,
  { settle, perps }: MangoParameters,
): MangoPerp => {
  const terms = termsOf(perps, '', underlying);
  const { price } = perpetualPrice(underlyingMarket(market, underlying), underlying);
  return {
    settle,
    basePrices: { oracle: price, stable: terms.stablePrice ?? price },
    lotSize: 1,
    baseAsset: terms.baseAsset,
    baseLiability: terms.baseLiability,
    overallAsset: terms.overallAsset,
    baseLots: size,
    // What was paid for the position, so that base at its price and quote make the profit.
    quote: unrealisedProfit + accruedFunding - size * price,
    bidLots: 0,
    askLots: 0,
  };
};
