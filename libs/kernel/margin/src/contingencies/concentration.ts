import type { CompiledCurve } from '../cost-curve.ts';

/**
 * Expected cost of unwinding a quantity, USD (finance §6.3): the integral of the books' marginal cost where a
 * curve is known, else the square-root impact law K · V · √V. Never above `cap` of the notional; 0 for
 * nothing; rises with |q|.
 *
 * @param quantity units, sign ignored
 * @param unit USD per unit
 */
export const unwindCost = (
  curve: CompiledCurve | undefined,
  quantity: number,
  unit: number,
  impact: number,
  cap: number,
): number => {
  const size = Math.abs(quantity);
  const value = size * unit;
  const cost = curve === undefined ? impact * value * Math.sqrt(value) : unit * absorbed(curve, size, cap);
  return Math.min(cost, cap * value);
};

/** ∫₀^q of the marginal cost; beyond the last knot every unit costs the cap. */
const absorbed = (curve: CompiledCurve, size: number, cap: number): number => {
  const { quantities, marginal, cumulated } = curve;
  const last = quantities.length - 1;
  if (size >= quantities[last]!) return cumulated[last]! + cap * (size - quantities[last]!);
  let k = 0;
  while (size >= quantities[k + 1]!) k++;
  const past = size - quantities[k]!;
  const slope = (marginal[k + 1]! - marginal[k]!) / (quantities[k + 1]! - quantities[k]!);
  return cumulated[k]! + past * (marginal[k]! + 0.5 * slope * past);
};
