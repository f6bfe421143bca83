import type { AssetArrays } from './asset-arrays.ts';
import type { Catalogue } from './catalogue.ts';
import { INVERSE, OPTION, UNPRICED, type InstrumentArrays } from './instrument-arrays.ts';
import type { PlaceArrays } from './place-arrays.ts';
import type { RiskArrays } from './risk-arrays.ts';
import * as work from './work-layout.ts';

/** Places in a record of `units`: one contract's figures side by side, for the pass over positions. */
export const UNITS = 12;
export const UNIT_SIZE = 0;
/** The mark; its inverse for an inverse contract. */
export const UNIT_MARK = 1;
/** Price of the settlement asset. */
export const UNIT_SETTLED = 2;
export const UNIT_NOTIONAL = 3;
export const UNIT_IMPACT = 4;
export const UNIT_BAND_LONG = 5;
export const UNIT_BAND_SHORT = 6;
export const UNIT_LEG = 7;
export const UNIT_LEG_WORTH = 8;
export const UNIT_REQUIRED = 9;
/** Part of the requirement that moves with the price. */
export const UNIT_REQUIRED_MOVING = 10;
/** 1 where the contract is a line of its own for the basis, 0 for an option: those net within an expiry. */
export const UNIT_LINE = 11;

/**
 * Places in a record of `links`: form, and where the instrument's sums stand in the working array (−1:
 * nowhere).
 */
export const LINKS = 10;
export const LINK_FORM = 0;
export const LINK_SETTLEMENT = 1;
export const LINK_SETTLEMENT_EXPOSURE = 2;
export const LINK_PLACE = 3;
export const LINK_UNDERLYING = 4;
export const LINK_SHAPE = 5;
export const LINK_QUOTE = 6;
export const LINK_QUOTE_EXPOSURE = 7;
export const LINK_EXPOSURE = 8;
/** 1 where cost curves are known. */
export const LINK_CURVES = 9;

type Parts = Readonly<{
  catalogue: Catalogue;
  instruments: InstrumentArrays;
  assets: AssetArrays;
  places: PlaceArrays;
  arrays: RiskArrays;
  layout: work.WorkLayout;
}>;

/**
 * What the pass over positions reads of each instrument, packed; the arrays it comes from keep their names.
 */
export class PositionUnits {
  units = new Float64Array(0);
  links = new Int32Array(0);
  /** 1 where the venue's rulebook asks for margin, and no flat share is taken. */
  isRuled = new Uint8Array(0);

  resolve(instrumentCount: number): void {
    this.units = new Float64Array(instrumentCount * UNITS);
    this.links = new Int32Array(instrumentCount * LINKS);
    this.isRuled = new Uint8Array(instrumentCount);
  }

  refresh(parts: Parts): void {
    for (let i = 0; i < parts.instruments.mark.length; i++) {
      if (parts.places.hasRules) this.isRuled[i] = isRuled(parts, i) ? 1 : 0;
      this.#packUnit(parts, i);
      this.#packLinks(parts, i);
    }
  }

  #packUnit({ instruments, assets, places }: Parts, i: number): void {
    const { units } = this;
    const at = i * UNITS;
    const required = this.isRuled[i] === 1 ? 0 : places.requirement[instruments.venue[i]!]!;
    const mark = instruments.mark[i]!;
    units[at + UNIT_SIZE] = instruments.contractSize[i]!;
    units[at + UNIT_MARK] = instruments.form[i] === INVERSE ? 1 / mark : mark;
    units[at + UNIT_SETTLED] = assets.price[instruments.settlement[i]!]!;
    units[at + UNIT_NOTIONAL] = instruments.notional[i]!;
    units[at + UNIT_IMPACT] = instruments.impact[i]!;
    units[at + UNIT_BAND_LONG] = instruments.bandLong[i]!;
    units[at + UNIT_BAND_SHORT] = instruments.bandShort[i]!;
    units[at + UNIT_LEG] = instruments.quoteLeg[i]!;
    units[at + UNIT_LEG_WORTH] = instruments.quoteLeg[i]! * assets.price[instruments.quote[i]!]!;
    units[at + UNIT_REQUIRED] = required;
    units[at + UNIT_LINE] = instruments.form[i] === OPTION ? 0 : 1;
    units[at + UNIT_REQUIRED_MOVING] = required * instruments.notionalMoves[i]!;
  }

  #packLinks({ instruments, assets, arrays, layout }: Parts, i: number): void {
    const { links } = this;
    const at = i * LINKS;
    const row = layout.exposures + instruments.venue[i]! * layout.shapeCount;
    const exposureOf = (asset: number): number =>
      assets.underlying[asset]! < 0 ? -1 : row + arrays.ofUnderlying[assets.underlying[asset]!]!;
    const settlement = instruments.settlement[i]!;
    const quote = instruments.quote[i]!;
    const hasLeg = instruments.quoteLeg[i] !== 0;
    const hasCurves = instruments.sell[i] !== undefined || instruments.buy[i] !== undefined;
    links[at + LINK_FORM] = instruments.mark[i] === 0 ? UNPRICED : instruments.form[i]!;
    links[at + LINK_SETTLEMENT] = layout.assets + settlement * work.ASSET_RECORD;
    links[at + LINK_SETTLEMENT_EXPOSURE] = exposureOf(settlement);
    links[at + LINK_PLACE] = layout.locations + instruments.venue[i]! * work.LOCATION_RECORD;
    links[at + LINK_UNDERLYING] = layout.underlyings + instruments.underlying[i]! * work.UNDERLYING_RECORD;
    links[at + LINK_SHAPE] = layout.shapes + arrays.ofInstrument[i]! * work.SHAPE_RECORD;
    links[at + LINK_QUOTE] = hasLeg ? layout.assets + quote * work.ASSET_RECORD : -1;
    links[at + LINK_QUOTE_EXPOSURE] = hasLeg ? exposureOf(quote) : -1;
    links[at + LINK_EXPOSURE] = row + arrays.ofInstrument[i]!;
    links[at + LINK_CURVES] = hasCurves ? 1 : 0;
  }
}

/** A contract at a venue whose rulebook margins its kind and its underlying. */
const isRuled = ({ catalogue, instruments, places }: Parts, i: number): boolean => {
  const rule = places.rules[instruments.venue[i]!];
  if (rule === undefined || instruments.mark[i] === 0 || instruments.notional[i] === 0) return false;
  const form = instruments.form[i];
  if (form === OPTION && !rule.margins.options) return false;
  if (form === INVERSE && !rule.margins.inverse) return false;
  const underlying = catalogue.underlyings.ids[instruments.underlying[i]!]!;
  // Whether it knows the underlying; how much a unit of it is worth does not matter for that.
  return rule.maintenanceShare(underlying, 1, 1) !== undefined;
};
