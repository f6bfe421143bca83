import type { RateCurve } from '@plinth/messages';
import { assert, compareDecimal, decimalOf, type Decimal } from '@plinth/money';
import { adaptive } from './adaptive.ts';
import type { CurveField, CurveKind, CurveProblem, MovedCurve } from './curve-kind.ts';
import { aave, kinked } from './kinked.ts';
import { compound, derive, euler } from './peers.ts';
import { threeSlope } from './three-slopes.ts';

const ALL: readonly CurveKind[] = [kinked, aave, compound, derive, euler, threeSlope, adaptive];

/** Every kind of curve. Which one a pool uses is said by an event, never by configuration. */
const CURVES: ReadonlyMap<string, CurveKind> = new Map(ALL.map((curve) => [curve.kind, curve] as const));

export const CURVE_KINDS: readonly string[] = [...CURVES.keys()];

const kindOf = (curve: RateCurve): CurveKind => {
  const kind = CURVES.get(curve.kind);
  assert(kind !== undefined, () => `Expected a known kind of curve, was ${curve.kind}`);
  return kind;
};

/** Every number that a curve may have, of whatever kind. */
export const CURVE_FIELDS: readonly CurveField[] = [...new Set(ALL.flatMap(({ fields }) => fields))];

/** What is wrong with a curve; undefined when it can be used. May throw `InvalidNumber` naming a field. */
export const curveProblem = (curve: RateCurve): CurveProblem | undefined => {
  const kind = CURVES.get(curve.kind);
  if (kind === undefined) return { field: 'kind', expected: `one of ${CURVE_KINDS.join(', ')}` };
  for (const field of CURVE_FIELDS) {
    const isGiven = curve[field] !== '';
    if (isGiven && !kind.fields.includes(field)) return { field, expected: `empty for ${curve.kind}` };
    if (!isGiven && kind.fields.includes(field)) return { field, expected: `given for ${curve.kind}` };
  }
  if (curve.stopsBorrowing && kind.borrowStop === undefined)
    return { field: 'stopsBorrowing', expected: `false for ${curve.kind}` };
  return kind.problem(curve);
};

/** Equal parameters, however they are written. */
export const isSameCurve = (a: RateCurve | undefined, b: RateCurve): boolean =>
  a?.kind === b.kind &&
  a.stopsBorrowing === b.stopsBorrowing &&
  kindOf(b).fields.every((field) => compareDecimal(decimalOf(a[field]), decimalOf(b[field])) === 0);

/** Borrow rate per year of a curve that was checked when it was set. */
export const borrowRate = (curve: RateCurve, utilisation: Decimal, rateAtTarget = ''): Decimal =>
  kindOf(curve).borrowRate(curve, utilisation, rateAtTarget);

/** What the suppliers' own curve says; undefined where they share what the borrowers pay. */
export const supplyCurveRate = (curve: RateCurve, utilisation: Decimal): Decimal | undefined =>
  kindOf(curve).supplyRate?.(curve, utilisation);

/** Whether suppliers have a curve of their own, so that no share of the interest is set aside first. */
export const hasSupplyCurve = (curve: RateCurve): boolean => kindOf(curve).supplyRate !== undefined;

/** The utilisation beyond which nothing is lent. */
export const borrowStop = (curve: RateCurve): Decimal | undefined => kindOf(curve).borrowStop?.(curve);

/** Where a moving curve starts; empty for others. */
export const startOf = (curve: RateCurve): string => kindOf(curve).start?.(curve) ?? '';

/** A moving curve after some time at one utilisation; undefined for a curve that stands. */
export const moved = (
  curve: RateCurve,
  utilisation: Decimal,
  rateAtTarget: string,
  seconds: number,
): MovedCurve | undefined => kindOf(curve).move?.(curve, utilisation, rateAtTarget, seconds);
