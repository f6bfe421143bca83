import { NUMERAIRE } from '../../catalogue.ts';
import { refuse } from '../../checks.ts';
import { checkPrice, type ModelMarket } from '../market.ts';
import {
  checkPortfolio,
  type AssetHolding,
  type ModelPortfolio,
  type OptionHolding,
  type PerpetualHolding,
} from '../portfolio.ts';

/**
 * The book as one venue with this rulebook would see it: assets that are its unit of account are cash, and
 * holdings in one contract are one, wherever they stand. Names stay for refusals; places do not matter there.
 */
export const seenBy = (
  portfolio: ModelPortfolio,
  market: ModelMarket,
  cashAssets: readonly string[],
): ModelPortfolio => {
  checkPortfolio(portfolio);
  checkPrice('stablePrice', { price: market.stablePrice, confidence: 1 });
  let { cash } = portfolio;
  const assets = new Map<string, number>();
  for (const { asset, quantity } of portfolio.assets) {
    if (cashAssets.includes(asset)) cash += quantity * (dollarsOf(asset, market) / market.stablePrice);
    else assets.set(asset, (assets.get(asset) ?? 0) + quantity);
  }
  return {
    cash,
    perpetuals: netted(portfolio.perpetuals, perpetualKey, (a, b) => ({
      ...a,
      size: a.size + b.size,
      unrealisedProfit: a.unrealisedProfit + b.unrealisedProfit,
      accruedFunding: a.accruedFunding + b.accruedFunding,
    })),
    options: netted(portfolio.options, optionKey, (a, b) => ({ ...a, size: a.size + b.size })),
    assets: [...assets]
      .filter(([, quantity]) => quantity !== 0)
      .map(([asset, quantity]): AssetHolding => ({ asset, quantity })),
  };
};

const dollarsOf = (asset: string, market: ModelMarket): number => {
  const price = market.assets.get(asset)?.price ?? (asset === NUMERAIRE ? 1 : undefined);
  if (price === undefined) return refuse('market', `Expected a price of ${asset}, was none`);
  checkPrice(asset, { price, confidence: 1 });
  return price;
};

const perpetualKey = ({ underlying, isInverse, secondsToExpiry }: PerpetualHolding): string =>
  `${underlying} ${isInverse === true} ${secondsToExpiry ?? ''}`;
const optionKey = ({ underlying, secondsToExpiry, strike, isCall }: OptionHolding): string =>
  `${underlying} ${secondsToExpiry} ${strike} ${isCall}`;

const netted = <T>(holdings: readonly T[], keyOf: (held: T) => string, add: (a: T, b: T) => T): T[] => {
  const sums = new Map<string, T>();
  for (const held of holdings) {
    const key = keyOf(held);
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? held : add(sum, held));
  }
  return [...sums.values()];
};
