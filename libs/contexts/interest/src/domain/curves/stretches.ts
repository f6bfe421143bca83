import {
  addDecimal,
  assert,
  compareDecimal,
  decimalOfUnits,
  minDecimal,
  multiply,
  ONE,
  subtractDecimal,
  ZERO,
  type Decimal,
} from '@plinth/money';

/** A straight part of a curve up to a utilisation; the slope is per unit of utilisation. */
export type Stretch = Readonly<{ upTo: Decimal; slope: Decimal }>;

/** Joined straight lines. The last one goes on for ever. */
export type StretchedCurve = Readonly<{ base: Decimal; stretches: readonly Stretch[] }>;

/** base + Σ slope · (part of the utilisation that lies in the stretch). Exact: nothing is divided. */
export const stretchedRate = ({ base, stretches }: StretchedCurve, utilisation: Decimal): Decimal => {
  let rate = base;
  let from = ZERO;
  stretches.forEach(({ upTo, slope }, i) => {
    if (compareDecimal(utilisation, from) <= 0) return;
    const to = i === stretches.length - 1 ? utilisation : minDecimal(upTo, utilisation);
    rate = addDecimal(rate, multiply(slope, subtractDecimal(to, from)));
    from = upTo;
  });
  return rate;
};

/** Refuses stretches that do not follow one another within (0, 1]. */
const joined = (curve: StretchedCurve): StretchedCurve => {
  let from = ZERO;
  for (const { upTo } of curve.stretches) {
    assert(
      compareDecimal(upTo, from) > 0 && compareDecimal(upTo, ONE) <= 0,
      () => `Expected kinks that rise within 0 and 1, was ${upTo.toFixed()} after ${from.toFixed()}`,
    );
    from = upTo;
  }
  return curve;
};

const kinkedAt = (kink: Decimal, base: Decimal, low: Decimal, high: Decimal): StretchedCurve =>
  joined(
    compareDecimal(kink, ONE) === 0
      ? { base, stretches: [{ upTo: ONE, slope: low }] }
      : {
          base,
          stretches: [
            { upTo: kink, slope: low },
            { upTo: ONE, slope: high },
          ],
        },
  );

/**
 * Derive: least rate, one multiplier below the kink and one above it. Per year of 365 days, compounded
 * continuously.
 */
export const deriveCurve = (terms: {
  readonly minRate: Decimal;
  readonly multiplier: Decimal;
  readonly highMultiplier: Decimal;
  readonly kink: Decimal;
}): StretchedCurve => kinkedAt(terms.kink, terms.minRate, terms.multiplier, terms.highMultiplier);

/** One side of Compound III: suppliers and borrowers have curves of their own, with kinks of their own. */
export const cometCurve = (terms: {
  readonly base: Decimal;
  readonly slopeLow: Decimal;
  readonly slopeHigh: Decimal;
  readonly kink: Decimal;
}): StretchedCurve => kinkedAt(terms.kink, terms.base, terms.slopeLow, terms.slopeHigh);

/** Seconds of Euler's year: 365.2425 days. */
export const EULER_YEAR_SECONDS = 31_556_952;
const EULER_RATE_DIGITS = 27;
const EULER_WHOLE = 2n ** 32n;

/** Utilisation as Euler counts it: ⌊U · 2³²⌋, its largest value standing for 1. */
export const eulerUtilisation = (utilisation: Decimal): bigint => {
  const scaled = BigInt(multiply(utilisation, decimalOfUnits(EULER_WHOLE, 0)).round(0, 0).toFixed());
  return scaled >= EULER_WHOLE ? EULER_WHOLE - 1n : scaled;
};

/**
 * Euler's kinked rate: per second, in 10⁻²⁷; slopes per 2⁻³² of utilisation. Integer-exact. Returned as a
 * rate per second.
 */
export const eulerRatePerSecond = (
  terms: Readonly<{ base: bigint; slope1: bigint; slope2: bigint; kink: bigint }>,
  utilisation: bigint,
): Decimal => {
  const { base, slope1, slope2, kink } = terms;
  const rate =
    utilisation <= kink ? base + utilisation * slope1 : base + kink * slope1 + (utilisation - kink) * slope2;
  return decimalOfUnits(rate, EULER_RATE_DIGITS);
};
