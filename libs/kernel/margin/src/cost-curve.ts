import { checkFinite, refuse } from './checks.ts';
import { LIMITS } from './limits.ts';
import type { UnwindCurve } from './types.ts';

/**
 * A cost curve with the cost of everything up to each knot, in units of mark × quantity. Two knots of one
 * quantity are a jump of the marginal cost.
 */
export type CompiledCurve = Readonly<{
  quantities: Float64Array;
  marginal: Float64Array;
  cumulated: Float64Array;
}>;

export const compileCurve = (field: string, curve: UnwindCurve): CompiledCurve => {
  const count = curve.quantities.length;
  if (count < 2 || count > LIMITS.curveKnots || curve.marginalCosts.length !== count)
    refuse(field, `Expected 2 to ${LIMITS.curveKnots} knots with one cost each, was ${count}`);
  const quantities = Float64Array.from(curve.quantities);
  const marginal = Float64Array.from(curve.marginalCosts);
  if (quantities[0] !== 0) refuse(`${field}.quantities[0]`, `Expected 0, was ${quantities[0]}`);
  for (let k = 0; k < count; k++) {
    checkFinite(`${field}.marginalCosts[${k}]`, marginal[k]!);
    if (!(marginal[k]! >= (k === 0 ? 0 : marginal[k - 1]!)))
      refuse(`${field}.marginalCosts[${k}]`, `Expected a cost ≥ 0 that never falls, was ${marginal[k]}`);
    if (k === 0) continue;
    const width = quantities[k]! - quantities[k - 1]!;
    if (!(width >= 0 && Number.isFinite(width)))
      refuse(`${field}.quantities[${k}]`, `Expected at least ${quantities[k - 1]}, was ${quantities[k]}`);
  }
  return { quantities, marginal, cumulated: cumulate(quantities, marginal) };
};

/** Trapezia under straight lines: exact for a piecewise-linear marginal cost. */
const cumulate = (quantities: Float64Array, marginal: Float64Array): Float64Array => {
  const cumulated = new Float64Array(marginal.length);
  for (let k = 1; k < marginal.length; k++) {
    const width = quantities[k]! - quantities[k - 1]!;
    cumulated[k] = cumulated[k - 1]! + 0.5 * (marginal[k - 1]! + marginal[k]!) * width;
  }
  return cumulated;
};

/** The curve with its marginal cost held to a cap at the knots. */
export const cappedCurve = (curve: CompiledCurve | undefined, cap: number): CompiledCurve | undefined => {
  if (curve === undefined) return undefined;
  const marginal = curve.marginal.map((cost) => Math.min(cost, cap));
  return { quantities: curve.quantities, marginal, cumulated: cumulate(curve.quantities, marginal) };
};
