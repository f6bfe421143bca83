/**
 * Where a book's arrays stand. Memory begins with a header of words: sizes, then the address of each region,
 * in the order of `WORDS` in ../src/book.ts.
 */
export const SHAPE_COUNT: usize = 0;
export const WIDTH: usize = 1;
export const HAS_OPTIONS: usize = 2;
/** Of the account at hand. */
export const ASSET_COUNT: usize = 3;
export const PLACE_COUNT: usize = 4;
export const SHAPES_HELD: usize = 5;
export const UNDERLYINGS_HELD: usize = 6;
export const GROUPS_HELD: usize = 7;

export const REALS: usize = 8;
export const INSTRUMENTS: usize = 9;
export const ASSETS: usize = 10;
export const PLACES: usize = 11;
export const UNDERLYINGS: usize = 12;
export const SHAPES: usize = 13;
export const ROWS: usize = 14;
export const INSTRUMENT_BOUNDS: usize = 15;
export const ASSET_BOUNDS: usize = 16;

export const ASSET_SUMS: usize = 17;
export const PLACE_SUMS: usize = 18;
export const SHAPE_SUMS: usize = 19;
export const UNDERLYING_SUMS: usize = 20;
export const EXPOSURES: usize = 21;

export const POSITION_STARTS: usize = 22;
export const POSITION_COUNTS: usize = 23;
export const BALANCE_STARTS: usize = 24;
export const BALANCE_COUNTS: usize = 25;
export const ASKED_COUNTS: usize = 26;
export const POSITION_KEYS: usize = 27;
export const QUANTITIES: usize = 28;
export const ENTRIES: usize = 29;
export const BALANCE_KEYS: usize = 30;
export const AMOUNTS: usize = 31;
export const ASKED: usize = 32;
export const FIGURES: usize = 33;
export const BOUNDS: usize = 34;

export const TOUCHED: usize = 35;
export const ASSET_LIST: usize = 36;
export const PLACE_LIST: usize = 37;
export const SHAPE_LIST: usize = 38;
export const SHAPE_AMOUNTS: usize = 39;
export const SHAPE_BASES: usize = 40;
export const SHAPE_REACHES: usize = 41;
export const UNDERLYING_LIST: usize = 42;
export const UNDERLYING_ENDS: usize = 43;
export const OWN: usize = 44;
export const INITIAL_OWN: usize = 45;
export const GROUP_ENDS: usize = 46;
export const GROUP_LOWS: usize = 47;
export const PLACE_AMOUNTS: usize = 48;
export const PLACE_BASES: usize = 49;
export const IS_FILLED: usize = 50;
export const EXCESS: usize = 51;
export const NOTIONALS: usize = 52;
export const PROFITS: usize = 53;

export function word(n: usize): usize {
  return load<u32>(n << 2);
}

export function setWord(n: usize, value: usize): void {
  store<u32>(n << 2, <u32>value);
}

/** Parameters of the model, by place in REALS. */
export const CAP: usize = 0;
export const BLEND_ALL: usize = 8;
export const BLEND_GROUP: usize = 16;
export const BLEND_OWN: usize = 24;
export const INITIAL_SHOCK: usize = 32;
export const SHORT_MINIMUM: usize = 40;
export const CALL_BOUND: usize = 48;
export const INITIAL_BOUND: usize = 56;

/** Bytes of a record of an instrument, and where its fields are; pairs are for what is short, then long. */
export const INSTRUMENT: usize = 168;
export const UNIT_SIZE: usize = 0;
export const UNIT_MARK: usize = 8;
export const UNIT_MASKS: usize = 16;
export const UNIT_SETTLED: usize = 32;
export const UNIT_NOTIONAL: usize = 40;
export const UNIT_IMPACT: usize = 48;
export const UNIT_BANDS: usize = 56;
export const UNIT_REQUIRED: usize = 72;
export const UNIT_LEG: usize = 88;
export const UNIT_LEG_WORTH: usize = 96;
export const UNIT_REQUIRED_MOVING: usize = 104;
export const UNIT_LINE: usize = 112;
export const LINK_SETTLEMENT: usize = 120;
export const LINK_SETTLEMENT_EXPOSURE: usize = 124;
export const LINK_PLACE: usize = 128;
export const LINK_UNDERLYING: usize = 132;
export const LINK_SHAPE: usize = 136;
export const LINK_QUOTE: usize = 140;
export const LINK_QUOTE_EXPOSURE: usize = 144;
export const LINK_EXPOSURE: usize = 148;
export const LINK_CURVES: usize = 152;

export const ASSET: usize = 80;
export const ASSET_PRICE: usize = 0;
export const ASSET_BANDS: usize = 8;
export const ASSET_HAIRCUT: usize = 24;
export const ASSET_HAIRCUT_RAW: usize = 32;
export const ASSET_HAIRCUT_MAX: usize = 40;
export const ASSET_HAIRCUT_DEPTH: usize = 48;
export const ASSET_IMPACT: usize = 56;
/** The shape of its underlying and where that one is summed up; −1 where it has none. */
export const ASSET_SHAPE: usize = 64;
export const ASSET_UNDERLYING: usize = 68;
export const ASSET_CURVES: usize = 72;

export const PLACE: usize = 32;
export const PLACE_CREDIT: usize = 0;
export const PLACE_TRANSFERABLE: usize = 8;
/** What a halt holds back: 0 where nothing halts. */
export const PLACE_HALTS: usize = 16;

export const SHAPE: usize = 64;
export const SHAPE_LOW: usize = 0;
export const SHAPE_HIGH: usize = 8;
export const SHAPE_INITIAL_LOW: usize = 16;
export const SHAPE_INITIAL_HIGH: usize = 24;
export const SHAPE_REACH: usize = 32;
export const SHAPE_DELTA: usize = 40;
export const SHAPE_EXPIRY: usize = 48;
export const SHAPE_UNDERLYING: usize = 56;
export const SHAPE_GROUP: usize = 60;

/** Sums of an asset and of a place: whether it is listed, then three amounts. */
export const SUMS: usize = 32;
export const HELD: usize = 8;
export const PROFIT: usize = 16;
export const LEG: usize = 24;
export const EQUITY: usize = 8;
export const REQUIRED: usize = 16;

/** What a venue's rulebook asks, and how much of it moves with the price of a shape. */
export const ASK: usize = 32;
export const ASK_AMOUNT: usize = 0;
export const ASK_MOVING: usize = 8;
export const ASK_PLACE: usize = 16;
export const ASK_EXPOSURE: usize = 20;
/** −1 where nothing moves. */
export const ASK_SHAPE: usize = 24;
