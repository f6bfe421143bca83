import type { CatalogueInstrument } from './catalogue.ts';
import { NUMERAIRE } from './catalogue.ts';
import type { CompiledCurve } from './market-state.ts';
import type { RiskModel } from './risk-model.ts';
import type { InstrumentSpec } from './types.ts';

const HOURS_PER_DAY = 24;
const HOURS_PER_YEAR = 8_760;

/**
 * Value of one contract of an option in settlement units, at this forward (quote units) and volatility (per √year).
 * The pricer knows the time of its valuation.
 */
export type OptionValue = (
  option: Extract<InstrumentSpec, { kind: 'option' }>,
  forward: number,
  volatility: number,
) => number;

/**
 * What one unit of each line gains in every scenario, in USD, profit positive, already times the counted share; and what
 * else an account's figures need per unit. Rows are [maintenance columns | initial columns].
 */
export class RiskArrays {
  readonly #model: RiskModel;
  /** Shock of each underlying in each column, as a fraction of its price, not below −1; same layout as rows. */
  shocks = new Float64Array(0);
  counted = new Float64Array(0);

  assetRows = new Float64Array(0);
  assetPrice = new Float64Array(0);
  assetUnderlying = new Int32Array(0);
  /** Price taken off in the conservative valuation, per unit held and per unit owed. */
  assetBandLong = new Float64Array(0);
  assetBandShort = new Float64Array(0);
  /** Haircut of a position small against its market; 0 for shocked assets. */
  haircut = new Float64Array(0);
  haircutRaw = new Float64Array(0);
  haircutMax = new Float64Array(0);
  /** USD that can be sold within the horizon; a larger holding gets a longer horizon. */
  haircutDepth = new Float64Array(0);
  assetImpact = new Float64Array(0);
  assetSell: (CompiledCurve | undefined)[] = [];
  assetBuy: (CompiledCurve | undefined)[] = [];

  rows = new Float64Array(0);
  mark = new Float64Array(0);
  /** USD notional of one contract. */
  notional = new Float64Array(0);
  contractSize = new Float64Array(0);
  /** 0 linear, 1 inverse, 2 option. */
  form = new Uint8Array(0);
  underlying = new Int32Array(0);
  settlement = new Int32Array(0);
  quote = new Int32Array(0);
  venue = new Int32Array(0);
  /** Quote asset that one long contract is short of, in units, beside its unrealised profit. */
  quoteLeg = new Float64Array(0);
  /** 1 where notional moves with profit, 0 where it is fixed in quote units. */
  notionalMoves = new Uint8Array(0);
  bandLong = new Float64Array(0);
  bandShort = new Float64Array(0);
  impact = new Float64Array(0);
  sell: (CompiledCurve | undefined)[] = [];
  buy: (CompiledCurve | undefined)[] = [];

  isVenue = new Uint8Array(0);
  /** PD × LGD of each place. */
  venueCredit = new Float64Array(0);
  venueRequirement = new Float64Array(0);
  /** Share of what stands in excess there that arrives within the coverage horizon. */
  transferable = new Float64Array(0);

  constructor(model: RiskModel) {
    this.#model = model;
  }

