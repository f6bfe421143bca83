import { assetOfKey, locationOfKey, type Book } from './book.ts';
import { unwindCost } from './contingencies/concentration.ts';
import * as figure from './figures.ts';
import { haircutOf } from './haircut.ts';
import { INVERSE, LINEAR, OPTION, type UNPRICED, type FormCode } from './instrument-arrays.ts';
import type { KernelScratch } from './kernel-scratch.ts';
import * as unit from './position-units.ts';
import type { RiskModel } from './risk-model.ts';
import * as work from './work-layout.ts';

/** Sums balances and debts by asset and by place. Place 0 is the house: no venue sees a debt to it. */
export const addBalances = (model: RiskModel, scratch: KernelScratch, book: Book, account: number): void => {
  const { assets, arrays } = model;
  const { work: sums, layout } = scratch;
  const { key, value, start, count } = book.balances;
  const from = start[account]!;
  const to = from + count[account]!;
  for (let row = from; row < to; row++) {
    const a = assetOfKey(key[row]!);
    const place = locationOfKey(key[row]!);
    const amount = value[row]!;
    const asset = layout.assets + a * work.ASSET_RECORD;
    if (sums[asset] === 0) scratch.openAsset(asset);
    sums[asset + work.ASSET_HELD] = sums[asset + work.ASSET_HELD]! + amount;
    if (place === 0) continue;
    const at = layout.locations + place * work.LOCATION_RECORD;
    if (sums[at] === 0) scratch.openPlace(at);
    let worth = amount * assets.price[a]!;
    const underlying = assets.underlying[a]!;
    if (underlying < 0) worth -= haircutOf(assets, a, Math.abs(worth)) * Math.abs(worth);
    else {
      const exposure = layout.exposures + place * layout.shapeCount + arrays.ofUnderlying[underlying]!;
      sums[exposure] = sums[exposure]! + worth;
    }
    sums[at + work.LOCATION_EQUITY] = sums[at + work.LOCATION_EQUITY]! + worth;
  }
};

/** Profit in settlement units: size·(M − E), inverse size·(1/E − 1/M); an option is worth its mark. */
export const profitOf = ({ positions }: RiskModel, i: number, quantity: number, entry: number): number => {
  const contracts = quantity * positions.units[i * unit.UNITS + unit.UNIT_SIZE]!;
  const mark = positions.units[i * unit.UNITS + unit.UNIT_MARK]!;
  const form = positions.links[i * unit.LINKS + unit.LINK_FORM] as FormCode | typeof UNPRICED;
  if (form === LINEAR) return contracts * (mark - entry);
  if (form === INVERSE) return contracts * (1 / entry - mark);
  return form === OPTION ? contracts * mark : 0;
};

/**
 * One pass over the positions. Profit stands at the venue in the settlement asset; a long contract is short
 * of its quote asset, which has no value now but gains when that asset falls; what the venue asks for moves
 * with the notional.
 */
