import type { RateCurve } from '@plinth/messages';
import {
  addDecimal,
  compareDecimal,
  decimalOf,
  divide,
  multiply,
  ONE,
  subtractDecimal,
  type Decimal,
} from '@plinth/money';
import type { CurveKind, CurveProblem } from './curve-kind.ts';
import { RATE_DIGITS, rateProblem, utilisationProblem } from './curve-kind.ts';

/**
 * base + slope1 · U/kink up to the kink; base + slope1 + slope2 · (U − kink)/(1 − kink) above it.
 * Continuous, never falling. The quotient is rounded up to 18 decimals: the rate is never below the curve.
 */
const borrowRate = (curve: RateCurve, utilisation: Decimal): Decimal => {
  const [base, slope1, slope2, kink] = [
    decimalOf(curve.base),
    decimalOf(curve.slope1),
    decimalOf(curve.slope2),
    decimalOf(curve.kink),
  ];
  if (compareDecimal(utilisation, kink) <= 0) {
    return addDecimal(base, divide(multiply(slope1, utilisation), kink, RATE_DIGITS, 'up').quotient);
  }
  const above = multiply(slope2, subtractDecimal(utilisation, kink));
  const steep = divide(above, subtractDecimal(ONE, kink), RATE_DIGITS, 'up').quotient;
  return addDecimal(addDecimal(base, slope1), steep);
};

const problem = (curve: RateCurve): CurveProblem | undefined =>
  rateProblem(curve, ['base', 'slope1', 'slope2']) ?? utilisationProblem('kink', curve.kink);

/** Two straight lines that meet at the kink: the curve of most lending pools, and Aave's. */
export const kinked: CurveKind = {
  kind: 'kinked',
  fields: ['base', 'slope1', 'slope2', 'kink'],
  problem,
  borrowRate,
};

/** The same under the name of the peer that it was published by. */
export const aave: CurveKind = { ...kinked, kind: 'aave' };