  /** Sizes everything to the catalogue and resolves what depends on parameters alone. */
  resolve(): void {
    const { catalogue } = this.#model;
    const width = 2 * this.#model.width;
    const assets = catalogue.assets.size;
    const instruments = catalogue.instruments.size;
    this.shocks = new Float64Array(catalogue.underlyings.size * width);
    this.counted = new Float64Array(width);
    this.assetRows = new Float64Array(assets * width);
    for (const name of ASSET_ARRAYS) this[name] = new Float64Array(assets);
    this.assetUnderlying = Int32Array.from(catalogue.assetUnderlyings);
    this.rows = new Float64Array(instruments * width);
    for (const name of INSTRUMENT_ARRAYS) this[name] = new Float64Array(instruments);
    this.form = new Uint8Array(instruments);
    this.notionalMoves = new Uint8Array(instruments);
    for (const name of ['underlying', 'settlement', 'quote'] as const)
      this[name] = Int32Array.from(catalogue.instrumentEntries, (entry) => entry[name]);
    this.venue = Int32Array.from(catalogue.instrumentEntries, (entry) => entry.location);
    catalogue.instrumentEntries.forEach(({ spec }, i) => {
      this.contractSize[i] = spec.contractSize;
      this.form[i] = spec.kind === 'option' ? 2 : spec.kind !== 'spot' && spec.form === 'inverse' ? 1 : 0;
      this.notionalMoves[i] = this.form[i] === 0 ? 1 : 0;
    });
    this.#resolvePlaces();
  }