export const addPositions = (
  model: RiskModel,
  scratch: KernelScratch,
  book: Book,
  account: number,
  figures: Float64Array,
): void => {
  const { units, links } = model.positions;
  const sums = scratch.work;
  const cap = model.parameters.concentration.maxCostFraction;
  const { key, value, extra, start, count } = book.positions;
  const to = start[account]! + count[account]!;
  let unrealised = 0;
  let grossNotional = 0;
  let concentration = 0;
  let band = 0;
  for (let row = start[account]!; row < to; row++) {
    const i = key[row]!;
    const u = i * unit.UNITS;
    const l = i * unit.LINKS;
    const quantity = value[row]!;
    const profit = profitOf(model, i, quantity, extra[row]!);
    const worth = profit * units[u + unit.UNIT_SETTLED]!;
    unrealised += worth;
    const settlement = links[l + unit.LINK_SETTLEMENT]!;
    if (sums[settlement] === 0) scratch.openAsset(settlement);
    sums[settlement + work.ASSET_PROFIT] = sums[settlement + work.ASSET_PROFIT]! + profit;
    const place = links[l + unit.LINK_PLACE]!;
    if (sums[place] === 0) scratch.openPlace(place);
    sums[place + work.LOCATION_EQUITY] = sums[place + work.LOCATION_EQUITY]! + worth;
    const paidIn = links[l + unit.LINK_SETTLEMENT_EXPOSURE]!;
    if (paidIn >= 0) sums[paidIn] = sums[paidIn]! + worth;
    const quote = links[l + unit.LINK_QUOTE]!;
    if (quote >= 0) {
      if (sums[quote] === 0) scratch.openAsset(quote);
      sums[quote + work.ASSET_LEG] = sums[quote + work.ASSET_LEG]! + quantity * units[u + unit.UNIT_LEG]!;
      const short = links[l + unit.LINK_QUOTE_EXPOSURE]!;
      sums[short] = sums[short]! - quantity * units[u + unit.UNIT_LEG_WORTH]!;
    }
    const size = Math.abs(quantity);
    const notional = size * units[u + unit.UNIT_NOTIONAL]!;
    grossNotional += notional;
    concentration +=
      links[l + unit.LINK_CURVES] === 1
        ? positionCost(model, i, quantity)
        : Math.min(units[u + unit.UNIT_IMPACT]! * notional * Math.sqrt(notional), cap * notional);
    band += size * units[u + (quantity > 0 ? unit.UNIT_BAND_LONG : unit.UNIT_BAND_SHORT)]!;
    // No venue asks margin for an option that is paid for.
    const owed = quantity > 0 && links[l + unit.LINK_FORM] === OPTION ? 0 : notional;
    sums[place + work.LOCATION_REQUIRED] =
      sums[place + work.LOCATION_REQUIRED]! + owed * units[u + unit.UNIT_REQUIRED]!;
    const shape = links[l + unit.LINK_SHAPE]!;
    const underlying = links[l + unit.LINK_UNDERLYING]!;
    if (sums[shape] === 0) scratch.openShape(shape, underlying);
    const exposed = quantity > 0 ? notional : -notional;
    sums[shape + work.SHAPE_EXPOSURE] = sums[shape + work.SHAPE_EXPOSURE]! + exposed;
    const gross = underlying + work.UNDERLYING_GROSS;
    sums[gross] = sums[gross]! + notional * units[u + unit.UNIT_LINE]!;
    const exposure = links[l + unit.LINK_EXPOSURE]!;
    sums[exposure] = sums[exposure]! + (exposed - notional * units[u + unit.UNIT_REQUIRED_MOVING]!);
  }
  figures[figure.UNREALISED] = unrealised;
  figures[figure.GROSS_NOTIONAL] = grossNotional;
  figures[figure.CONCENTRATION] = concentration;
  figures[figure.PRICE_BAND] = band;
};

/** Expected cost of unwinding a position, USD. */
export const positionCost = ({ instruments, parameters }: RiskModel, i: number, quantity: number): number =>
  unwindCost(
    quantity > 0 ? instruments.sell[i] : instruments.buy[i],
    quantity,
    instruments.notional[i]!,
    instruments.impact[i]!,
    parameters.concentration.maxCostFraction,
  );

/** Expected cost of unwinding what is held or owed of a shocked asset, USD. */
export const assetCost = ({ assets, parameters }: RiskModel, a: number, held: number): number =>
  unwindCost(
    held > 0 ? assets.sell[a] : assets.buy[a],
    held,
    assets.price[a]!,
    assets.impact[a]!,
    parameters.concentration.maxCostFraction,
  );

/**
 * Value of net assets and what is taken off it: a haircut, or the cost of unwinding where the price is
 * shocked.
 */
export const addAssets = (model: RiskModel, scratch: KernelScratch, figures: Float64Array): void => {
  const { assets, arrays } = model;
  const { work: sums, layout } = scratch;
  let value = 0;
  let haircuts = 0;
  let concentration = 0;
  let band = 0;
  for (let n = 0; n < scratch.assetCount; n++) {
    const a = scratch.assets[n]!;
    const at = layout.assets + a * work.ASSET_RECORD;
    const held = sums[at + work.ASSET_HELD]!;
    const owned = held + sums[at + work.ASSET_PROFIT]!;
    const price = assets.price[a]!;
    value += held * price;
    band += Math.abs(owned) * (owned > 0 ? assets.bandLong[a]! : assets.bandShort[a]!);
    const u = assets.underlying[a]!;
    if (u < 0) {
      const worth = Math.abs(owned) * price;
      haircuts += haircutOf(assets, a, worth) * worth;
      continue;
    }
    if (held !== 0) concentration += assetCost(model, a, held);
    const exposed = (owned - sums[at + work.ASSET_LEG]!) * price;
    const shape = layout.shapes + arrays.ofUnderlying[u]! * work.SHAPE_RECORD;
    const underlying = layout.underlyings + u * work.UNDERLYING_RECORD;
    if (sums[shape] === 0) scratch.openShape(shape, underlying);
    sums[shape + work.SHAPE_EXPOSURE] = sums[shape + work.SHAPE_EXPOSURE]! + exposed;
    const gross = underlying + work.UNDERLYING_GROSS;
    sums[gross] = sums[gross]! + Math.abs(exposed) * assets.line[a]!;
  }
  figures[figure.ASSETS] = value;
  figures[figure.HAIRCUTS] = haircuts;
  figures[figure.COLLATERAL_CONCENTRATION] = concentration;
  figures[figure.PRICE_BAND] = figures[figure.PRICE_BAND]! + band;
};
