import { openLanes, type LaneKernels } from './lanes.ts';

/** Where assembly/scan.ts and assembly/coverage.ts have their arrays: place in bytes, and how many. */
const LAYOUT = {
  amounts: [0, 2_048],
  bases: [16_384, 2_048],
  groupEnds: [24_576, 64],
  worst: [45_056, 4],
  placeAmounts: [45_312, 2_048],
  placeBases: [61_696, 2_048],
  transferable: [69_888, 128],
  halts: [70_912, 128],
  charges: [71_936, 256],
  excess: [73_984, 128 * 256],
  slots: [336_128, 128],
  underlyingEnds: [336_640, 1_024],
  ownLoss: [340_736, 1_024],
  initialOwnLoss: [348_928, 1_024],
} as const;
/** Doubles of a place's row in `excess`. */
export const EXCESS_ROW = 256;
const ROWS = 589_824;
const PAGE = 65_536;
const MOST_PAGES = 1_024;

/**
 * One account's sums beside the rows of one risk model, in linear memory. Amounts of shapes and the places
 * (in doubles) where their rows begin; ends of groups and of underlyings among them; largest losses: of the
 * whole and of groups summed, for maintenance and for initial margin, and of each underlying; the same of one
 * place; by place what share is transferable, and what share a halt holds back (0 where nothing halts);
 * charges by column; equity less requirement by place and column; places to be looked at.
 */
export type LaneBook = Readonly<{
  kernels: LaneKernels;
  /** Where the rows begin, in bytes. */
  at: number;
  rows: Float64Array;
  amounts: Float64Array;
  bases: Int32Array;
  groupEnds: Int32Array;
  worst: Float64Array;
  placeAmounts: Float64Array;
  placeBases: Int32Array;
  transferable: Float64Array;
  halts: Float64Array;
  charges: Float64Array;
  excess: Float64Array;
  slots: Int32Array;
  underlyingEnds: Int32Array;
  ownLoss: Float64Array;
  initialOwnLoss: Float64Array;
}>;

/** Room for so many doubles of rows; undefined where the engine has no SIMD, or for more than 60 MB. */
export const openBook = (rows: number): LaneBook | undefined => {
  kernels ??= openLanes();
  if (kernels === undefined) return undefined;
  const { memory } = kernels;
  const pages = Math.ceil((ROWS + 8 * rows) / PAGE);
  if (pages > MOST_PAGES) return undefined;
  const missing = pages - memory.buffer.byteLength / PAGE;
  if (missing > 0) memory.grow(missing);
  const { buffer } = memory;
  const reals = ([from, count]: readonly [number, number]): Float64Array =>
    new Float64Array(buffer, from, count);
  const whole = ([from, count]: readonly [number, number]): Int32Array => new Int32Array(buffer, from, count);
  return {
    kernels,
    at: ROWS,
    rows: new Float64Array(buffer, ROWS, rows),
    amounts: reals(LAYOUT.amounts),
    bases: whole(LAYOUT.bases),
    groupEnds: whole(LAYOUT.groupEnds),
    worst: reals(LAYOUT.worst),
    placeAmounts: reals(LAYOUT.placeAmounts),
    placeBases: whole(LAYOUT.placeBases),
    transferable: reals(LAYOUT.transferable),
    halts: reals(LAYOUT.halts),
    charges: reals(LAYOUT.charges),
    excess: reals(LAYOUT.excess),
    slots: whole(LAYOUT.slots),
    underlyingEnds: whole(LAYOUT.underlyingEnds),
    ownLoss: reals(LAYOUT.ownLoss),
    initialOwnLoss: reals(LAYOUT.initialOwnLoss),
  };
};

/** One memory for all books of a thread: whoever opened it last has it. */
let kernels: LaneKernels | undefined;
