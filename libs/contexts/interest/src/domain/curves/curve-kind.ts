import type { RateCurve } from '@plinth/messages';
import { compareDecimal, decimalOf, ONE, ZERO, type Decimal } from '@plinth/money';
import { LIMITS } from '../limits.ts';

/** Decimals of every rate that is computed and recorded. */
export const RATE_DIGITS = 18;

export type CurveProblem = Readonly<{ field: string; expected: string }>;

/** Fields of a curve that are numbers; which of them a kind has is said by the kind. */
export type CurveField = Exclude<keyof RateCurve, 'kind' | 'stopsBorrowing'>;

/** Where a moving curve stands after some time, and what was paid on the way. */
export type MovedCurve = Readonly<{ averageRate: Decimal; rateAtTarget: string }>;

/** A family of rate curves: one file each in this folder, and one line in its index. */
export type CurveKind = Readonly<{
  kind: string;
  /** The numbers that such a curve has; all others must be empty. */
  fields: readonly CurveField[];
  /**
   * What is wrong with the parameters; undefined when they are a curve of this kind. May throw
   * `InvalidNumber`.
   */
  problem: (curve: RateCurve) => CurveProblem | undefined;
  /**
   * Borrow rate per year at a utilisation in [0, 1]: ≥ 0 and never falling in it. At most `RATE_DIGITS`
   * decimals. `rateAtTarget` is where a moving curve stands; empty for others.
   */
  borrowRate: (curve: RateCurve, utilisation: Decimal, rateAtTarget: string) => Decimal;
  /** Rate of suppliers, where they have a curve of their own. */
  supplyRate?: (curve: RateCurve, utilisation: Decimal) => Decimal;
  /** The utilisation beyond which nothing is lent; absent: there is none. */
  borrowStop?: (curve: RateCurve) => Decimal | undefined;
  /** Where a moving curve starts, and how it moves while the utilisation stands. */
  start?: (curve: RateCurve) => string;
  move?: (curve: RateCurve, utilisation: Decimal, rateAtTarget: string, seconds: number) => MovedCurve;
}>;

const within = (field: string, text: string, least: string, most: string): CurveProblem | undefined => {
  const value = decimalOf(text, field, RATE_DIGITS);
  const isInside =
    compareDecimal(value, decimalOf(least)) >= 0 && compareDecimal(value, decimalOf(most)) <= 0;
  return isInside ? undefined : { field, expected: `${least} to ${most}` };
};

/** The first of these fields that is no rate per year that a curve may have as a parameter. */
export const rateProblem = (curve: RateCurve, names: readonly CurveField[]): CurveProblem | undefined =>
  firstOf(names.map((name) => () => within(name, curve[name], '0', LIMITS.rateMax)));

/** A utilisation over `least` and at most 1 (below 1 when `isBelowOne`). */
export const utilisationProblem = (
  field: string,
  text: string,
  least: Decimal = ZERO,
  isBelowOne = false,
): CurveProblem | undefined => {
  const value = decimalOf(text, field, RATE_DIGITS);
  const toOne = compareDecimal(value, ONE);
  const isInside = compareDecimal(value, least) > 0 && (isBelowOne ? toOne < 0 : toOne <= 0);
  return isInside
    ? undefined
    : { field, expected: `over ${least.toFixed()} and ${isBelowOne ? 'below' : 'at most'} 1` };
};

export const numberProblem = within;

export const firstOf = (checks: readonly (() => CurveProblem | undefined)[]): CurveProblem | undefined => {
  for (const check of checks) {
    const found = check();
    if (found !== undefined) return found;
  }
  return undefined;
};
