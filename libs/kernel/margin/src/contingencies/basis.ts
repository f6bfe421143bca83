import type { KernelScratch } from '../kernel-scratch.ts';
import type { RiskModel } from '../risk-model.ts';
import { UNDERLYING_GROSS } from '../work-layout.ts';

/**
 * Basis (finance §6.3): lines of one underlying (venues, expiries, perpetual against spot) hedge each other
 * only as far as their prices move together. Were each line to move against all others by half of the rate,
 * the loss would be ½·rate·Σ|line|; a coin itself is worth its index and does not move against it. It
 * competes with the scenarios of that underlying, and what it asks above them is charged. A norm and a
 * maximum: two books together are never charged more than apart, options included.
 */
export const basisCharge = (model: RiskModel, scratch: KernelScratch, initial: boolean): number => {
  let charge = 0;
  for (let n = 0; n < scratch.underlyingCount; n++) charge += basisOf(model, scratch, n, initial);
  return charge;
};

/** The part of the nth touched underlying, after the scan. */
export const basisOf = (model: RiskModel, scratch: KernelScratch, n: number, initial: boolean): number => {
  const { blend, imShockMultiplier } = model.parameters;
  const u = scratch.underlyings[n]!;
  let gross = scratch.underlyingSum(u, UNDERLYING_GROSS);
  if (model.arrays.hasOptions) gross += optionLines(model, scratch, n);
  const rate = 0.5 * model.basisRates[u]! * (initial ? imShockMultiplier : 1);
  const scanned = blend.own * (initial ? scratch.initialOwnLoss[n]! : scratch.ownLoss[n]!);
  return Math.max(0, rate * gross - scanned);
};

/** Σ over venues and expiries of |Σ notional × delta|: options of one expiry at one venue share a forward. */
const optionLines = ({ arrays }: RiskModel, scratch: KernelScratch, n: number): number => {
  const { shapes, underlyingEnds, places, placeCount, layout, work } = scratch;
  const { delta, expiryMs } = arrays;
  const from = n === 0 ? 0 : underlyingEnds[n - 1]!;
  const end = underlyingEnds[n]!;
  let lines = 0;
  // Shapes of options come last.
  if (expiryMs[shapes[end - 1]!] === 0) return 0;
  for (let p = 0; p < placeCount; p++) {
    const row = layout.exposures + places[p]! * layout.shapeCount;
    let net = 0;
    // The shapes of an underlying stand by expiry; those that are no option's have none and come first.
    for (let m = from; m < end; m++) {
      const shape = shapes[m]!;
      if (expiryMs[shape] === 0) continue;
      net += work[row + shape]! * delta[shape]!;
      if (m + 1 < end && expiryMs[shapes[m + 1]!] === expiryMs[shape]) continue;
      lines += Math.abs(net);
      net = 0;
    }
  }
  return lines;
};
