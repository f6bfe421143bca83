import type { Book } from '../book.ts';
import { checkFinite, refuse } from '../checks.ts';
import type { RiskModel } from '../risk-model.ts';
import { apply, gradientAt, type Slack } from './boundary.ts';
import { Revaluation } from './revaluation.ts';
import { rootOf } from './symmetric-matrix.ts';

const HOURS_PER_YEAR = 8_760;
const HOURS_PER_DAY = 24;
const LONGEST_HOURS = 7 * HOURS_PER_DAY;

/** Correlation of the log returns of two underlyings, −1 to 1. */
export type CorrelationOf = (a: string, b: string) => number;

export type TailParameters = Readonly<{
  /** Of the Student t that all factors share: the fewer, the more often everything jumps at once. */
  degreesOfFreedom: number;
  /** Of the logarithm of implied volatilities, per √year. */
  volatilityOfVolatility: number;
}>;

export const houseTails: TailParameters = { degreesOfFreedom: 4, volatilityOfVolatility: 2 };

export const checkTails = ({ degreesOfFreedom, volatilityOfVolatility }: TailParameters): void => {
  if (!(Number.isInteger(degreesOfFreedom) && degreesOfFreedom >= 3 && degreesOfFreedom <= 100))
    refuse('degreesOfFreedom', `Expected an integer from 3 to 100, was ${degreesOfFreedom}`);
  checkFinite('volatilityOfVolatility', volatilityOfVolatility);
  if (!(volatilityOfVolatility >= 0 && volatilityOfVolatility <= 20))
    refuse('volatilityOfVolatility', `Expected 0 to 20, was ${volatilityOfVolatility}`);
};

/** What an account depends on over a horizon: its revaluation, and independent factors behind its factors. */
export type AccountFactors = Readonly<{
  revaluation: Revaluation;
  horizonHours: number;
  /** Log moves of the factors = root · z, row by row; z independent with variance 1. */
  root: Float64Array;
  /** One standard deviation of each factor over the horizon. */
  deviations: Float64Array;
}>;

/**
 * Factors of one account over `hours`; when not given, over its liquidation horizon: the longest of its
 * underlyings' own, or the time in which its exposure is traded away at the allowed share of a day's volume,
 * at most a week.
 */
export const accountFactors = (
  model: RiskModel,
  book: Book,
  account: number,
  correlation: CorrelationOf,
  tails: TailParameters,
  hours?: number,
): AccountFactors => {
  const revaluation = new Revaluation(model, book, account);
  const horizonHours = hours ?? horizonOf(model, revaluation);
  return { revaluation, horizonHours, ...factorLaw(model, revaluation, correlation, tails, horizonHours) };
};

/**
 * Joint law of factors over a horizon: prices with their market's volatilities and the correlations given,
 * implied volatilities each by itself.
 */
export const factorLaw = (
  { market, catalogue }: RiskModel,
  { underlyings, volatile }: Pick<Revaluation, 'underlyings' | 'volatile'>,
  correlation: CorrelationOf,
  tails: TailParameters,
  hours: number,
): Pick<AccountFactors, 'root' | 'deviations'> => {
  const n = underlyings.length + volatile.length;
  const { ids } = catalogue.underlyings;
  const years = Math.sqrt(hours / HOURS_PER_YEAR);
  const deviations = Float64Array.from({ length: n }, (_, k) => {
    const u = underlyings[k];
    return years * (u === undefined ? tails.volatilityOfVolatility : market.volatilityOf(u));
  });
  const covariance = new Float64Array(n * n);
  for (let j = 0; j < n; j++)
    for (let k = 0; k < n; k++) {
      const [a, b] = [underlyings[j], underlyings[k]];
      const rho = a === undefined || b === undefined ? 0 : correlation(ids[a]!, ids[b]!);
      covariance[j * n + k] = (j === k ? 1 : rho) * deviations[j]! * deviations[k]!;
    }
  return { root: rootOf(covariance, n), deviations };
};

const horizonOf = ({ underlyingParameters, parameters }: RiskModel, revaluation: Revaluation): number => {
  const exposures = gradientAt(
    (moves) => revaluation.valueAt(moves),
    new Float64Array(revaluation.factorCount),
    1e-4,
  );
  let hours = 0;
  revaluation.underlyings.forEach((u, k) => {
    const { horizonHours, dailyVolumeUsd } = underlyingParameters[u]!;
    const daily = parameters.concentration.participation * dailyVolumeUsd;
    const own = (HOURS_PER_DAY * Math.abs(exposures[k]!)) / daily;
    hours = Math.max(hours, horizonHours, Math.min(LONGEST_HOURS, own));
  });
  return hours;
};

/** Equity left at z, deductions as they are now. */
export const slackOf =
  ({ revaluation, root }: AccountFactors, equity: number): Slack =>
  (z) =>
    equity + revaluation.valueAt(apply(root, z)) - revaluation.now;
