import { EXCESS_ROW, type LaneBook } from '@plinth/lanes';
import type { KernelScratch } from '../kernel-scratch.ts';
import type { RiskModel } from '../risk-model.ts';

/**
 * The vectors of liquidity coverage two columns at a time. Places go by their order in the account; each call
 * does what the method of the same name of `LiquidityCoverage` does, bit for bit.
 */
export const fillPlace = (
  lanes: LaneBook,
  model: RiskModel,
  { places, shapes, shapeCount, work: sums, layout }: KernelScratch,
  n: number,
  now: number,
): void => {
  const stride = 2 * model.width;
  const row = layout.exposures + places[n]! * layout.shapeCount;
  let count = 0;
  for (let m = 0; m < shapeCount; m++) {
    const amount = sums[row + shapes[m]!]!;
    if (amount === 0) continue;
    lanes.placeAmounts[count] = amount;
    lanes.placeBases[count++] = shapes[m]! * stride;
  }
  lanes.kernels.fillPlace(lanes.at, n, now, count, stride);
};

/** Largest need over all columns of the filled places. */
export const mostNeeded = (
  lanes: LaneBook,
  { width }: RiskModel,
  { places, placeCount }: KernelScratch,
  filled: Uint8Array,
): number => {
  let count = 0;
  for (let n = 0; n < placeCount; n++) if (filled[places[n]!] === 1) lanes.slots[count++] = n;
  return lanes.kernels.mostNeeded(count, 2 * width);
};

/** What every column charges. */
export const chargeColumns = (lanes: LaneBook, model: RiskModel, scratch: KernelScratch): void => {
  const { transferable, isVenue } = model.places;
  for (let n = 0; n < scratch.placeCount; n++) {
    const place = scratch.places[n]!;
    lanes.transferable[n] = transferable[place]!;
    lanes.halts[n] = isVenue[place] === 1 ? transferable[place]! : 0;
  }
  lanes.kernels.chargeColumns(scratch.placeCount, 2 * model.width);
};

/** The first column that charges most among [from, to), −1 when none charges. */
export const worstColumn = ({ charges }: LaneBook, from: number, to: number): number => {
  let worst = 0;
  let column = -1;
  for (let c = from; c < to; c++) {
    if (charges[c]! <= worst) continue;
    worst = charges[c]!;
    column = c;
  }
  return column;
};

/** The venue whose halt holds back most in a column; −1 when none does. */
export const haltedIn = (
  { excess, halts }: LaneBook,
  { places, placeCount }: KernelScratch,
  column: number,
): number => {
  let stuck = 0;
  let halted = -1;
  for (let n = 0; n < placeCount; n++) {
    const amount = excess[n * EXCESS_ROW + column]!;
    const held = halts[n]! * amount;
    if (amount < 0 || !(held > stuck)) continue;
    stuck = held;
    halted = places[n]!;
  }
  return halted;
};
