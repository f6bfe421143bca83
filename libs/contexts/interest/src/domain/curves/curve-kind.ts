import type { RateCurve } from '@plinth/messages';
import { compareDecimal, decimalOf, ZERO, type Decimal } from '@plinth/money';
import { LIMITS } from '../limits.ts';

/** Decimals of every rate that is computed and recorded. */
export const RATE_DIGITS = 18;

export type CurveProblem = Readonly<{ field: string; expected: string }>;

/** A family of rate curves: one file each in this folder, and one line in its index. */
export type CurveKind = Readonly<{
  kind: string;
  /**
   * What is wrong with the parameters; undefined when they are a curve of this kind. May throw
   * `InvalidNumber`.
   */
  problem: (curve: RateCurve) => CurveProblem | undefined;
  /**
   * Borrow rate per year at a utilisation in [0, 1]: ≥ 0 and never falling in it. At most `RATE_DIGITS`
   * decimals.
   */
  borrowRate: (curve: RateCurve, utilisation: Decimal) => Decimal;
}>;

/** A rate per year that a curve may have as a parameter. */
export const rateProblem = (field: string, text: string): CurveProblem | undefined => {
  const rate = decimalOf(text, field, RATE_DIGITS);
  const isInside = compareDecimal(rate, ZERO) >= 0 && compareDecimal(rate, decimalOf(LIMITS.rateMax)) <= 0;
  return isInside ? undefined : { field, expected: `0 to ${LIMITS.rateMax} per year` };
};
