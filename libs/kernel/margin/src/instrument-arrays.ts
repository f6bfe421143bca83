import type { Catalogue, CatalogueInstrument } from './catalogue.ts';
import { cappedCurve, type CompiledCurve } from './cost-curve.ts';
import { impactOf, type ModelView } from './model-view.ts';
import { optionDelta, yearsUntil, type OptionTerms } from './option-terms.ts';

const NAMES = ['mark', 'notional', 'contractSize', 'quoteLeg', 'bandLong', 'bandShort', 'impact'] as const;

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

  resolve(catalogue: Catalogue): void {
    const entries = catalogue.instrumentEntries;
    for (const name of NAMES) this[name] = new Float64Array(entries.length);
    for (const name of ['underlying', 'settlement', 'quote'] as const)
      this[name] = Int32Array.from(entries, (entry) => entry[name]);
    this.venue = Int32Array.from(entries, (entry) => entry.location);
    this.form = Uint8Array.from(entries, formOf);
    this.notionalMoves = this.form.map((form) => (form === LINEAR ? 1 : 0));
    entries.forEach(({ spec }, i) => (this.contractSize[i] = spec.contractSize));
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
        // A contract quoted and settled in one asset is a purchase paid in that asset: −size × mark of it, so
        // that a fall of the quote asset is a gain of its own. Settled in another at par, only the profit
        // stands in it.
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
      case OPTION: {
        // The mark is in settlement units, coins when inverse; forward and strike are in quote units.
        const terms = optionTerms({ catalogue, market }, entry, i);
        this.notional[i] = size * terms.forward * market.assets.mark[entry.quote]!;
        this.bandLong[i] = size * (mark - low) * settled;
        this.bandShort[i] = size * (high - mark) * settled;
        this.quoteLeg[i] = 0;
      }
    }
  }
}

const formOf = ({ spec }: CatalogueInstrument): FormCode => {
  if (spec.kind === 'option') return OPTION;
  return spec.kind !== 'spot' && spec.form === 'inverse' ? INVERSE : LINEAR;
};

/** Share of a contract's notional that moves with the price: 1, of an option its delta. */
export const deltaOf = (
  { catalogue, market }: Pick<ModelView, 'catalogue' | 'market'>,
  i: number,
): number => {
  const entry = catalogue.instrumentEntries[i]!;
  if (entry.spec.kind !== 'option') return 1;
  const terms = optionTerms({ catalogue, market }, entry, i);
  return terms.forward === 0
    ? 0
    : optionDelta(entry.spec, terms, yearsUntil(entry.spec.expiryMs, market.atMs));
};

/**
 * What an option is priced with. One that has a mark but no terms yet is never judged as if it could not
 * move: it is priced at the spot price and at the volatility of its underlying.
 */
export const optionTerms = (
  { catalogue, market }: Pick<ModelView, 'catalogue' | 'market'>,
  entry: CatalogueInstrument,
  i: number,
): OptionTerms =>
  market.optionTermsOf(i) ?? {
    forward: spotOf(catalogue, market, entry),
    fixedForward: 0,
    volatility: market.volatilityOf(entry.underlying),
  };

/**
 * Price of an option's underlying in its quote asset: that of the first asset that carries the underlying.
 */
const spotOf = (
  catalogue: ModelView['catalogue'],
  market: ModelView['market'],
  entry: CatalogueInstrument,
): number => {
  const asset = catalogue.assetUnderlyings.indexOf(entry.underlying);
  const quotePrice = market.assets.mark[entry.quote]!;
  return asset < 0 || quotePrice === 0 ? 0 : market.assets.mark[asset]! / quotePrice;
};
