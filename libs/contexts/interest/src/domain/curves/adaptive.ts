import { exp } from '@plinth/maths';
import type { RateCurve } from '@plinth/messages';
import { assert, decimalToFloat, floatToText, fromFloat, textToFloat } from '@plinth/money';
import { firstOf, numberProblem, RATE_DIGITS, utilisationProblem, type CurveKind } from './curve-kind.ts';

/**
 * A curve that moves: while utilisation is above its target the rate at the target grows, while below it
 * falls. The form of Morpho's adaptive curve. Rates per year, speed per year.
 */
export type AdaptiveCurve = Readonly<{
  target: number;
  /** The rate at full utilisation over the one at the target; its inverse at none. */
  steepness: number;
  speed: number;
  rateAtTargetMin: number;
  rateAtTargetMax: number;
}>;

export type AdaptiveRate = Readonly<{
  /** Average over the time that has passed. */
  average: number;
  /** From now on. */
  rate: number;
  rateAtTarget: number;
}>;

const YEAR_SECONDS = 31_536_000;

const check = ({
  target,
  steepness,
  speed,
  rateAtTargetMin: min,
  rateAtTargetMax: max,
}: AdaptiveCurve): void => {
  assert(target > 0 && target < 1, () => `Expected a target between 0 and 1, was ${target}`);
  assert(steepness >= 1 && steepness <= 100, () => `Expected a steepness from 1 to 100, was ${steepness}`);
  assert(speed >= 0 && speed <= 1_000, () => `Expected a speed from 0 to 1000 per year, was ${speed}`);
  assert(min > 0 && max >= min && max <= 100, () => `Expected 0 < min ≤ max ≤ 100, was ${min}, ${max}`);
};

/** Distance to the target, −1 at no utilisation, 1 at full. */
const distanceOf = (utilisation: number, target: number): number =>
  (utilisation - target) / (utilisation > target ? 1 - target : target);

/**
 * (coefficient · distance + 1) · rate at target; the coefficient is steepness − 1 above and 1 − 1/steepness
 * below.
 */
const rateAt = (rateAtTarget: number, distance: number, steepness: number): number =>
  ((distance < 0 ? 1 - 1 / steepness : steepness - 1) * distance + 1) * rateAtTarget;

/**
 * Moves the rate at the target by exp(speed · distance · t), within its bounds, and averages the rates of
 * the start, the middle (twice) and the end.
 */
export const adaptiveRate = (
  curve: AdaptiveCurve,
  rateAtTarget: number,
  utilisation: number,
  elapsedSeconds: number,
): AdaptiveRate => {
  check(curve);
  const { target, steepness, speed, rateAtTargetMin, rateAtTargetMax } = curve;
  assert(
    utilisation >= 0 && utilisation <= 1,
    () => `Expected a utilisation from 0 to 1, was ${utilisation}`,
  );
  assert(elapsedSeconds >= 0, () => `Expected seconds from 0, was ${elapsedSeconds}`);
  const distance = distanceOf(utilisation, target);
  const drift = (speed * distance * elapsedSeconds) / YEAR_SECONDS;
  const moved = (part: number): number =>
    Math.min(Math.max(rateAtTarget * exp(drift * part), rateAtTargetMin), rateAtTargetMax);
  const [start, middle, end] = [moved(0), moved(0.5), moved(1)];
  return {
    average: rateAt((start + 2 * middle + end) / 4, distance, steepness),
    rate: rateAt(end, distance, steepness),
    rateAtTarget: end,
  };
};

const curveOf = (curve: RateCurve): AdaptiveCurve => ({
  target: textToFloat(curve.target, 'target'),
  steepness: textToFloat(curve.steepness, 'steepness'),
  speed: textToFloat(curve.speed, 'speed'),
  rateAtTargetMin: textToFloat(curve.rateAtTargetMin, 'rateAtTargetMin'),
  rateAtTargetMax: textToFloat(curve.rateAtTargetMax, 'rateAtTargetMax'),
});

const RATE_AT_TARGET_MIN = '0.000001';

/** Recorded with 18 decimals; the rates that follow are rounded up. */
export const adaptive: CurveKind = {
  kind: 'adaptive',
  fields: ['target', 'steepness', 'speed', 'rateAtTargetMin', 'rateAtTargetMax', 'rateAtTarget'],
  problem: (curve) =>
    firstOf([
      () => utilisationProblem('target', curve.target, undefined, true),
      () => numberProblem('steepness', curve.steepness, '1', '100'),
      () => numberProblem('speed', curve.speed, '0', '1000'),
      () => numberProblem('rateAtTargetMin', curve.rateAtTargetMin, RATE_AT_TARGET_MIN, '1'),
      () => numberProblem('rateAtTargetMax', curve.rateAtTargetMax, curve.rateAtTargetMin, '1'),
      () => numberProblem('rateAtTarget', curve.rateAtTarget, curve.rateAtTargetMin, curve.rateAtTargetMax),
    ]),
  borrowRate: (curve, utilisation, rateAtTarget) => {
    const at = textToFloat(rateAtTarget === '' ? curve.rateAtTarget : rateAtTarget, 'rateAtTarget');
    return fromFloat(
      adaptiveRate(curveOf(curve), at, decimalToFloat(utilisation), 0).rate,
      RATE_DIGITS,
      'ceil',
    );
  },
  start: ({ rateAtTarget }) => rateAtTarget,
  move: (curve, utilisation, rateAtTarget, seconds) => {
    const at = textToFloat(rateAtTarget, 'rateAtTarget');
    const moved = adaptiveRate(curveOf(curve), at, decimalToFloat(utilisation), seconds);
    return {
      averageRate: fromFloat(moved.average, RATE_DIGITS, 'ceil'),
      rateAtTarget: floatToText(moved.rateAtTarget, RATE_DIGITS),
    };
  },
};
