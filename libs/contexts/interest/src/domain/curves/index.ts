import type { RateCurve } from '@plinth/messages';
import { assert, type Decimal } from '@plinth/money';
import type { CurveKind, CurveProblem } from './curve-kind.ts';
import { kinked } from './kinked.ts';

/** Every kind of curve. Which one a pool uses is said by an event, never by configuration. */
const CURVES: ReadonlyMap<string, CurveKind> = new Map([kinked].map((curve) => [curve.kind, curve] as const));

export const CURVE_KINDS: readonly string[] = [...CURVES.keys()];

/** What is wrong with a curve; undefined when it can be used. May throw `InvalidNumber` naming a field. */
export const curveProblem = (curve: RateCurve): CurveProblem | undefined => {
  const kind = CURVES.get(curve.kind);
  return kind === undefined
    ? { field: 'kind', expected: `one of ${CURVE_KINDS.join(', ')}` }
    : kind.problem(curve);
};

/** Borrow rate per year of a curve that was checked when it was set. */
export const borrowRate = (curve: RateCurve, utilisation: Decimal): Decimal => {
  const kind = CURVES.get(curve.kind);
  assert(kind !== undefined, () => `Expected a known kind of curve, was ${curve.kind}`);
  return kind.borrowRate(curve, utilisation);
};
