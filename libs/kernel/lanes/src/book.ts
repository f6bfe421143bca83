import { openLanes, type LaneKernels } from './lanes.ts';

/** Accounts and rows of one call, and what rulebooks ask of them. */
export const BLOCK_ACCOUNTS = 64;
export const BLOCK_ROWS = 2_048;
export const BLOCK_ASKED = 1_024;

/** How many there are of each line of a risk model. */
export type BookSizes = Readonly<{
  instruments: number;
  assets: number;
  places: number;
  underlyings: number;
  groups: number;
  shapes: number;
  /** Columns of one measure, a multiple of 8. */
  width: number;
  /** Doubles of all cost curves. */
  curves: number;
}>;

/** Bytes of the records of assembly/regions.ts. */
export const INSTRUMENT_BYTES = 168;
export const ASSET_BYTES = 80;
export const PLACE_BYTES = 32;
export const SHAPE_BYTES = 64;
export const SUMS_BYTES = 32;
export const ASK_BYTES = 32;
/** Of the figures that `valueAccounts` makes of an account, and of its two bounds. */
export const FIGURE_DOUBLES = 25;
const REALS = 8;

/** Where what does not exist is summed up: one record and one exposure more than there are. */
const bytesOf = (s: BookSizes) =>
  ({
    reals: 8 * REALS,
    instruments: INSTRUMENT_BYTES * s.instruments,
    assets: ASSET_BYTES * s.assets,
    places: PLACE_BYTES * s.places,
    underlyings: 8 * s.underlyings,
    shapes: SHAPE_BYTES * s.shapes,
    rows: 16 * s.shapes * s.width,
    instrumentBounds: 64 * s.instruments,
    assetBounds: 32 * s.assets,
    assetSums: SUMS_BYTES * (s.assets + 1),
    placeSums: SUMS_BYTES * s.places,
    shapeSums: 8 * s.shapes,
    underlyingSums: 8 * s.underlyings,
    exposures: 8 * (s.places * s.shapes + 1),
    positionStarts: 4 * BLOCK_ACCOUNTS,
    positionCounts: 4 * BLOCK_ACCOUNTS,
    balanceStarts: 4 * BLOCK_ACCOUNTS,
    balanceCounts: 4 * BLOCK_ACCOUNTS,
    askedCounts: 4 * BLOCK_ACCOUNTS,
    positionKeys: 4 * BLOCK_ROWS,
    quantities: 8 * BLOCK_ROWS,
    entries: 8 * BLOCK_ROWS,
    balanceKeys: 4 * BLOCK_ROWS,
    amounts: 8 * BLOCK_ROWS,
    asked: ASK_BYTES * BLOCK_ASKED,
    figures: 8 * FIGURE_DOUBLES * BLOCK_ACCOUNTS,
    bounds: 16 * BLOCK_ACCOUNTS,
    touched: 8 * Math.ceil(s.shapes / 64),
    assetList: 4 * (s.assets + 1),
    placeList: 4 * (s.places + 1),
    shapeList: 4 * (s.shapes + 1),
    shapeAmounts: 8 * s.shapes,
    shapeBases: 4 * s.shapes,
    shapeReaches: 8 * (s.shapes + 1),
    underlyingList: 4 * (s.underlyings + 1),
    underlyingEnds: 4 * (s.underlyings + 1),
    own: 8 * s.underlyings,
    initialOwn: 8 * s.underlyings,
    groupEnds: 4 * (s.groups + 1),
    groupLows: 16 * s.groups,
    placeAmounts: 8 * (s.shapes + 1),
    placeBases: 4 * (s.shapes + 1),
    isFilled: s.places,
    excess: 16 * s.places * s.width,
    notionals: 8 * BLOCK_ROWS,
    profits: 8 * BLOCK_ROWS,
    curves: 8 * s.curves,
  }) satisfies Readonly<Record<string, number>>;

type Region = keyof ReturnType<typeof bytesOf>;

/** Words of the header: sizes, counts that the kernels keep; then the addresses of regions. */
const SHAPE_COUNT = 0;
const WIDTH = 1;
const HAS_OPTIONS = 2;
const ADDRESSES = 8;
/** Behind the constants of the kernels. */
const START = 589_824;
const LINE = 64;
const PAGE = 65_536;
const MOST_PAGES = 1_024;

/** The memory of one risk model: addresses of its regions in bytes, and views of them. */
export type LaneBook = Readonly<{
  kernels: LaneKernels;
  at: Readonly<Record<Region, number>>;
  reals: (region: Region) => Float64Array;
  whole: (region: Region) => Int32Array;
}>;

/** Room for a risk model; undefined where the engine has no SIMD, or for more than 64 MB. */
export const openBook = (sizes: BookSizes, hasOptions: boolean): LaneBook | undefined => {
  kernels ??= openLanes();
  if (kernels === undefined) return undefined;
  const { memory } = kernels;
  const bytes = bytesOf(sizes);
  const at = {} as Record<Region, number>;
  let end = START;
  for (const name of Object.keys(bytes) as Region[]) {
    at[name] = end;
    end += LINE * Math.ceil(bytes[name] / LINE);
  }
  const pages = Math.ceil(end / PAGE);
  if (pages > MOST_PAGES) return undefined;
  const missing = pages - memory.buffer.byteLength / PAGE;
  if (missing > 0) memory.grow(missing);
  const { buffer } = memory;
  new Uint8Array(buffer, START, end - START).fill(0);
  const header = new Uint32Array(buffer, 0, ADDRESSES + Object.keys(bytes).length);
  header[SHAPE_COUNT] = sizes.shapes;
  header[WIDTH] = sizes.width;
  header[HAS_OPTIONS] = hasOptions ? 1 : 0;
  header.set(Object.values(at), ADDRESSES);
  return {
    kernels,
    at,
    reals: (region) => new Float64Array(buffer, at[region], Math.floor(bytes[region] / 8)),
    whole: (region) => new Int32Array(buffer, at[region], Math.floor(bytes[region] / 4)),
  };
};

/** One memory for all books of a thread: whoever opened it last has it. */
let kernels: LaneKernels | undefined;
