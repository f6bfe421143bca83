import type { Book } from './book.ts';
import { assetOfKey, locationOfKey } from './book.ts';
import { unwindCost } from './contingencies/concentration.ts';
import {
  ASSETS,
  COLLATERAL_CONCENTRATION,
  CONCENTRATION,
  GROSS_NOTIONAL,
  HAIRCUTS,
  PRICE_BAND,
  UNREALISED,
} from './figures.ts';
import { haircutOf } from './haircut.ts';
import {
  INVERSE,
  LINEAR,
  LINKS,
  LINK_FORM,
  LINK_QUOTE,
  LINK_QUOTE_SHAPE,
  LINK_SETTLEMENT,
  LINK_SETTLEMENT_SHAPE,
  LINK_SHAPE,
  LINK_UNDERLYING,
  LINK_VENUE,
  OPTION,
  UNITS,
  UNIT_BAND_LONG,
  UNIT_BAND_SHORT,
  UNIT_IMPACT,
  UNIT_LEG,
  UNIT_LEG_WORTH,
  UNIT_MARK,
  UNIT_NOTIONAL,
  UNIT_REQUIRED,
  UNIT_REQUIRED_MOVING,
  UNIT_SETTLED,
  UNIT_SIZE,
  UNPRICED,
  type FormCode,
} from './instrument-arrays.ts';
import type { KernelScratch } from './kernel-scratch.ts';
import type { RiskModel } from './risk-model.ts';

/** Sums balances and debts by asset and by place. Place 0 is the house: no venue sees a debt to it. */
export const addBalances = (model: RiskModel, scratch: KernelScratch, book: Book, account: number): void => {
  const { assets } = model;
  const { key, value, start, count } = book.balances;
  const from = start[account]!;
  const to = from + count[account]!;
  for (let row = from; row < to; row++) {
    const a = assetOfKey(key[row]!);
    const place = locationOfKey(key[row]!);
    const amount = value[row]!;
    scratch.touchAsset(a);
    scratch.held[a] = scratch.held[a]! + amount;
    scratch.owned[a] = scratch.owned[a]! + amount;
    scratch.net[a] = scratch.net[a]! + amount;
    if (place === 0) continue;
    scratch.touchPlace(place);
    const worth = amount * assets.price[a]!;
    const lost = assets.underlying[a]! < 0 ? haircutOf(assets, a, Math.abs(worth)) * Math.abs(worth) : 0;
    scratch.addWorthAt(place, a, worth - lost);
  }
};

/** Profit in settlement units: size·(M − E), inverse size·(1/E − 1/M); an option is worth its mark. */
export const profitOf = ({ instruments }: RiskModel, i: number, quantity: number, entry: number): number => {
  const contracts = quantity * instruments.units[i * UNITS + UNIT_SIZE]!;
  const mark = instruments.units[i * UNITS + UNIT_MARK]!;
  switch (instruments.links[i * LINKS + LINK_FORM] as FormCode | typeof UNPRICED) {
    case LINEAR:
      return contracts * (mark - entry);
    case INVERSE:
      return contracts * (1 / entry - mark);
    case OPTION:
      return contracts * mark;
    case UNPRICED:
      return 0;
  }
};

/**
 * One pass over the positions. Profit stands at the venue in the settlement asset; a long contract is short of its quote
 * asset, which has no value now but gains when that asset falls; what the venue asks for moves with the notional.
 */
