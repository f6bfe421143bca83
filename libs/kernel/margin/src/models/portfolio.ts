import { checkFinite, refuse } from '../checks.ts';
import { LIMITS } from '../limits.ts';

/** Where a holding stands and what it is called; only rulebooks that look at places or names need it. */
type Placed = Readonly<{
  /** Name of the contract, for refusals; its underlying when absent. */
  instrument?: string;
  venue?: string;
}>;

/** A perpetual: size in units of the underlying, amounts in the rulebook's unit, gains positive. */
export type PerpetualHolding = Placed &
  Readonly<{
    underlying: string;
    size: number;
    unrealisedProfit: number;
    accruedFunding: number;
    /** Settled in the coin; size and profit are still those in the unit of account. */
    isInverse?: boolean;
    /** A future that expires then; absent for a perpetual. */
    secondsToExpiry?: number;
  }>;

/** A European option: size in units of the underlying, short negative. */
export type OptionHolding = Placed &
  Readonly<{
    underlying: string;
    secondsToExpiry: number;
    strike: number;
    isCall: boolean;
    size: number;
  }>;

/** A coin or token that serves as collateral, in units; owed when negative. */
export type AssetHolding = Readonly<{
  asset: string;
  quantity: number;
  /** Venue where it stands; absent: in custody. */
  venue?: string;
}>;

/** A book as a rulebook sees it. `cash` is in its unit of account, a debt negative. */
export type ModelPortfolio = Readonly<{
  cash: number;
  perpetuals: readonly PerpetualHolding[];
  options: readonly OptionHolding[];
  assets: readonly AssetHolding[];
}>;

/** What a contract is called in a refusal. */
export const holdingName = ({ instrument, underlying }: Placed & Readonly<{ underlying: string }>): string =>
  instrument ?? underlying;

/** Kinds of holdings that a rulebook judges. */
export type Scope = Readonly<{
  options: boolean;
  futures: boolean;
  inverse: boolean;
  /** Assets other than its unit of account, as collateral; and owed. */
  assets: boolean;
  debts: boolean;
}>;

export const PERPETUALS: Scope = {
  ...{ options: false, futures: false, inverse: false },
  ...{ assets: false, debts: false },
};
export const TOKENS_AND_PERPETUALS: Scope = { ...PERPETUALS, assets: true, debts: true };

/**
 * Refuses by name the first holding that a rulebook does not judge; nothing is judged as if it were not
 * there.
 */
export const checkScope = (scope: Scope, { perpetuals, options, assets }: ModelPortfolio): void => {
  const [option] = options;
  if (option && !scope.options)
    refuse('portfolio', `Expected no options, was an option on ${holdingName(option)}`);
  for (const perpetual of perpetuals) {
    if (perpetual.secondsToExpiry !== undefined && !scope.futures)
      refuse('portfolio', `Expected perpetuals, was the dated future ${holdingName(perpetual)}`);
    if (perpetual.isInverse && !scope.inverse)
      refuse('portfolio', `Expected linear contracts, was the inverse one ${holdingName(perpetual)}`);
  }
  for (const { asset, quantity } of assets) {
    if (!scope.assets) refuse('portfolio', `Expected its unit of account alone, was the asset ${asset}`);
    if (quantity < 0 && !scope.debts)
      refuse('portfolio', `Expected no debt but in its unit of account, was one of ${asset}`);
  }
};

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
    if (perpetual.secondsToExpiry !== undefined)
      checkAtLeastZero(`future ${perpetual.underlying} secondsToExpiry`, perpetual.secondsToExpiry);
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
