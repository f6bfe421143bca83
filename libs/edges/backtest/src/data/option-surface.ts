import { houseVolatility, observePrice, startVolatility, type Volatility } from '@plinth/margin';
import { exp, log } from '@plinth/maths';

const YEAR_MS = 31_536_000_000;
const LN2 = 0.6931471805599453;

/**
 * What options are marked with: no chain was recorded beside the paths of prices, so their volatilities are
 * made from the path by this model. Its numbers are those of the recorded chains (Deribit, BTC and ETH, three
 * days of the winter of 2025): a year's volatility at the money stood 9 % above what the index realised; the
 * nearest expiries took 0.43 to 0.73 of what the last day was above the last month; the smile over the
 * standardised distance ln(K/F)/(σ√T) had slopes of −0.08 to 0.01 and curvatures of 0.04 to 0.07.
 */
export const OPTION_SURFACE = {
  /** Implied over realised volatility. */
  premium: 1.09,
  /** Part of the fast variance above the slow one that the market believes in, and how fast it fades. */
  fastShare: 0.6,
  fastHalfLifeDays: 3.6,
  /** How fast the slow variance goes back to the long-run one, and that: the prior of pricing. */
  slowHalfLifeDays: 50,
  longRun: houseVolatility.initial,
  skew: -0.05,
  smile: 0.05,
  /** The smile is level beyond so many standard deviations. */
  smileReach: 2.5,
  /**
   * Prices that stand below their average of a day move the level up along the skew, within these bounds.
   */
  averageHalfLifeDays: 1,
  reaction: { low: 0.85, high: 1.4 },
  bounds: { low: 0.15, high: 5 },
} as const;

type Moment = Readonly<{ fast: number; slow: number; price: number; average: number }>;

/** Implied volatilities of one coin at every step of a path, from prices up to that step. */
export class OptionSurface {
  readonly #moments: readonly (Moment | undefined)[];

  constructor(prices: Float64Array, times: Float64Array) {
    this.#moments = momentsOf(prices, times);
  }

  /** Per √year at a strike; NaN before the first price. The forward is the price: nothing is carried. */
  volatility(step: number, strike: number, years: number): number {
    const moment = this.#moments[step];
    if (moment === undefined) return NaN;
    const s = OPTION_SURFACE;
    const level = Math.sqrt(years > 0 ? years : 1e-6);
    const plain = s.premium * Math.sqrt(varianceOver(moment, years));
    const away = (s.skew * log(moment.price / moment.average)) / (plain * level);
    const atTheMoney = plain * clamp(s.reaction.low, 1 + away, s.reaction.high);
    const reach = s.smileReach;
    const z = clamp(-reach, log(strike / moment.price) / (atTheMoney * level), reach);
    return clamp(s.bounds.low, atTheMoney * (1 + s.skew * z + s.smile * z * z), s.bounds.high);
  }
}

/** Average variance to the expiry: fast and slow parts fade towards the long run at speeds of their own. */
const varianceOver = ({ fast, slow }: Moment, years: number): number => {
  const { longRun, fastShare, fastHalfLifeDays, slowHalfLifeDays } = OPTION_SURFACE;
  const variance =
    longRun * longRun +
    (slow - longRun * longRun) * averageLeft(slowHalfLifeDays, years) +
    fastShare * (fast - slow) * averageLeft(fastHalfLifeDays, years);
  return Math.max(0.01, variance);
};

/** (1 − e^(−κT)) / κT: what is left on average over T of something that fades. */
const averageLeft = (halfLifeDays: number, years: number): number => {
  const x = (LN2 / (halfLifeDays / 365)) * years;
  return x < 1e-9 ? 1 : (1 - exp(-x)) / x;
};

const momentsOf = (prices: Float64Array, times: Float64Array): readonly (Moment | undefined)[] => {
  let state: Volatility | undefined;
  let average = NaN;
  let seenMs = NaN;
  return Array.from(prices, (price, i) => {
    const atMs = times[i] as number;
    if (price > 0) {
      state =
        state === undefined
          ? startVolatility(price, atMs, houseVolatility)
          : observePrice(state, price, atMs, houseVolatility);
      const days = (atMs - seenMs) / (YEAR_MS / 365);
      const kept = Number.isNaN(average) ? 0 : exp((-LN2 * days) / OPTION_SURFACE.averageHalfLifeDays);
      average = kept === 0 ? price : kept * average + (1 - kept) * price;
      seenMs = atMs;
    }
    if (state === undefined) return undefined;
    return { fast: state.fast, slow: state.slow, price: price > 0 ? price : state.price, average };
  });
};

const clamp = (low: number, value: number, high: number): number => Math.min(high, Math.max(low, value));
