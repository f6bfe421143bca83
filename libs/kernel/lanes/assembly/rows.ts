import { haircutOf, lower, unwindCost } from './costs';
import { F_CONCENTRATION, F_GROSS_NOTIONAL, F_PRICE_BAND, F_UNREALISED } from './figures';
import * as at from './regions';
import { word } from './regions';

/** Appends an asset or a place to its list when it is met for the first time; the new length of the list. */
function listed(list: usize, count: usize, sums: usize): usize {
  store<u32>(list + (count << 2), <u32>sums);
  const isNew = <usize>(load<u64>(sums) == 0);
  store<u64>(sums, 1);
  return count + isNew;
}

function gain(sum: usize, amount: f64): void {
  store<f64>(sum, load<f64>(sum) + amount);
}

export function touch(shape: usize): void {
  const bits = word(at.TOUCHED) + ((shape >> 6) << 3);
  store<u64>(bits, load<u64>(bits) | ((<u64>1) << ((<u64>shape) & 63)));
}

/** `addBalances` of @plinth/margin. What the house is owed goes to its place, which nobody lists. */
export function addBalances(from: usize, to: usize): void {
  const keys = word(at.BALANCE_KEYS);
  const amounts = word(at.AMOUNTS);
  const assets = word(at.ASSETS);
  const assetSums = word(at.ASSET_SUMS);
  const placeSums = word(at.PLACE_SUMS);
  const exposures = word(at.EXPOSURES);
  const shapeCount = word(at.SHAPE_COUNT);
  const assetList = word(at.ASSET_LIST);
  const placeList = word(at.PLACE_LIST);
  let assetCount: usize = 0;
  let placeCount: usize = 0;
  for (let row = from; row < to; row++) {
    const key: usize = load<u32>(keys + (row << 2));
    const a = key & 1023;
    const place = key >> 10;
    const amount = load<f64>(amounts + (row << 3));
    const held = assetSums + a * at.SUMS;
    assetCount = listed(assetList, assetCount, held);
    gain(held + at.HELD, amount);
    const stands = placeSums + place * at.SUMS;
    placeCount = listed(placeList, placeCount, stands);
    const asset = assets + a * at.ASSET;
    let worth = amount * load<f64>(asset, at.ASSET_PRICE);
    const shape = load<i32>(asset, at.ASSET_SHAPE);
    if (shape < 0) worth -= haircutOf(asset, abs<f64>(worth)) * abs<f64>(worth);
    else gain(exposures + ((place * shapeCount + <usize>shape) << 3), worth);
    gain(stands + at.EQUITY, worth);
  }
  at.setWord(at.ASSET_COUNT, assetCount);
  at.setWord(at.PLACE_COUNT, placeCount);
}

/**
 * `addPositions` of @plinth/margin without its branches: what a contract has not (a quote leg, a shocked
 * asset that it is paid in) is summed up where nobody looks, the size of an inverse one is negative, and its
 * entry is picked by a mask.
 */
