import type { RateCurve } from '@plinth/messages';
import {
  addDecimal,
  compareDecimal,
  decimalOf,
  divide,
  multiply,
  ONE,
  subtractDecimal,
  ZERO,
  type Decimal,
} from '@plinth/money';
import type { CurveKind, CurveProblem } from './curve-kind.ts';
import { RATE_DIGITS, rateProblem } from './curve-kind.ts';

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

const problem = (curve: RateCurve): CurveProblem | undefined => {
  for (const name of ['base', 'slope1', 'slope2'] as const) {
    const found = rateProblem(name, curve[name]);
    if (found !== undefined) return found;
  }
  const kink = decimalOf(curve.kink, 'kink', RATE_DIGITS);
  const isInside = compareDecimal(kink, ZERO) > 0 && compareDecimal(kink, ONE) <= 0;
  return isInside ? undefined : { field: 'kink', expected: 'over 0 and at most 1' };
};

/** Two straight lines that meet at the kink: the curve of most lending pools. */
export const kinked: CurveKind = { kind: 'kinked', problem, borrowRate };
