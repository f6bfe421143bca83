import {
  houseVolatility,
  observePrice,
  startVolatility,
  volatilityOf,
  type Volatility,
} from '@plinth/margin';
import { unitsToFloat } from '@plinth/money';
import { PRICE_DIGITS } from './price-units.ts';

/** EWMA state of one instrument's marks; the formula is margin's (finance §5). */
export type VolatilitySample = Volatility;

/** σ per √year assumed for an instrument that was never priced; it fades with the half-lives. */
export const PRIOR_VOLATILITY = { stable: houseVolatility.floor, other: houseVolatility.initial } as const;

/**
 * Largest figure that margin takes; a jump beyond it tells of a broken price, not of a risk that could be
 * margined.
 */
const MOST_PER_YEAR = 100;

/** The state at the first mark, whose recorded volatility is the assumption. */
export const firstSample = (perYear: number, price: bigint, atMs: number): VolatilitySample =>
  startVolatility(unitsToFloat(price, PRICE_DIGITS), atMs, { ...houseVolatility, initial: perYear });

/** One more mark; within a minute of the last sample nothing changes. */
export const sampleVolatility = (last: VolatilitySample, price: bigint, atMs: number): VolatilitySample =>
  observePrice(last, unitsToFloat(price, PRICE_DIGITS), atMs, houseVolatility);

/** σ per √year: the larger of the two half-lives, floored. */
export const perYear = (sample: VolatilitySample): number =>
  Math.min(MOST_PER_YEAR, volatilityOf(sample, houseVolatility));
