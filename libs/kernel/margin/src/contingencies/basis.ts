import type { KernelScratch } from '../kernel-scratch.ts';
import { UNDERLYING_LONG, UNDERLYING_SHORT } from '../work-layout.ts';

/**
 * Basis (finance §6.3): matched notional between different lines of one underlying (venues, expiries,
 * perpetual against spot) times its rate. The smaller side is matched by the larger only as far as their
 * prices move together.
 */
export const basisCharge = (rates: Float64Array, scratch: KernelScratch): number => {
  let charge = 0;
  for (let n = 0; n < scratch.underlyingCount; n++)
    charge += basisOf(rates, scratch, scratch.underlyings[n]!);
  return charge;
};

export const basisOf = (rates: Float64Array, scratch: KernelScratch, underlying: number): number =>
  rates[underlying]! *
  Math.min(
    scratch.underlyingSum(underlying, UNDERLYING_LONG),
    scratch.underlyingSum(underlying, UNDERLYING_SHORT),
  );
