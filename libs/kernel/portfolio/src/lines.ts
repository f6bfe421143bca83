import { Catalogue, MarketState, POOLS_LOCATION, type InstrumentSpec, type MarkInput } from '@plinth/margin';
import { NUMERAIRE, indexOf, venueLocation, type Asset, type Instrument, type Venue } from '@plinth/market';
import { textToFloat } from '@plinth/money';
import type { MarkFigures, MarksView, ReferenceView } from '@plinth/views';

/** A contract at a venue is one line of the margin library. */
export const lineOf = (instrumentId: string, venueId: string): string => `${instrumentId}@${venueId}`;

/** No price of the margin library may be zero, however wide its band is. */
const LOWEST_SHARE = 1e-6;

/**
 * Reference data and marks as the margin library speaks of them: assets move with themselves as underlying
 * (fiat does not move), every instrument is one line per venue that lists it, every location is a place.
 */
export class Lines {
  readonly #reference: ReferenceView;
  readonly #marks: MarksView;
  /** Instruments by venue of which a fill has been seen: nearly every fill is of one. */
  readonly #traded = new Map<string, Set<string>>();
  catalogue = new Catalogue();
  market = new MarketState(this.catalogue);

  constructor(reference: ReferenceView, marks: MarksView) {
    this.#reference = reference;
    this.#marks = marks;
    this.reset();
  }

  reset(): void {
    this.#traded.clear();
    this.catalogue = new Catalogue();
    this.catalogue.addLocation({ id: POOLS_LOCATION, kind: 'venue' });
    this.market = new MarketState(this.catalogue);
  }

  /** What was registered, in its order: the indexes come from it. Prices follow from the marks. */
  dump() {
    const { underlyings, locationSpecs, assetSpecs, instrumentEntries } = this.catalogue;
    return {
      underlyings: underlyings.ids,
      locations: locationSpecs,
      assets: assetSpecs,
      instruments: instrumentEntries.map(({ spec }) => spec),
    };
  }

