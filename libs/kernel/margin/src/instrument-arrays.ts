import type { Catalogue, CatalogueInstrument } from './catalogue.ts';
import { cappedCurve, type CompiledCurve } from './cost-curve.ts';
import { impactOf, type ModelView } from './model-view.ts';

const NAMES = ['mark', 'notional', 'contractSize', 'quoteLeg', 'bandLong', 'bandShort', 'impact'] as const;

/** Places in a record of `units`: one contract's figures side by side, for the pass over positions. */
export const UNITS = 12;
export const UNIT_SIZE = 0;
/** The mark; its inverse for an inverse contract. */
export const UNIT_MARK = 1;
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
/** Places in a record of `links`. */
export const LINKS = 8;
export const LINK_FORM = 0;
export const LINK_SETTLEMENT = 1;
export const LINK_SETTLEMENT_SHAPE = 2;
export const LINK_VENUE = 3;
export const LINK_UNDERLYING = 4;
export const LINK_SHAPE = 5;
/** −1 where there is no quote leg. */
export const LINK_QUOTE = 6;
export const LINK_QUOTE_SHAPE = 7;

export const LINEAR = 0;
export const INVERSE = 1;
export const OPTION = 2;
/** No mark yet: no profit, no exposure. */
export const UNPRICED = 3;
export type FormCode = typeof LINEAR | typeof INVERSE | typeof OPTION;

/** Per instrument, by index: what one contract is worth, is exposed to and costs to unwind. */
export class InstrumentArrays {
  mark = new Float64Array(0);
  contractSize = new Float64Array(0);
  form = new Uint8Array(0);
  underlying = new Int32Array(0);
  settlement = new Int32Array(0);
  quote = new Int32Array(0);
  venue = new Int32Array(0);
  /** USD notional of one contract. */
  notional = new Float64Array(0);
  /** Quote asset that one long contract is short of, in units, beside its unrealised profit. */
  quoteLeg = new Float64Array(0);
  /** 1 where notional moves with profit, 0 where it is fixed in quote units. */
  notionalMoves = new Uint8Array(0);
  /** Value taken off in the conservative valuation, USD per contract long and short. */
  bandLong = new Float64Array(0);
  bandShort = new Float64Array(0);
  impact = new Float64Array(0);
  sell: (CompiledCurve | undefined)[] = [];
  buy: (CompiledCurve | undefined)[] = [];
  /** The above again, packed by instrument. */
  units = new Float64Array(0);
  links = new Int32Array(0);

  resolve(catalogue: Catalogue): void {
    const entries = catalogue.instrumentEntries;
    for (const name of NAMES) this[name] = new Float64Array(entries.length);
    for (const name of ['underlying', 'settlement', 'quote'] as const)
      this[name] = Int32Array.from(entries, (entry) => entry[name]);
    this.venue = Int32Array.from(entries, (entry) => entry.location);
    this.form = Uint8Array.from(entries, formOf);
    this.notionalMoves = this.form.map((form) => (form === LINEAR ? 1 : 0));
    entries.forEach(({ spec }, i) => (this.contractSize[i] = spec.contractSize));
    this.units = new Float64Array(entries.length * UNITS);
    this.links = new Int32Array(entries.length * LINKS);
  }

  refreshCurves({ catalogue, market, parameters }: ModelView): void {
    const cap = parameters.concentration.maxCostFraction;
    const ids = catalogue.instruments.ids;
    this.sell = ids.map((_, i) => cappedCurve(market.curveOf('instrument', i, 'sell'), cap));
    this.buy = ids.map((_, i) => cappedCurve(market.curveOf('instrument', i, 'buy'), cap));
  }

  refresh(model: ModelView): void {
    const { catalogue, market, parameters, shockSizes, underlyingParameters } = model;
    market.instruments.resize(this.mark.length);
    for (let i = 0; i < this.mark.length; i++) {
      this.mark[i] = market.instruments.mark[i]!;
      if (this.mark[i] === 0) continue;
      this.#refreshUnit(model, catalogue.instrumentEntries[i]!, i);
      const u = this.underlying[i]!;
      this.impact[i] = impactOf(parameters, shockSizes[u]!, underlyingParameters[u]!.dailyVolumeUsd);
    }
  }

