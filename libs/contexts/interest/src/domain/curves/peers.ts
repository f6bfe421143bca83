import type { RateCurve } from '@plinth/messages';
import { decimalOf, decimalOfUnits, multiply, roundDecimal, unitsOf, type Decimal } from '@plinth/money';
import {
  firstOf,
  rateProblem,
  RATE_DIGITS,
  utilisationProblem,
  type CurveKind,
  type CurveProblem,
} from './curve-kind.ts';
import { YEAR_SECONDS } from '../year.ts';
import { cometCurve, deriveCurve, eulerRatePerSecond, eulerUtilisation, stretchedRate } from './stretches.ts';

const rounded = (rate: Decimal): Decimal => roundDecimal(rate, RATE_DIGITS, 'up').rounded;

const kinkProblem = (curve: RateCurve): CurveProblem | undefined =>
  rateProblem(curve, ['base', 'slope1', 'slope2']) ?? utilisationProblem('kink', curve.kink);

/** Derive: a least rate, and slopes per unit of utilisation below and above the kink. */
export const derive: CurveKind = {
  kind: 'derive',
  fields: ['base', 'slope1', 'slope2', 'kink'],
  problem: kinkProblem,
  borrowRate: ({ base, slope1, slope2, kink }, utilisation) =>
    rounded(
      stretchedRate(
        deriveCurve({
          minRate: decimalOf(base),
          multiplier: decimalOf(slope1),
          highMultiplier: decimalOf(slope2),
          kink: decimalOf(kink),
        }),
        utilisation,
      ),
    ),
};

const cometRate = (
  utilisation: Decimal,
  ...[base, slopeLow, slopeHigh, kink]: readonly [string, string, string, string]
): Decimal =>
  rounded(
    stretchedRate(
      cometCurve({
        base: decimalOf(base),
        slopeLow: decimalOf(slopeLow),
        slopeHigh: decimalOf(slopeHigh),
        kink: decimalOf(kink),
      }),
      utilisation,
    ),
  );

/** Compound III: borrowers and suppliers have curves of their own; what lies between is the reserve's. */
export const compound: CurveKind = {
  kind: 'compound',
  fields: ['base', 'slope1', 'slope2', 'kink', 'supplyBase', 'supplySlope1', 'supplySlope2', 'supplyKink'],
  problem: (curve) =>
    firstOf([
      () => kinkProblem(curve),
      () => rateProblem(curve, ['supplyBase', 'supplySlope1', 'supplySlope2']),
      () => utilisationProblem('supplyKink', curve.supplyKink),
    ]),
  borrowRate: ({ base, slope1, slope2, kink }, utilisation) =>
    cometRate(utilisation, base, slope1, slope2, kink),
  supplyRate: ({ supplyBase, supplySlope1, supplySlope2, supplyKink }, utilisation) =>
    cometRate(utilisation, supplyBase, supplySlope1, supplySlope2, supplyKink),
};

/** Largest rate per second, in 10⁻²⁷: ten thousand per cent a year. */
const EULER_RATE_MAX = 3_170_979_198_376_458_650_431n;
const EULER_WHOLE = 4_294_967_295n;

const wholeOf = (text: string, field: string): bigint => unitsOf(text, 0, field);

/**
 * Euler: whole numbers per second in 10⁻²⁷ and per 2⁻³² of utilisation, integer-exact; a year of 365 days
 * here.
 */
export const euler: CurveKind = {
  kind: 'euler',
  fields: ['base', 'slope1', 'slope2', 'kink'],
  problem: (curve) => {
    const [base, slope1, slope2] = (['base', 'slope1', 'slope2'] as const).map((name) =>
      wholeOf(curve[name], name),
    ) as [bigint, bigint, bigint];
    for (const [field, value] of Object.entries({ base, slope1, slope2 }))
      if (value < 0n) return { field, expected: 'a whole number from 0, in 10^-27 per second' };
    const kink = wholeOf(curve.kink, 'kink');
    if (kink <= 0n || kink > EULER_WHOLE)
      return { field: 'kink', expected: `a whole number from 1 to ${EULER_WHOLE}, in 2^-32` };
    const most = base + kink * slope1 + (EULER_WHOLE - kink) * slope2;
    return most <= EULER_RATE_MAX
      ? undefined
      : { field: 'slope2', expected: `such that the rate at full use is at most ${EULER_RATE_MAX}` };
  },
  borrowRate: (curve, utilisation) => {
    const terms = {
      base: wholeOf(curve.base, 'base'),
      slope1: wholeOf(curve.slope1, 'slope1'),
      slope2: wholeOf(curve.slope2, 'slope2'),
      kink: wholeOf(curve.kink, 'kink'),
    };
    const second = eulerRatePerSecond(terms, eulerUtilisation(utilisation));
    return rounded(multiply(second, decimalOfUnits(BigInt(YEAR_SECONDS), 0)));
  },
};