  #resolvePlaces(): void {
    const { catalogue, parameters } = this.#model;
    const count = catalogue.locations.size;
    this.isVenue = new Uint8Array(count);
    this.venueCredit = new Float64Array(count);
    this.venueRequirement = new Float64Array(count);
    this.transferable = new Float64Array(count);
    const own = new Map(parameters.venues.map((venue) => [venue.venue, venue]));
    const horizon = parameters.coverage.horizonHours;
    catalogue.locationSpecs.forEach(({ id, kind }, l) => {
      const venue = own.get(id) ?? parameters.otherVenues;
      const transfer = kind === 'venue' ? venue : parameters.custody;
      // The share that arrives falls in a straight line with the time it needs: late cash covers nothing.
      this.transferable[l] = transfer.transferableShare * Math.max(0, 1 - transfer.transferHours / horizon);
      if (kind === 'custody') return;
      this.isVenue[l] = 1;
      this.venueCredit[l] = venue.defaultProbability * venue.lossGivenDefault;
      this.venueRequirement[l] = venue.requirementFraction;
    });
  }

  /** Cost curves with their marginal cost held to the cap. */
  refreshCurves(): void {
    const { catalogue, market, parameters } = this.#model;
    const cap = parameters.concentration.maxCostFraction;
    const take = (
      line: 'asset' | 'instrument',
      index: number,
      side: 'sell' | 'buy',
    ): CompiledCurve | undefined => capped(market.curveOf(line, index, side), cap);
    this.assetSell = catalogue.assets.ids.map((_, a) => take('asset', a, 'sell'));
    this.assetBuy = catalogue.assets.ids.map((_, a) => take('asset', a, 'buy'));
    this.sell = catalogue.instruments.ids.map((_, i) => take('instrument', i, 'sell'));
    this.buy = catalogue.instruments.ids.map((_, i) => take('instrument', i, 'buy'));
  }

  refreshPrices(): void {
    this.#refreshShocks();
    this.#refreshAssets();
    this.#model.catalogue.instrumentEntries.forEach((entry, i) => this.#refreshInstrument(entry, i));
  }

  #refreshShocks(): void {
    const { parameters, columns, scenarios, shockSizes, catalogue, width } = this.#model;
    for (let c = 0; c < width; c++) {
      const scenario = scenarios[columns.first[c]!]!;
      this.counted[c] = scenario.counted;
      this.counted[width + c] = scenario.counted;
      for (let u = 0; u < shockSizes.length; u++) {
        let shock = scenario.multiple * shockSizes[u]!;
        if (scenario.depeg !== undefined) {
          const id = catalogue.underlyings.ids[u]!;
          shock = parameters.depegs[scenario.depeg]!.shocks.find((s) => s.underlying === id)?.fraction ?? 0;
        }
        this.shocks[2 * u * width + c] = Math.max(-1, shock);
        this.shocks[(2 * u + 1) * width + c] = Math.max(-1, parameters.imShockMultiplier * shock);
      }
    }
  }

  #refreshAssets(): void {
    const { catalogue, market, parameters, width, shockSizes, underlyingParameters } = this.#model;
    const { haircuts, concentration } = parameters;
    const own = new Map(haircuts.assets.map((asset) => [asset.asset, asset]));
    const days = Math.sqrt(haircuts.horizonHours / HOURS_PER_YEAR);
    market.assets.resize(catalogue.assets.size);
    catalogue.assets.ids.forEach((id, a) => {
      const price = market.assets.mark[a]!;
      this.assetPrice[a] = price;
      this.assetBandLong[a] = price - market.assets.low[a]!;
      this.assetBandShort[a] = market.assets.high[a]! - price;
      const u = this.assetUnderlying[a]!;
      if (u >= 0) {
        // One unit of a shocked asset gains price × shock.
        for (let c = 0; c < 2 * width; c++)
          this.assetRows[2 * a * width + c] = price * this.shocks[2 * u * width + c]! * this.counted[c]!;
        this.assetImpact[a] = impactOf(
          concentration,
          shockSizes[u]!,
          underlyingParameters[u]!.dailyVolumeUsd,
        );
        return;
      }
      const p = own.get(id) ?? haircuts.otherAssets;
      // h = clamp(h_min, z · σ · √τ₀, h_max), rounded up to the grid of shocks (finance §5).
      const raw = haircuts.volMultiplier * market.assetVolatilityOf(a) * days;
      const onGrid = Math.ceil(raw / parameters.shockStep) * parameters.shockStep;
      this.haircutRaw[a] = onGrid;
      this.haircut[a] = Math.min(p.max, Math.max(p.min, onGrid));
      this.haircutMax[a] = p.max;
      this.haircutDepth[a] =
        concentration.participation * p.dailyVolumeUsd * (haircuts.horizonHours / HOURS_PER_DAY);
      const impact = impactOf(concentration, this.haircut[a], p.dailyVolumeUsd);
      this.assetImpact[a] = id === NUMERAIRE ? 0 : impact;
    });
  }

  #refreshInstrument(entry: CatalogueInstrument, i: number): void {
    const { market, parameters, shockSizes, underlyingParameters } = this.#model;
    market.instruments.resize(i + 1);
    const mark = market.instruments.mark[i]!;
    const low = market.instruments.low[i]!;
    const high = market.instruments.high[i]!;
    const size = entry.spec.contractSize;
    const settled = this.assetPrice[entry.settlement]!;
    const shockedQuote = this.assetUnderlying[entry.quote]! >= 0;
    this.mark[i] = mark;
    if (mark === 0) return;
    switch (this.form[i] as 0 | 1 | 2) {
      case 0:
        this.notional[i] = size * mark * settled;
        this.bandLong[i] = size * (mark - low) * settled;
        this.bandShort[i] = size * (high - mark) * settled;
        // A contract quoted and settled in one asset is a purchase paid in that asset: −size × mark of it, so that a
        // fall of the quote asset is a gain of its own. Settled in another at par, only the profit stands in it.
        this.quoteLeg[i] = entry.quote === entry.settlement && shockedQuote ? size * mark : 0;
        break;
      case 1: {
        const quotePrice = this.assetPrice[entry.quote]!;
        // contractSize quote units worth of coin: size / mark coins, each worth `settled`.
        this.notional[i] = (size / mark) * settled;
        this.bandLong[i] = size * (1 / low - 1 / mark) * settled;
        this.bandShort[i] = size * (1 / mark - 1 / high) * settled;
        this.quoteLeg[i] = shockedQuote && quotePrice > 0 ? this.notional[i] / quotePrice : 0;
        break;
      }
      case 2:
        this.notional[i] = size * this.#spotOf(entry) * settled;
        this.bandLong[i] = size * (mark - low) * settled;
        this.bandShort[i] = size * (high - mark) * settled;
        this.quoteLeg[i] = 0;
    }
    const volume = underlyingParameters[entry.underlying]!.dailyVolumeUsd;
    this.impact[i] = impactOf(parameters.concentration, shockSizes[entry.underlying]!, volume);
    if (this.form[i] === 2) this.#refreshOption(entry, i, settled);
    else this.#refreshLinear(entry, i);
  }

  /** One contract gains notional × shock, in the column's own price of the settlement asset where that is quanto. */
  #refreshLinear(entry: CatalogueInstrument, i: number): void {
    const width = 2 * this.#model.width;
    const settlementUnderlying = this.assetUnderlying[entry.settlement]!;
    const quanto = this.form[i] === 0 && entry.quote !== entry.settlement && settlementUnderlying >= 0;
    for (let c = 0; c < width; c++) {
      const shock = this.shocks[entry.underlying * width + c]! * this.counted[c]!;
      const settled = quanto ? 1 + this.shocks[settlementUnderlying * width + c]! : 1;
      this.rows[i * width + c] = this.notional[i]! * shock * settled;
    }
  }

  /** Full revaluation at the shocked forward and the shocked volatility. */
  #refreshOption(entry: CatalogueInstrument, i: number, settled: number): void {
    const { optionValue, columns, scenarios, width, market, underlyingParameters } = this.#model;
    const option = entry.spec;
    if (option.kind !== 'option' || optionValue === undefined) return;
    const forward = this.#spotOf(entry);
    const volatility = market.impliedVolatilityOf(i);
    const p = underlyingParameters[entry.underlying]!;
    const moves = { down: 1 - p.volShockDown, flat: 1, up: 1 + p.volShockUp };
    const now = optionValue(option, forward, volatility);
    for (let c = 0; c < 2 * width; c++) {
      const scenario = scenarios[columns.first[c % width]!]!;
      const shocked = forward * (1 + this.shocks[2 * entry.underlying * width + c]!);
      const value = optionValue(option, shocked, volatility * moves[scenario.volatility]);
      const settlementUnderlying = this.assetUnderlying[entry.settlement]!;
      const price =
        settlementUnderlying < 0
          ? settled
          : settled * (1 + this.shocks[2 * settlementUnderlying * width + c]!);
      this.rows[2 * i * width + c] = option.contractSize * (value - now) * price * this.counted[c]!;
    }
  }

  /** Price of an option's underlying in its quote asset: the first asset that carries the underlying. */
  #spotOf(entry: CatalogueInstrument): number {
    const asset = this.assetUnderlying.indexOf(entry.underlying);
    const quotePrice = this.assetPrice[entry.quote]!;
    return asset < 0 || quotePrice === 0 ? 0 : this.assetPrice[asset]! / quotePrice;
  }
}