  /** After the reference data and the marks. */
  load({ underlyings, locations, assets, instruments }: ReturnType<Lines['dump']>): void {
    const { catalogue } = this;
    for (const id of underlyings) catalogue.underlyings.intern(id);
    for (const spec of locations) {
      if (catalogue.locations.find(spec.id) === undefined) catalogue.addLocation(spec);
    }
    for (const spec of assets) {
      if (catalogue.assets.find(spec.id) === undefined) catalogue.addAsset(spec);
    }
    for (const spec of instruments) catalogue.addInstrument(spec);
    for (const { instrumentId } of this.#marks.all()) this.reprice(instrumentId);
    this.setTime(this.#marks.at);
  }

  addAsset({ symbol, kind }: Asset): void {
    if (this.catalogue.assets.find(symbol) !== undefined) return;
    this.catalogue.addAsset(kind === 'fiat' ? { id: symbol } : { id: symbol, underlying: symbol });
    this.reprice(indexOf(symbol));
    for (const instrument of this.#reference.instruments.values()) {
      if (instrument.quoteAsset === symbol || instrument.underlying === symbol)
        this.addInstrument(instrument);
    }
  }

  addInstrument(instrument: Instrument): void {
    for (const venue of this.#reference.venues.values()) {
      if (venue.listings.has(instrument.id)) this.#addLine(instrument, venue.id);
    }
  }

  addVenue(venue: Venue): void {
    this.addLocation(venueLocation(venue.id));
    for (const instrumentId of venue.listings.keys()) {
      const instrument = this.#reference.instruments.get(instrumentId);
      if (instrument !== undefined) this.#addLine(instrument, venue.id);
    }
  }

  addLocation(id: string): void {
    if (this.catalogue.locations.find(id) !== undefined) return;
    this.catalogue.addLocation({ id, kind: id.startsWith('venue:') ? 'venue' : 'custody' });
  }

  /** A fill came from a venue: its line exists from now on, whatever the venue lists. */
  addTraded(instrumentId: string, venueId: string): void {
    const traded = this.#traded.get(venueId) ?? new Set();
    if (traded.has(instrumentId)) return;
    const instrument = this.#reference.instruments.get(instrumentId);
    if (instrument === undefined || !this.#reference.venues.has(venueId)) return;
    this.#addLine(instrument, venueId);
    if (this.has(instrumentId, venueId)) this.#traded.set(venueId, traded.add(instrumentId));
  }

  /** False when the pair is not known, or one of its assets is not listed yet. */
  has(instrumentId: string, venueId: string): boolean {
    return this.catalogue.instruments.find(lineOf(instrumentId, venueId)) !== undefined;
  }

  /**
   * Mark of an instrument in its quote asset; a spot pair without a mark of its own is priced over its
   * assets.
   */
  priceOf(instrumentId: string): number | undefined {
    const own = this.#marks.figures(instrumentId);
    if (own !== undefined) return own.price;
    const instrument = this.#reference.instruments.get(instrumentId);
    if (instrument?.kind !== 'spot') return undefined;
    const base = this.#marks.ofAsset(instrument.underlying);
    const quote = this.#marks.ofAsset(instrument.quoteAsset);
    return base === undefined || quote === undefined ? undefined : base.price / quote.price;
  }

  /** The round of marks that is known was made then: options have their time to expiry from there. */
  setTime(atMs: number): void {
    this.market.setTime(atMs);
  }

  /**
   * Takes the last mark of an instrument over: as a price of an asset, of every line of a contract, or of
   * neither.
   */
  reprice(instrumentId: string): void {
    const figures = this.#marks.figures(instrumentId);
    if (figures === undefined) return;
    const [asset = '', quote] = instrumentId.split('/');
    if (quote === NUMERAIRE) this.#repriceAsset(asset, figures);
    for (const venueId of this.#reference.venues.keys())
      this.#repriceLine(lineOf(instrumentId, venueId), figures);
  }

  #repriceAsset(asset: string, figures: MarkFigures): void {
    const { catalogue, market } = this;
    if (asset === NUMERAIRE) return;
    const volatility = Math.min(100, figures.volatility);
    if (catalogue.underlyings.find(asset) !== undefined) market.setVolatility(asset, volatility);
    const index = catalogue.assets.find(asset);
    if (index === undefined) return;
    market.setAssetPrice(asset, conservativePrices(figures));
    if (catalogue.assetUnderlyings[index] === -1) market.setAssetVolatility(asset, volatility);
  }

  #repriceLine(line: string, figures: MarkFigures): void {
    const index = this.catalogue.instruments.find(line);
    if (index === undefined) return;
    this.market.setInstrumentMark(line, conservativePrices(figures));
    const { forward, fixedForward, volatility } = figures;
    if (this.catalogue.instrumentEntries[index]!.spec.kind === 'option' && forward > 0)
      this.market.setOptionTerms(line, { forward, fixedForward, volatility: Math.min(100, volatility) });
  }

  #addLine(instrument: Instrument, venueId: string): void {
    const id = lineOf(instrument.id, venueId);
    if (this.catalogue.instruments.find(id) !== undefined) return;
    const { kind, underlying, quoteAsset } = instrument;
    const { assets } = this.catalogue;
    if (assets.find(quoteAsset) === undefined) return;
    if (kind === 'spot' && assets.find(underlying) === undefined) return;
    this.addLocation(venueLocation(venueId));
    this.catalogue.addInstrument(specOf(id, venueLocation(venueId), instrument));
    this.reprice(instrument.id);
    this.reprice(indexOf(underlying));
  }
}

const specOf = (
  id: string,
  venue: string,
  { kind, underlying, quoteAsset, contractSize, inverse, strike, optionType, expiresAtMs }: Instrument,
): InstrumentSpec => {
  const size = textToFloat(contractSize, 'contractSize');
  const line = { id, venue, underlying, settlement: quoteAsset, contractSize: size };
  if (kind === 'spot') return { ...line, quote: quoteAsset, contractSize: 1, kind, base: underlying };
  // An inverse contract is quoted in dollars and settles in its own underlying.
  const quoted = { ...line, quote: inverse ? NUMERAIRE : quoteAsset };
  const form = inverse ? 'inverse' : 'linear';
  if (kind !== 'option') return { ...quoted, kind, form };
  const right = optionType === 'put' ? 'put' : 'call';
  return { ...quoted, kind, form, right, strike: textToFloat(strike, 'strike'), expiryMs: expiresAtMs };
};

/**
 * The conservative pair of a mark (finance §3): collateral at min(mark, 1 h TWAP) − confidence, liabilities
 * at max(mark, 1 h TWAP) + confidence.
 */
export const conservativePrices = ({ price, twap, confidence, state }: MarkFigures): MarkInput => ({
  mark: price,
  low: Math.max(LOWEST_SHARE * price, Math.min(price, twap) - confidence),
  high: Math.max(price, twap) + confidence,
  state,
});
