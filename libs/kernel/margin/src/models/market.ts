import { checkPositive, refuse } from '../checks.ts';
import { checkAtLeastZero, type OptionHolding } from './portfolio.ts';

/** A price and how far its oracle trusts it, from 0 to 1. */
export type ConfidentPrice = Readonly<{ price: number; confidence: number }>;

/** Seconds before expiry in which the settlement price is an average that is already partly known. */
export const AVERAGING_SECONDS = 1800;
export const SECONDS_PER_YEAR = 31_536_000;

export type ExpiryMarket = Readonly<{
  secondsToExpiry: number;
  forward: number;
  forwardConfidence: number;
  /**
   * Part of `forward` that is fixed already by the settlement average and does not move with the price any
   * more. Default: the share of the averaging window that has passed, forward · (1800 − s)/1800.
   */
  fixedForward?: number;
  /** Continuous, per year. */
  rate: number;
  rateConfidence: number;
  /** Lowest confidence of the volatilities of this expiry. */
  volatilityConfidence: number;
  /** Volatility per √year at a strike; undefined where there is none. */
  volatility: (strike: number) => number | undefined;
}>;

export type UnderlyingMarket = Readonly<{
  spot: ConfidentPrice;
  /** Undefined where there is no perpetual. */
  perpetual?: ConfidentPrice;
  /** Realised volatility per √year, for rulebooks whose shocks follow it; absent: their lowest shock. */
  volatility?: number;
  expiries: readonly ExpiryMarket[];
}>;

export type ModelMarket = Readonly<{
  /** Price in USD of the rulebook's unit of account. */
  stablePrice: number;
  underlyings: ReadonlyMap<string, UnderlyingMarket>;
  assets: ReadonlyMap<string, ConfidentPrice>;
}>;

/** USD price of an asset; refused by name where there is none. */
export const assetPrice = ({ assets }: ModelMarket, asset: string): ConfidentPrice => {
  const found = assets.get(asset) ?? refuse('market', `Expected a price of ${asset}, was none`);
  checkPrice(asset, found);
  return found;
};

export const underlyingMarket = (market: ModelMarket, underlying: string): UnderlyingMarket => {
  const found = market.underlyings.get(underlying);
  if (!found) return refuse('market', `Expected prices of ${underlying}, was none`);
  checkPrice(`${underlying} spot`, found.spot);
  return found;
};

export const perpetualPrice = (market: UnderlyingMarket, underlying: string): ConfidentPrice => {
  const { perpetual } = market;
  if (!perpetual) return refuse('market', `Expected a price of the perpetual of ${underlying}, was none`);
  checkPrice(`${underlying} perpetual`, perpetual);
  return perpetual;
};

export const expiryMarket = (market: UnderlyingMarket, option: OptionHolding): ExpiryMarket => {
  const found = market.expiries.find(({ secondsToExpiry }) => secondsToExpiry === option.secondsToExpiry);
  const name = `${option.underlying} in ${option.secondsToExpiry} s`;
  if (!found) return refuse('market', `Expected a forward of ${name}, was none`);
  checkPositive(`forward of ${name}`, found.forward);
  if (!Number.isFinite(found.rate)) refuse(`rate of ${name}`, `Expected a finite number, was ${found.rate}`);
  checkConfidence(`forward confidence of ${name}`, found.forwardConfidence);
  checkConfidence(`rate confidence of ${name}`, found.rateConfidence);
  checkConfidence(`volatility confidence of ${name}`, found.volatilityConfidence);
  return found;
};

/** An option without a volatility cannot be judged, unless it has expired and needs none. */
export const volatilityOf = (expiry: ExpiryMarket, option: OptionHolding): number => {
  const volatility = expiry.volatility(option.strike);
  const name = `volatility of ${option.underlying} ${option.strike} in ${option.secondsToExpiry} s`;
  if (volatility === undefined)
    return expiry.secondsToExpiry === 0 ? 0 : refuse(name, 'Expected one, was none');
  checkAtLeastZero(name, volatility);
  return volatility;
};

export const fixedForwardOf = (expiry: ExpiryMarket): number => {
  const passed = Math.max(0, AVERAGING_SECONDS - expiry.secondsToExpiry) / AVERAGING_SECONDS;
  const fixed = expiry.fixedForward ?? expiry.forward * passed;
  if (!(fixed >= 0 && fixed <= expiry.forward))
    refuse('fixedForward', `Expected from 0 to the forward ${expiry.forward}, was ${fixed}`);
  return fixed;
};

export const checkPrice = (field: string, { price, confidence }: ConfidentPrice): void => {
  checkPositive(field, price);
  checkConfidence(`${field} confidence`, confidence);
};

const checkConfidence = (field: string, value: number): void => {
  if (!(value >= 0 && value <= 1)) refuse(field, `Expected a number from 0 to 1, was ${value}`);
};