const ASSET_ARRAYS = [
  'assetPrice',
  'assetBandLong',
  'assetBandShort',
  'haircut',
  'haircutRaw',
  'haircutMax',
  'haircutDepth',
  'assetImpact',
] as const;
const INSTRUMENT_ARRAYS = [
  'mark',
  'notional',
  'contractSize',
  'quoteLeg',
  'bandLong',
  'bandShort',
  'impact',
] as const;

/** K in cost(V) = K · V · √V: impactCoefficient · x / √(daily volume). */
const impactOf = (p: { impactCoefficient: number }, shock: number, dailyVolumeUsd: number): number =>
  (p.impactCoefficient * shock) / Math.sqrt(dailyVolumeUsd);

const capped = (curve: CompiledCurve | undefined, cap: number): CompiledCurve | undefined => {
  if (curve === undefined) return undefined;
  const marginal = curve.marginal.map((cost) => Math.min(cost, cap));
  const cumulated = new Float64Array(marginal.length);
  for (let k = 1; k < marginal.length; k++) {
    const width = curve.quantities[k]! - curve.quantities[k - 1]!;
    cumulated[k] = cumulated[k - 1]! + 0.5 * (marginal[k - 1]! + marginal[k]!) * width;
  }
  return { quantities: curve.quantities, marginal, cumulated };
};
