import { checkFinite, refuse } from '../checks.ts';
import { LIMITS } from '../limits.ts';

/** A perpetual: size in units of the underlying, amounts in the rulebook's unit, gains positive. */
export type PerpetualHolding = Readonly<{
  underlying: string;
  size: number;
  unrealisedProfit: number;
  accruedFunding: number;
}>;

/** A European option: size in units of the underlying, short negative. */
export type OptionHolding = Readonly<{
  underlying: string;
  secondsToExpiry: number;
  strike: number;
  isCall: boolean;
  size: number;
}>;

/** A coin or token that serves as collateral, in units. */
export type AssetHolding = Readonly<{ asset: string; quantity: number }>;

/** A book as a rulebook sees it. `cash` is in its unit of account, a debt negative. */
export type ModelPortfolio = Readonly<{
  cash: number;
  perpetuals: readonly PerpetualHolding[];
  options: readonly OptionHolding[];
  assets: readonly AssetHolding[];
}>;

/** Refuses numbers that are none, and books beyond the limits of this lib. */
export const checkPortfolio = ({ cash, perpetuals, options, assets }: ModelPortfolio): void => {
  checkFinite('cash', cash);
  const count = perpetuals.length + options.length + assets.length;
  if (count > LIMITS.positionsPerAccount)
    refuse('portfolio', `Expected at most ${LIMITS.positionsPerAccount} holdings, was ${count}`);
  for (const perpetual of perpetuals) {
    checkFinite(`perpetual ${perpetual.underlying} size`, perpetual.size);
    checkFinite(`perpetual ${perpetual.underlying} unrealisedProfit`, perpetual.unrealisedProfit);
    checkFinite(`perpetual ${perpetual.underlying} accruedFunding`, perpetual.accruedFunding);
  }
  for (const option of options) {
    checkFinite(`option on ${option.underlying} size`, option.size);
    checkAtLeastZero(`option on ${option.underlying} strike`, option.strike);
    checkAtLeastZero(`option on ${option.underlying} secondsToExpiry`, option.secondsToExpiry);
  }
  for (const { asset, quantity } of assets) checkFinite(`asset ${asset} quantity`, quantity);
};

export const checkAtLeastZero = (field: string, value: number): void => {
  if (!(value >= 0 && Number.isFinite(value))) refuse(field, `Expected a finite number from 0, was ${value}`);
};
