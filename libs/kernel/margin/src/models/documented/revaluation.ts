import { blackValue } from '@plinth/options';
import {
  expiryMarket,
  perpetualPrice,
  SECONDS_PER_YEAR,
  underlyingMarket,
  volatilityOf,
  type ModelMarket,
} from '../market.ts';
import { holdingName, type ModelPortfolio, type OptionHolding } from '../portfolio.ts';
import { checkPositive } from '../../checks.ts';

const SECONDS_PER_DAY = 86_400;

/** One option with what its value needs, ready to be moved. */
export type PricedOption = Readonly<{
  holding: OptionHolding;
  forward: number;
  volatility: number;
  value: number;
}>;

/** One contract with a linear payoff: worth size · price, more or less by the same amount as the price. */
export type PricedFuture = Readonly<{
  name: string;
  size: number;
  price: number;
  secondsToExpiry: number | undefined;
}>;

/** All holdings on one underlying, priced. Prices in the rulebook's unit of account. */
export type PricedUnderlying = Readonly<{
  underlying: string;
  spot: number;
  futures: readonly PricedFuture[];
  options: readonly PricedOption[];
}>;

/** A move of the price (−0.1: 10 % lower), of volatilities (relative, by days to expiry) and of time. */
export type Move = Readonly<{ spot: number; volatility: (days: number) => number; days: number }>;

export const STILL = (): number => 0;

export const daysOf = (seconds: number): number => seconds / SECONDS_PER_DAY;

/** Groups a book by underlying and prices it; what has no price is refused by name. */
export const pricedUnderlyings = (
  { perpetuals, options }: ModelPortfolio,
  market: ModelMarket,
): readonly PricedUnderlying[] => {
  const names = [...new Set([...perpetuals, ...options].map(({ underlying }) => underlying))];
  return names.map((underlying) => {
    const prices = underlyingMarket(market, underlying);
    return {
      underlying,
      spot: prices.spot.price,
      futures: perpetuals
        .filter((held) => held.underlying === underlying && held.size !== 0)
        .map((held) => ({
          name: holdingName(held),
          size: held.size,
          price: perpetualPrice(prices, underlying).price,
          secondsToExpiry: held.secondsToExpiry,
        })),
      options: options
        .filter((held) => held.underlying === underlying && held.size !== 0)
        .map((holding) => {
          const expiry = expiryMarket(prices, holding);
          const volatility = volatilityOf(expiry, holding);
          checkPositive(`strike of ${holdingName(holding)}`, holding.strike);
          const { forward } = expiry;
          return { holding, forward, volatility, value: valueOf(holding, forward, volatility, 0) };
        }),
    };
  });
};

/** Undiscounted value of the whole holding, `days` later. */
const valueOf = (
  { isCall, strike, size, secondsToExpiry }: OptionHolding,
  forward: number,
  volatility: number,
  days: number,
): number => {
  const seconds = Math.max(0, secondsToExpiry - days * SECONDS_PER_DAY);
  return size * blackValue(isCall, forward, strike, volatility * Math.sqrt(seconds / SECONDS_PER_YEAR));
};

/** Gain of the option in a move; full revaluation. */
export const optionGain = ({ holding, forward, volatility, value }: PricedOption, move: Move): number => {
  const shocked = volatility * Math.max(0, 1 + move.volatility(daysOf(holding.secondsToExpiry)));
  return valueOf(holding, forward * (1 + move.spot), shocked, move.days) - value;
};

/** Gain of everything on the underlying in a move. */
export const gainOf = ({ futures, options }: PricedUnderlying, move: Move): number => {
  let gain = 0;
  for (const { size, price } of futures) gain += size * price * move.spot;
  for (const option of options) gain += optionGain(option, move);
  return gain;
};

/** Half of the width, in relative price, over which the delta of an option is measured. */
const DELTA_STEP = 1e-4;

/** Units of the underlying that the option moves like. */
export const deltaOf = (option: PricedOption): number => {
  const gain = (spot: number): number => optionGain(option, { spot, volatility: STILL, days: 0 });
  return (gain(DELTA_STEP) - gain(-DELTA_STEP)) / (2 * DELTA_STEP * option.forward);
};

/** Shorts at each strike of an expiry, calls and puts together, in units: what is short in all. */
export const netShorts = (options: readonly PricedOption[]): number => {
  const strikes = new Map<string, number>();
  for (const { holding } of options) {
    const key = `${holding.secondsToExpiry} ${holding.strike}`;
    strikes.set(key, (strikes.get(key) ?? 0) + holding.size);
  }
  let short = 0;
  for (const net of strikes.values()) short += Math.max(0, -net);
  return short;
};

/** Value of all that is not cash, in the unit of account: profits and funding of futures, options in full. */
export const valueOfContracts = (
  { perpetuals }: ModelPortfolio,
  underlyings: readonly PricedUnderlying[],
): number => {
  let value = 0;
  for (const { unrealisedProfit, accruedFunding } of perpetuals) value += unrealisedProfit + accruedFunding;
  for (const { options } of underlyings) for (const option of options) value += option.value;
  return value;
};
