import { assert, floatToText } from '@plinth/money';
import { Random } from '@plinth/maths';
import type {
  FeedAsset,
  FeedBook,
  FeedFunding,
  FeedInstrument,
  FeedLevel,
  FeedProduct,
  FeedQuote,
  FeedVenue,
  MarketFeed,
  VenueFault,
} from './market-feed.ts';
import {
  datedInstruments,
  isOpen,
  productsOf,
  optionQuote,
  WIDEST,
  type OptionQuote,
} from './dated-market.ts';
import { drawPath, type PricePath } from './price-path.ts';
import { hoursOf, phaseAt, ticksOf, type Scenario, type UnderlyingSpec, type VenueSpec } from './scenario.ts';

type Kind = Exclude<FeedInstrument['kind'], 'option'>;

const LEVELS = 12;
/** Distance between two levels, in parts of the price: twelve of them span about 1 %. */
const LEVEL_STEP = 0.0008;
/** Decimals of an underlying's price beside the book of an option. */
const INDEX_DIGITS = 8;
const FUTURE_YEARS = 0.25;
const FUTURE_BASIS = 0.06;
const YEAR_MS = 31_536_000_000;

const STABLE: UnderlyingSpec = {
  asset: 'USDC',
  price: 1,
  tick: '0.0001',
  lot: '0.01',
  scale: 6,
  beta: 0,
  own: 0,
  depthUsd: 20_000_000,
};

const digitsOf = (step: string): number => (step.includes('.') ? step.length - step.indexOf('.') - 1 : 0);

/** The market of a scenario: what its venues show at each tick. A function of scenario and seed alone. */
export class MadeMarket implements MarketFeed {
  readonly name: string;
  readonly sources: readonly string[];
  readonly ticks: number;
  readonly assets: readonly FeedAsset[];
  readonly instruments: readonly FeedInstrument[];
  readonly venues: readonly FeedVenue[];
  readonly products: readonly FeedProduct[];
  readonly #scenario: Scenario;
  readonly #seed: number;
  readonly #path: PricePath;
  readonly #specs: readonly UnderlyingSpec[];

