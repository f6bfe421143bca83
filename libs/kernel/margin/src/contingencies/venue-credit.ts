import type { KernelScratch } from '../kernel-scratch.ts';
import { LOCATION_EQUITY } from '../work-layout.ts';

/** Venue credit (finance §6.3): what is left at each place if it defaults, times its PD × LGD. */
export const venueCreditCharge = (credit: Float64Array, scratch: KernelScratch): number => {
  let charge = 0;
  for (let n = 0; n < scratch.placeCount; n++) charge += venueCreditOf(credit, scratch, scratch.places[n]!);
  return charge;
};

export const venueCreditOf = (credit: Float64Array, scratch: KernelScratch, place: number): number =>
  Math.max(0, scratch.placeSum(place, LOCATION_EQUITY)) * credit[place]!;
