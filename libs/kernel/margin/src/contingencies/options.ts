import type { KernelScratch } from '../kernel-scratch.ts';
import type { RiskModel } from '../risk-model.ts';

/**
 * Short-option minimum (finance §6.3): an option far from the money loses nothing in any scenario and may
 * still have to be bought back, so every contract that is short pays a share of its notional; the same
 * contract on two venues is one. USD, for the book whose exposures are arranged in `scratch`.
 */
export const shortOptionCharge = (model: RiskModel, scratch: KernelScratch): number => {
  if (!model.arrays.hasOptions) return 0;
  let charge = 0;
  for (let n = 0; n < scratch.shapeCount; n++) charge += shortOptionOf(model, scratch, n);
  return charge;
};

/** The part of the nth touched shape. */
export const shortOptionOf = (
  { arrays, parameters }: RiskModel,
  scratch: KernelScratch,
  n: number,
): number =>
  arrays.expiryMs[scratch.shapes[n]!]! > 0
    ? Math.max(0, -scratch.amounts[n]!) * parameters.options.shortMinimum
    : 0;

/**
 * Vega term structure (finance §6.3): the scenarios move the volatilities of all expiries together; where
 * long vega of one expiry pays for short vega of another, a share of the matched vega is charged.
 */
export const vegaTermCharge = (model: RiskModel, scratch: KernelScratch): number => {
  if (!model.arrays.hasOptions) return 0;
  let charge = 0;
  for (let n = 0; n < scratch.underlyingCount; n++) charge += vegaTermOf(model, scratch, n);
  return charge;
};

/** The part of the nth touched underlying: its shapes stand by expiry. */
export const vegaTermOf = ({ arrays, parameters }: RiskModel, scratch: KernelScratch, n: number): number => {
  const { expiryMs, vega } = arrays;
  const { shapes, amounts, underlyingEnds } = scratch;
  const end = underlyingEnds[n]!;
  let long = 0;
  let short = 0;
  let net = 0;
  for (let m = n === 0 ? 0 : underlyingEnds[n - 1]!; m < end; m++) {
    const shape = shapes[m]!;
    net += amounts[m]! * vega[shape]!;
    if (m + 1 < end && expiryMs[shapes[m + 1]!] === expiryMs[shape]) continue;
    if (net > 0) long += net;
    else short -= net;
    net = 0;
  }
  return Math.min(long, short) * parameters.options.vegaTerm;
};