export const addPositions = (
  model: RiskModel,
  scratch: KernelScratch,
  book: Book,
  account: number,
  figures: Float64Array,
): void => {
  const { units, links, sell, buy } = model.instruments;
  const { owned, net, equityAt, required, exposureAt, shapeSize } = scratch;
  const cap = model.parameters.concentration.maxCostFraction;
  const { key, value, extra, start, count } = book.positions;
  const from = start[account]!;
  const to = from + count[account]!;
  let unrealised = 0;
  let gross = 0;
  let concentration = 0;
  let band = 0;
  for (let row = from; row < to; row++) {
    const i = key[row]!;
    const u = i * UNITS;
    const l = i * LINKS;
    const quantity = value[row]!;
    const venue = links[l + LINK_VENUE]!;
    const settlement = links[l + LINK_SETTLEMENT]!;
    const at = venue * shapeSize;
    scratch.touchPlace(venue);
    scratch.touchAsset(settlement);
    const profit = profitOf(model, i, quantity, extra[row]!);
    const worth = profit * units[u + UNIT_SETTLED]!;
    unrealised += worth;
    equityAt[venue] = equityAt[venue]! + worth;
    owned[settlement] = owned[settlement]! + profit;
    net[settlement] = net[settlement]! + profit;
    const paidIn = links[l + LINK_SETTLEMENT_SHAPE]!;
    if (paidIn >= 0) exposureAt[at + paidIn] = exposureAt[at + paidIn]! + worth;
    const quote = links[l + LINK_QUOTE]!;
    if (quote >= 0) {
      scratch.touchAsset(quote);
      net[quote] = net[quote]! - quantity * units[u + UNIT_LEG]!;
      const leg = at + links[l + LINK_QUOTE_SHAPE]!;
      exposureAt[leg] = exposureAt[leg]! - quantity * units[u + UNIT_LEG_WORTH]!;
    }
    const size = Math.abs(quantity);
    const unit = units[u + UNIT_NOTIONAL]!;
    const notional = size * unit;
    gross += notional;
    concentration += unwindCost(quantity > 0 ? sell[i] : buy[i], size, unit, units[u + UNIT_IMPACT]!, cap);
    band += size * units[u + (quantity > 0 ? UNIT_BAND_LONG : UNIT_BAND_SHORT)]!;
    required[venue] = required[venue]! + notional * units[u + UNIT_REQUIRED]!;
    const shape = links[l + LINK_SHAPE]!;
    scratch.addExposure(shape, links[l + LINK_UNDERLYING]!, quantity * unit, quantity * unit);
    exposureAt[at + shape] =
      exposureAt[at + shape]! + (quantity * unit - notional * units[u + UNIT_REQUIRED_MOVING]!);
  }
  figures[UNREALISED] = unrealised;
  figures[GROSS_NOTIONAL] = gross;
  figures[CONCENTRATION] = concentration;
  figures[PRICE_BAND] = band;
};

/** Value of net assets and what is taken off it: a haircut, or the cost of unwinding where the price is shocked. */
export const addAssets = (model: RiskModel, scratch: KernelScratch, figures: Float64Array): void => {
  const { assets, parameters } = model;
  const cap = parameters.concentration.maxCostFraction;
  let value = 0;
  let haircuts = 0;
  let concentration = 0;
  let band = 0;
  for (let n = 0; n < scratch.assetCount; n++) {
    const a = scratch.assets[n]!;
    const held = scratch.held[a]!;
    const price = assets.price[a]!;
    const owned = scratch.owned[a]!;
    value += held * price;
    band += Math.abs(owned) * (owned > 0 ? assets.bandLong[a]! : assets.bandShort[a]!);
    const underlying = assets.underlying[a]!;
    if (underlying < 0) {
      const worth = Math.abs(owned) * price;
      haircuts += haircutOf(assets, a, worth) * worth;
      continue;
    }
    concentration += unwindCost(
      held > 0 ? assets.sell[a] : assets.buy[a],
      held,
      price,
      assets.impact[a]!,
      cap,
    );
    const worth = scratch.net[a]! * price;
    scratch.addExposure(scratch.shapeOfAsset(a), underlying, worth, worth);
  }
  figures[ASSETS] = value;
  figures[HAIRCUTS] = haircuts;
  figures[COLLATERAL_CONCENTRATION] = concentration;
  figures[PRICE_BAND] = figures[PRICE_BAND]! + band;
};
