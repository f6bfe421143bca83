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
