import type { KernelScratch } from '../kernel-scratch.ts';
import type { RiskModel } from '../risk-model.ts';
import { basisOf } from './basis.ts';

/**
 * Short-option minimum (finance §6.3): an option far from the money loses nothing in any scenario and may
 * still have to be bought back. So of every underlying at least a share of the notional of each contract that
 * is short is asked (the same contract on two venues is one), and what that is above its scenarios and its
 * basis is charged: a maximum of coherent measures. USD, after the scan and for the book in `scratch`.
 */
export const shortOptionCharge = (model: RiskModel, scratch: KernelScratch, initial: boolean): number => {
  if (!model.arrays.hasOptions) return 0;
  let charge = 0;
  for (let n = 0; n < scratch.underlyingCount; n++) charge += shortOptionOf(model, scratch, n, initial);
  return charge;
};

/** The part of the nth touched underlying. */
export const shortOptionOf = (
  model: RiskModel,
  scratch: KernelScratch,
  n: number,
  initial: boolean,
): number => {
  const { arrays, parameters } = model;
  let short = 0;
  for (let m = n === 0 ? 0 : scratch.underlyingEnds[n - 1]!; m < scratch.underlyingEnds[n]!; m++)
    if (arrays.expiryMs[scratch.shapes[m]!]! > 0) short += Math.max(0, -scratch.amounts[m]!);
  if (short === 0) return 0;
  const scanned = parameters.blend.own * (initial ? scratch.initialOwnLoss[n]! : scratch.ownLoss[n]!);
  return Math.max(0, short * parameters.options.shortMinimum - scanned - basisOf(model, scratch, n, initial));
};