  /** Packs what the pass over positions reads. `requirement` is by place, `ofInstrument` and `ofUnderlying` name shapes. */
  pack(
    { price, underlying }: Readonly<{ price: Float64Array; underlying: Int32Array }>,
    requirement: Float64Array,
    shapes: Readonly<{ ofInstrument: Int32Array; ofUnderlying: Int32Array }>,
  ): void {
    const shapeOf = (asset: number): number =>
      underlying[asset]! < 0 ? -1 : shapes.ofUnderlying[underlying[asset]!]!;
    for (let i = 0; i < this.mark.length; i++) {
      const mark = this.mark[i]!;
      const required = requirement[this.venue[i]!]!;
      const quote = this.quote[i]!;
      this.units.set(
        [
          this.contractSize[i]!,
          this.form[i] === INVERSE ? 1 / mark : mark,
          price[this.settlement[i]!]!,
          this.notional[i]!,
          this.impact[i]!,
          this.bandLong[i]!,
          this.bandShort[i]!,
          this.quoteLeg[i]!,
          this.quoteLeg[i]! * price[quote]!,
          required,
          required * this.notionalMoves[i]!,
        ],
        i * UNITS,
      );
      this.links.set(
        [
          mark === 0 ? UNPRICED : this.form[i]!,
          this.settlement[i]!,
          shapeOf(this.settlement[i]!),
          this.venue[i]!,
          this.underlying[i]!,
          shapes.ofInstrument[i]!,
          this.quoteLeg[i] === 0 ? -1 : quote,
          shapeOf(quote),
        ],
        i * LINKS,
      );
    }
  }

  #refreshUnit({ catalogue, market }: ModelView, entry: CatalogueInstrument, i: number): void {
    const mark = this.mark[i]!;
    const low = market.instruments.low[i]!;
    const high = market.instruments.high[i]!;
    const size = this.contractSize[i]!;
    const settled = market.assets.mark[entry.settlement]!;
    const quoteIsShocked = catalogue.assetUnderlyings[entry.quote]! >= 0;
    switch (this.form[i] as FormCode) {
      case LINEAR:
        this.notional[i] = size * mark * settled;
        this.bandLong[i] = size * (mark - low) * settled;
        this.bandShort[i] = size * (high - mark) * settled;
        // A contract quoted and settled in one asset is a purchase paid in that asset: −size × mark of it, so that a
        // fall of the quote asset is a gain of its own. Settled in another at par, only the profit stands in it.
        this.quoteLeg[i] = quoteIsShocked && entry.quote === entry.settlement ? size * mark : 0;
        return;
      case INVERSE: {
        const quotePrice = market.assets.mark[entry.quote]!;
        // `size` quote units are worth size / mark coins, each worth `settled`.
        this.notional[i] = (size / mark) * settled;
        this.bandLong[i] = size * (1 / low - 1 / mark) * settled;
        this.bandShort[i] = size * (1 / mark - 1 / high) * settled;
        this.quoteLeg[i] = quoteIsShocked && quotePrice > 0 ? this.notional[i] / quotePrice : 0;
        return;
      }
      case OPTION:
        this.notional[i] = size * forwardOf(catalogue, market, entry) * settled;
        this.bandLong[i] = size * (mark - low) * settled;
        this.bandShort[i] = size * (high - mark) * settled;
        this.quoteLeg[i] = 0;
    }
  }
}

const formOf = ({ spec }: CatalogueInstrument): FormCode => {
  if (spec.kind === 'option') return OPTION;
  return spec.kind !== 'spot' && spec.form === 'inverse' ? INVERSE : LINEAR;
};

/** Price of an option's underlying in its quote asset: that of the first asset that carries the underlying. */
export const forwardOf = (
  catalogue: ModelView['catalogue'],
  market: ModelView['market'],
  entry: CatalogueInstrument,
): number => {
  const asset = catalogue.assetUnderlyings.indexOf(entry.underlying);
  const quotePrice = market.assets.mark[entry.quote]!;
  return asset < 0 || quotePrice === 0 ? 0 : market.assets.mark[asset]! / quotePrice;
};
