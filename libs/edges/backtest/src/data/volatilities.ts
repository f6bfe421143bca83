import {
  houseVolatility,
  observePrice,
  startVolatility,
  volatilityOf,
  type Volatility,
} from '@plinth/margin';
import { isStable } from './symbols.ts';

/** What is assumed of an asset that was never priced, as the broker's pricing does; it fades. */
const PRIOR = { stable: houseVolatility.floor, other: houseVolatility.initial } as const;

/**
 * The broker's own EWMA of every asset at every step, from its prices up to that step; NaN before the first.
 */
export const volatilities = (
  dollars: ReadonlyMap<string, Float64Array>,
  times: Float64Array,
): ReadonlyMap<string, Float64Array> =>
  new Map([...dollars].map(([asset, prices]) => [asset, pathOf(asset, prices, times)]));

const pathOf = (asset: string, prices: Float64Array, times: Float64Array): Float64Array => {
  const initial = isStable(asset) || asset === 'USD' ? PRIOR.stable : PRIOR.other;
  const parameters = { ...houseVolatility, initial };
  let state: Volatility | undefined;
  return prices.map((price, i) => {
    const atMs = times[i] as number;
    if (!Number.isNaN(price)) {
      state =
        state === undefined
          ? startVolatility(price, atMs, parameters)
          : observePrice(state, price, atMs, parameters);
    }
    return state === undefined ? NaN : volatilityOf(state, parameters);
  });
};
