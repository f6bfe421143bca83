/**
 * Places of everything one valuation sums up, in one flat array: records of assets, of locations, of shapes
 * and of underlyings, then a matrix location × shape. One array instead of twenty keeps the pass over
 * positions in registers. The first number of a record is 1 while it is touched, so that only touched records
 * need clearing.
 */
export type WorkLayout = Readonly<{
  assets: number;
  locations: number;
  shapes: number;
  underlyings: number;
  /** Exposure of equity less requirement at a location to a shape. */
  exposures: number;
  size: number;
  shapeCount: number;
}>;

export const SEEN = 0;

export const ASSET_RECORD = 4;
/**
 * Balances less debts; unrealised profits in this asset; what positions are short of it as their quote asset.
 * Units.
 */
export const ASSET_HELD = 1;
export const ASSET_PROFIT = 2;
export const ASSET_LEG = 3;

export const LOCATION_RECORD = 4;
/** Equity there at mark, and the venue's own requirement, USD. */
export const LOCATION_EQUITY = 1;
export const LOCATION_REQUIRED = 2;

export const SHAPE_RECORD = 2;
/** Exposure of the whole book, USD. */
export const SHAPE_EXPOSURE = 1;

export const UNDERLYING_RECORD = 2;
/** Σ |notional| of its lines, USD: contracts line by line, assets net; options come in by expiry later. */
export const UNDERLYING_GROSS = 1;

export const layoutOf = (
  assetCount: number,
  locationCount: number,
  shapeCount: number,
  underlyingCount: number,
): WorkLayout => {
  const assets = 0;
  const locations = assets + assetCount * ASSET_RECORD;
  const shapes = locations + locationCount * LOCATION_RECORD;
  const underlyings = shapes + shapeCount * SHAPE_RECORD;
  const exposures = underlyings + underlyingCount * UNDERLYING_RECORD;
  const size = exposures + locationCount * shapeCount;
  return { assets, locations, shapes, underlyings, exposures, size, shapeCount };
};
