import type { RateCurve } from '@plinth/messages';
import {
  addDecimal,
  assert,
  compareDecimal,
  decimalOf,
  divide,
  multiply,
  ONE,
  subtractDecimal,
  ZERO,
  type Decimal,
} from '@plinth/money';
import { firstOf, RATE_DIGITS, rateProblem, utilisationProblem, type CurveKind } from './curve-kind.ts';

/**
 * Gearbox: two kinks, three slopes over the whole of their stretches, and a stop of borrowing at the second
 * kink.
 */
export type ThreeSlopes = Readonly<{
  base: Decimal;
  slope1: Decimal;
  slope2: Decimal;
  slope3: Decimal;
  kink1: Decimal;
  kink2: Decimal;
  /** Whether nothing more may be borrowed above the second kink. */
  stopsBorrowing: boolean;
}>;

const check = ({ base, slope1, slope2, slope3, kink1, kink2 }: ThreeSlopes): void => {
  for (const [field, rate] of Object.entries({ base, slope1, slope2, slope3 }))
    assert(compareDecimal(rate, ZERO) >= 0, () => `Expected ${field} from 0, was ${rate.toFixed()}`);
  assert(
    compareDecimal(kink1, ZERO) > 0 && compareDecimal(kink2, kink1) >= 0 && compareDecimal(ONE, kink2) > 0,
    () => `Expected 0 < kink1 ≤ kink2 < 1, was ${kink1.toFixed()} and ${kink2.toFixed()}`,
  );
};

/** slope · (U − from) / (to − from), rounded up. */
const climbed = (slope: Decimal, utilisation: Decimal, from: Decimal, to: Decimal): Decimal =>
  divide(multiply(slope, subtractDecimal(utilisation, from)), subtractDecimal(to, from), RATE_DIGITS, 'up')
    .quotient;

/** base, then slope1 up to the first kink, slope2 up to the second, slope3 up to 1. Per year. */
export const threeSlopesRate = (curve: ThreeSlopes, utilisation: Decimal): Decimal => {
  check(curve);
  const { base, slope1, slope2, slope3, kink1, kink2 } = curve;
  if (compareDecimal(utilisation, kink1) < 0)
    return addDecimal(base, climbed(slope1, utilisation, ZERO, kink1));
  const first = addDecimal(base, slope1);
  if (compareDecimal(utilisation, kink2) < 0)
    return addDecimal(first, climbed(slope2, utilisation, kink1, kink2));
  return addDecimal(addDecimal(first, slope2), climbed(slope3, utilisation, kink2, ONE));
};

/** Whether a pool may lend so much that its utilisation becomes this. */
export const mayBorrow = (curve: ThreeSlopes, utilisationAfter: Decimal): boolean =>
  !curve.stopsBorrowing || compareDecimal(utilisationAfter, curve.kink2) <= 0;

const termsOf = (curve: RateCurve): ThreeSlopes => ({
  base: decimalOf(curve.base),
  slope1: decimalOf(curve.slope1),
  slope2: decimalOf(curve.slope2),
  slope3: decimalOf(curve.slope3),
  kink1: decimalOf(curve.kink),
  kink2: decimalOf(curve.kink2),
  stopsBorrowing: curve.stopsBorrowing,
});

/** Three slopes, and a stop of borrowing if wanted. */
export const threeSlope: CurveKind = {
  kind: 'three-slope',
  fields: ['base', 'slope1', 'slope2', 'slope3', 'kink', 'kink2'],
  problem: (curve) =>
    firstOf([
      () => rateProblem(curve, ['base', 'slope1', 'slope2', 'slope3']),
      () => utilisationProblem('kink', curve.kink, ZERO, true),
      () => utilisationProblem('kink2', curve.kink2, decimalOf(curve.kink), true),
    ]),
  borrowRate: (curve, utilisation) => threeSlopesRate(termsOf(curve), utilisation),
  borrowStop: (curve) => (curve.stopsBorrowing ? decimalOf(curve.kink2) : undefined),
};