  constructor(scenario: Scenario, seed: number) {
    this.name = scenario.name;
    this.sources = scenario.sources;
    this.#scenario = scenario;
    this.#seed = seed;
    this.#path = drawPath(scenario, seed);
    this.ticks = ticksOf(scenario);
    this.#specs = [STABLE, ...scenario.underlyings];
    this.assets = [
      { symbol: 'USD', scale: 6, kind: 'fiat', price: 1, depthUsd: 1e12 },
      ...this.#specs.map(({ asset, scale, price, depthUsd }): FeedAsset => {
        return {
          symbol: asset,
          scale,
          kind: asset === STABLE.asset ? 'stablecoin' : 'coin',
          price,
          depthUsd,
        };
      }),
    ];
    this.instruments = [...instrumentsOf(scenario, this.#specs), ...datedInstruments(scenario)];
    this.products = productsOf(scenario);
    const ids = this.instruments.map(({ instrumentId }) => instrumentId);
    this.venues = scenario.venues.map((venue) => ({ ...venue, instruments: ids }));
  }

  timeOf(tick: number): number {
    const { startsAtMs, tickMs, paceMs = tickMs } = this.#scenario;
    return startsAtMs + tick * paceMs;
  }

  hourOf(tick: number): number {
    return (tick * hoursOf(this.#scenario)) / this.ticks;
  }

  /** Mid price of an instrument before any venue's own noise. */
  midOf(instrument: FeedInstrument, tick: number): number {
    const spot = (this.#path.prices.get(instrument.underlying) as Float64Array)[tick] as number;
    switch (instrument.kind) {
      case 'spot':
        return spot;
      case 'perpetual':
        return spot * (1 + this.#premium(instrument.underlying, tick));
      case 'future':
        return this.#forwardOf(instrument, tick);
      case 'option':
        return this.#optionQuote(instrument, tick).mid;
    }
  }

  #forwardOf({ underlying, expiresAtMs }: FeedInstrument, tick: number): number {
    const years = (expiresAtMs - this.timeOf(tick)) / YEAR_MS;
    return ((this.#path.prices.get(underlying) as Float64Array)[tick] as number) * (1 + FUTURE_BASIS * years);
  }

  #optionQuote(instrument: FeedInstrument, tick: number): OptionQuote {
    const { volatility } = phaseAt(this.#scenario, this.hourOf(tick));
    const forward = this.#forwardOf(instrument, tick);
    return optionQuote(this.#scenario, instrument, forward, volatility, this.timeOf(tick));
  }

  quotesAt(tick: number): readonly FeedQuote[] {
    return this.#scenario.venues.flatMap((venue) => this.#venueQuotes(tick, venue));
  }

  /** A venue that is down quotes nothing. */
  #venueQuotes(tick: number, venue: VenueSpec): readonly FeedQuote[] {
    if (this.faultAt(tick, venue.venueId) === 'down') return [];
    const random = Random.of('quotes', this.#seed, venue.venueId, tick);
    return this.#openAt(tick).map((instrument) => {
      const digits = digitsOf(instrument.tick) + 1;
      const stray = random.chance(venue.strays.chance)
        ? venue.strays.size * (random.chance(0.5) ? 1 : -1)
        : 0;
      const price = this.#venueMid(instrument, venue, tick) * (1 + stray);
      return {
        instrumentId: instrument.instrumentId,
        source: `${venue.venueId}:${instrument.instrumentId}`,
        group: venue.venueId,
        price: floatToText(price, digits),
        confidence: floatToText(
          Math.max(price * this.#halfSpread(venue, tick, instrument), 10 ** -digits),
          digits,
          'up',
        ),
        sourceTimeMs: this.timeOf(tick),
        volume: floatToText(this.#levelUsd(instrument, venue, tick) / this.#unitUsd(instrument, tick), 4),
      };
    });
  }

  booksAt(tick: number, venueId: string): readonly FeedBook[] {
    const venue = this.#venue(venueId);
    const random = Random.of('books', this.#seed, venueId, tick);
    return this.#openAt(tick).map((instrument) => {
      const mid = this.#venueMid(instrument, venue, tick);
      const usd = this.#levelUsd(instrument, venue, tick);
      const spread = this.#halfSpread(venue, tick, instrument);
      const unit = this.#unitUsd(instrument, tick);
      return {
        instrumentId: instrument.instrumentId,
        bids: levels(instrument, mid, usd / unit, -1, spread, random),
        asks: levels(instrument, mid, usd / unit, 1, spread, random),
        ...(instrument.kind === 'option' ? { indexPrice: this.#indexPrice(instrument, tick) } : {}),
      };
    });
  }

  #indexPrice({ underlying }: FeedInstrument, tick: number): string {
    return floatToText((this.#path.prices.get(underlying) as Float64Array)[tick] as number, INDEX_DIGITS);
  }

  faultAt(tick: number, venueId: string): VenueFault {
    const hour = this.hourOf(tick);
    const fault = this.#venue(venueId).faults.find(
      ({ fromHour, toHour }) => hour >= fromHour && hour < toHour,
    );
    return fault?.condition ?? 'up';
  }

  /** The premium at the end of each interval, clamped to ±0.375 % as exchanges do. */
  fundingAt(tick: number): readonly FeedFunding[] {
    const every = this.#scenario.fundingEveryHours;
    if (tick === 0 || Math.floor(this.hourOf(tick) / every) === Math.floor(this.hourOf(tick - 1) / every))
      return [];
    return this.instruments
      .filter(({ kind }) => kind === 'perpetual')
      .flatMap((instrument) => {
        const rate = Math.max(-0.00375, Math.min(0.00375, this.#premium(instrument.underlying, tick)));
        const indexPrice = floatToText(this.midOf(instrument, tick), digitsOf(instrument.tick) + 1);
        const { instrumentId } = instrument;
        return this.venues.map(({ venueId }) => ({
          instrumentId,
          venueId,
          rate: floatToText(rate, 8),
          indexPrice,
        }));
      });
  }

  #venue(venueId: string): VenueSpec {
    const venue = this.#scenario.venues.find((one) => one.venueId === venueId);
    assert(venue !== undefined, () => `Expected a venue of ${this.name}, was ${venueId}`);
    return venue;
  }

  /**
   * Perpetuals trade below the index when it falls and above it when it rises: a tenth of the last hour's
   * move, ≤ 0.5 %.
   */
  #premium(underlying: string, tick: number): number {
    const prices = this.#path.prices.get(underlying) as Float64Array;
    const back = Math.max(0, tick - Math.max(1, Math.round(3_600_000 / this.#scenario.tickMs)));
    const move = (prices[tick] as number) / (prices[back] as number) - 1;
    return Math.max(-0.005, Math.min(0.005, move / 10));
  }

  /** Each venue is a little off the market, the same for its book and its quote. */
  #venueMid(instrument: FeedInstrument, venue: VenueSpec, tick: number): number {
    const random = Random.of('mid', this.#seed, venue.venueId, instrument.instrumentId, tick);
    return (
      this.midOf(instrument, tick) * (1 + 0.3 * this.#halfSpread(venue, tick, instrument) * random.normal())
    );
  }

  /**
   * As a part of the price; options are quoted wider, by the maker's spread in volatility and by what hedging
   * them costs: else deep in the money they would promise a better price of the underlying than it has.
   */
  #halfSpread(venue: VenueSpec, tick: number, instrument: FeedInstrument): number {
    const { depth } = phaseAt(this.#scenario, this.hourOf(tick));
    const own = venue.halfSpreadBps / 10_000 / depth;
    if (instrument.kind !== 'option') return own;
    const { halfSpread, hedge } = this.#optionQuote(instrument, tick);
    return Math.min(WIDEST, own * (1 + hedge) + halfSpread);
  }

  /** What trades at this tick: an expired contract has neither quotes nor books. */
  #openAt(tick: number): readonly FeedInstrument[] {
    const at = this.timeOf(tick);
    return this.instruments.filter((instrument) => isOpen(instrument, at));
  }

  /**
   * USD of the underlying in one unit, by which books are sized: a premium says nothing of a contract's size.
   */
  #unitUsd(instrument: FeedInstrument, tick: number): number {
    return instrument.kind === 'option'
      ? ((this.#path.prices.get(instrument.underlying) as Float64Array)[tick] as number)
      : this.midOf(instrument, tick);
  }

  #levelUsd(instrument: FeedInstrument, venue: VenueSpec, tick: number): number {
    const spec = this.#specs.find(({ asset }) => asset === instrument.underlying) as UnderlyingSpec;
    const { depth } = phaseAt(this.#scenario, this.hourOf(tick));
    return (spec.depthUsd * venue.depth * depth) / LEVELS;
  }
}

const instrumentsOf = (scenario: Scenario, specs: readonly UnderlyingSpec[]): readonly FeedInstrument[] => {
  const of = (spec: UnderlyingSpec, kind: Kind, instrumentId: string): FeedInstrument => ({
    instrumentId,
    kind,
    underlying: spec.asset,
    quoteAsset: 'USD',
    ...{ strike: '', optionType: '' },
    expiresAtMs: kind === 'future' ? scenario.startsAtMs + FUTURE_YEARS * YEAR_MS : 0,
    tick: spec.tick,
    lot: spec.lot,
    minSources: 2,
    maxAgeMs: 2 * scenario.tickMs,
  });
  return [
    ...specs.map((spec) => of(spec, 'spot', `${spec.asset}/USD`)),
    ...scenario.underlyings.map((spec) => of(spec, 'perpetual', `${spec.asset}-PERP`)),
    ...scenario.underlyings.slice(0, 2).map((spec) => of(spec, 'future', `${spec.asset}-QUARTER`)),
  ];
};

const levels = (
  instrument: FeedInstrument,
  mid: number,
  units: number,
  sign: 1 | -1,
  halfSpread: number,
  random: Random,
): readonly FeedLevel[] => {
  const priceDigits = digitsOf(instrument.tick);
  const lotDigits = digitsOf(instrument.lot);
  const made: FeedLevel[] = [];
  let last = '';
  for (let level = 0; level < LEVELS; level += 1) {
    const raw = mid * (1 + sign * (halfSpread + level * LEVEL_STEP));
    const price = floatToText(raw, priceDigits, sign > 0 ? 'up' : 'down');
    const quantity = floatToText((units * random.between(0.5, 1.5) * mid) / raw, lotDigits, 'down');
    if (price === last || Number(quantity) <= 0 || Number(price) <= 0) continue;
    last = price;
    made.push({ price, quantity });
  }
  return made;
};