export function addPositions(from: usize, to: usize, figures: usize): void {
  const instruments = word(at.INSTRUMENTS);
  const keys = word(at.POSITION_KEYS);
  const quantities = word(at.QUANTITIES);
  const entries = word(at.ENTRIES);
  const notionals = word(at.NOTIONALS);
  const profits = word(at.PROFITS);
  const shapeSums = word(at.SHAPE_SUMS);
  const touched = word(at.TOUCHED);
  const assetList = word(at.ASSET_LIST);
  const placeList = word(at.PLACE_LIST);
  const cap = load<f64>(word(at.REALS), at.CAP);
  let assetCount = word(at.ASSET_COUNT);
  let placeCount = word(at.PLACE_COUNT);
  let unrealised: f64 = 0;
  let gross: f64 = 0;
  let concentration: f64 = 0;
  let band: f64 = 0;
  for (let row = from; row < to; row++) {
    const unit = instruments + <usize>load<u32>(keys + (row << 2)) * at.INSTRUMENT;
    const quantity = load<f64>(quantities + (row << 3));
    const entry = load<f64>(entries + (row << 3));
    const isLong = <usize>(quantity > 0);
    const entered = f64x2.replace_lane(f64x2.splat(1 / entry), 0, entry);
    const paid = v128.and(entered, v128.load(unit, at.UNIT_MASKS));
    const against = f64x2.extract_lane(paid, 0) + f64x2.extract_lane(paid, 1);
    const profit = quantity * load<f64>(unit, at.UNIT_SIZE) * (load<f64>(unit, at.UNIT_MARK) - against);
    const worth = profit * load<f64>(unit, at.UNIT_SETTLED);
    unrealised += worth;
    const settlement: usize = load<u32>(unit, at.LINK_SETTLEMENT);
    assetCount = listed(assetList, assetCount, settlement);
    gain(settlement + at.PROFIT, profit);
    const place: usize = load<u32>(unit, at.LINK_PLACE);
    placeCount = listed(placeList, placeCount, place);
    gain(place + at.EQUITY, worth);
    gain(load<u32>(unit, at.LINK_SETTLEMENT_EXPOSURE), worth);
    const quote: usize = load<u32>(unit, at.LINK_QUOTE);
    assetCount = listed(assetList, assetCount, quote);
    gain(quote + at.LEG, quantity * load<f64>(unit, at.UNIT_LEG));
    gain(load<u32>(unit, at.LINK_QUOTE_EXPOSURE), 0 - quantity * load<f64>(unit, at.UNIT_LEG_WORTH));
    const size = abs<f64>(quantity);
    const notional = size * load<f64>(unit, at.UNIT_NOTIONAL);
    gross += notional;
    const impact = load<f64>(unit, at.UNIT_IMPACT);
    const curve: usize = load<u32>(unit + (isLong << 2), at.LINK_CURVES);
    if (curve == 0) concentration += lower(impact * notional * sqrt<f64>(notional), cap * notional);
    else concentration += unwindCost(curve, size, load<f64>(unit, at.UNIT_NOTIONAL), impact, cap);
    band += size * load<f64>(unit + (isLong << 3), at.UNIT_BANDS);
    gain(place + at.REQUIRED, notional * load<f64>(unit + (isLong << 3), at.UNIT_REQUIRED));
    const shape: usize = load<u32>(unit, at.LINK_SHAPE);
    const bits = touched + ((shape >> 6) << 3);
    store<u64>(bits, load<u64>(bits) | ((<u64>1) << ((<u64>shape) & 63)));
    const exposed = quantity * load<f64>(unit, at.UNIT_NOTIONAL);
    gain(shapeSums + (shape << 3), exposed);
    gain(load<u32>(unit, at.LINK_UNDERLYING), notional * load<f64>(unit, at.UNIT_LINE));
    gain(load<u32>(unit, at.LINK_EXPOSURE), exposed - notional * load<f64>(unit, at.UNIT_REQUIRED_MOVING));
    store<f64>(notionals + (row << 3), notional);
    store<f64>(profits + (row << 3), abs<f64>(worth));
  }
  at.setWord(at.ASSET_COUNT, assetCount);
  at.setWord(at.PLACE_COUNT, placeCount);
  store<f64>(figures, unrealised, F_UNREALISED);
  store<f64>(figures, gross, F_GROSS_NOTIONAL);
  store<f64>(figures, concentration, F_CONCENTRATION);
  store<f64>(figures, band, F_PRICE_BAND);
}

/** What venues' rulebooks ask: `VenueRequirements` of @plinth/margin worked it out. */
export function addAsked(from: usize, to: usize): void {
  const asked = word(at.ASKED);
  for (let row = from; row < to; row++) {
    const ask = asked + row * at.ASK;
    gain(<usize>load<u32>(ask, at.ASK_PLACE) + at.REQUIRED, load<f64>(ask, at.ASK_AMOUNT));
    const shape = load<i32>(ask, at.ASK_SHAPE);
    if (shape < 0) continue;
    touch(shape);
    gain(load<u32>(ask, at.ASK_EXPOSURE), 0 - load<f64>(ask, at.ASK_MOVING));
  }
}
