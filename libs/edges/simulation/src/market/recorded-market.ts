import type { FundingRow, MarketData, MarketRow } from '@plinth/connectors';
import { assert, floatToText, textToFloat } from '@plinth/money';
import type {
  FeedAsset,
  FeedBook,
  FeedFunding,
  FeedInstrument,
  FeedLevel,
  FeedQuote,
  FeedVenue,
  MarketFeed,
  VenueFault,
} from './market-feed.ts';
import { ofBar, ofBook, ofPrice, type Observation } from './observation.ts';
import { SeriesReader } from './series-reader.ts';

type Series = SeriesReader<Observation>;

/** Assets that are worth a dollar by promise. */
const STABLES = ['USDT', 'USDC', 'DAI', 'FRAX', 'SUSD'] as const;
const SCALES: Readonly<Record<string, number>> = { BTC: 8, ETH: 18, USDT: 6, USDC: 6, USD: 6, ADA: 6 };
const LEVELS = 10;
/** Distance between two made levels, in parts of the price. */
const LEVEL_STEP = 0.001;
/** Part of a bar's traded volume that stands on each side of the book made from it. */
const RESTING_SHARE = 0.2;
/** Volume of a bar for which nothing was published, in USD. */
const UNKNOWN_VOLUME_USD = 100_000;
/** A quote may be as old as this many steps before it is stale. */
const STEPS_FRESH = 3;
const TICKS_MAX = 200_000;
const TICK_MS_MIN = 1_000;
const PERPETUAL = '-PERP';
const INVERSE = '-USD-PERP';

const isStable = (symbol: string): boolean => (STABLES as readonly string[]).includes(symbol);
const isPerpetual = (id: string): boolean => id.endsWith(PERPETUAL);

const baseOf = (id: string): string =>
  isPerpetual(id) ? id.slice(0, -PERPETUAL.length) : (id.split('/')[0] ?? id);
/** Perpetuals are recorded without their quote asset; they are taken in dollars. */
const quoteOf = (id: string): string => (isPerpetual(id) ? 'USD' : (id.split('/')[1] ?? 'USD'));
/** The instrument that a series is about. */
const targetOf = (id: string): string => (isPerpetual(id) ? id : `${baseOf(id)}/USD`);

const observed = (row: MarketRow): readonly Observation[] => {
  switch (row.kind) {
    case 'bar':
      return [ofBar(row)];
    case 'price':
      return [ofPrice(row)];
    case 'book': {
      const seen = row.instrumentId.endsWith(INVERSE) ? undefined : ofBook(row);
      return seen === undefined ? [] : [seen];
    }
    case 'funding':
    case 'lending':
      return [];
  }
};

/**
 * Recorded bars and books as a market: every base asset becomes a spot instrument in USD whose sources are
 * all its series, every recorded perpetual an instrument of its own with the funding that was recorded.
 * Venues show their recorded books, or books around their bars' closes, as deep as the bars' volumes allow.
 * `assumptions` says what the data left open.
 */
export class RecordedMarket implements MarketFeed {
  readonly products = [];
  readonly name: string;
  readonly sources: readonly string[];
  readonly ticks: number;
  readonly assets: readonly FeedAsset[];
  readonly instruments: readonly FeedInstrument[];
  readonly venues: readonly FeedVenue[];
  readonly assumptions: readonly string[];
  readonly #startMs: number;
  readonly #tickMs: number;
  /** Places to trade, and sources that only tell prices. */
  readonly #traded: readonly Series[];
  readonly #told: readonly Series[];
  readonly #funding: readonly FundingRow[];
  readonly #assumed: readonly string[];
  /** The series that makes a venue's book of an instrument, by `venue instrument`. */
  readonly #books = new Map<string, Series>();

  constructor(name: string, data: MarketData, everyMs = 0) {
    this.name = name;
    this.sources = data.series.map(({ file }) => file);
    const rows = [...data.rows()];
    const all = SeriesReader.split(rows.flatMap(observed));
    this.#traded = all.filter(({ rows: [first] }) => first?.isVenue === true);
    assert(this.#traded.length > 0, `Expected at least one series of bars or books in ${name}, was none`);
    const bases = [...new Set(this.#traded.map(({ instrumentId }) => baseOf(instrumentId)))].sort();
    this.#told = all.filter(
      (one) => one.rows[0]?.isVenue === false && bases.includes(baseOf(one.instrumentId)),
    );
    this.#tickMs = Math.max(stepOfRows(rows), everyMs);
    this.#startMs = Math.max(...this.#traded.map(({ firstMs }) => firstMs));
    const endMs = Math.max(...this.#traded.map(({ lastMs }) => lastMs));
    this.ticks = Math.floor((endMs - this.#startMs) / this.#tickMs) + 1;
    assert(
      this.ticks <= TICKS_MAX,
      `Expected at most ${TICKS_MAX} ticks, was ${this.ticks}: play it with a longer --every`,
    );
    const quotes = new Set(this.#traded.map(({ instrumentId }) => quoteOf(instrumentId)));
    this.#assumed = [...quotes].filter((asset) => asset !== 'USD' && !bases.includes(asset)).sort();
    this.#chooseBooks();
    const listed = [...bases, ...this.#assumed].sort();
    this.assets = this.#makeAssets(listed);
    this.instruments = this.#makeInstruments(listed);
    this.venues = this.#makeVenues();
    const isListed = ({ instrumentId, venueId }: FundingRow): boolean =>
      this.#books.has(`${venueId} ${instrumentId}`);
    const funding = rows.filter((row): row is FundingRow => row.kind === 'funding');
    this.#funding = funding.filter(isListed);
    this.assumptions = [
      ...this.#assumed.map((asset) => `${asset} = 1 USD: the data never quotes it in USD`),
      ...this.#leftOut(rows, funding.length - this.#funding.length),
    ];
  }

  timeOf(tick: number): number {
    return this.#startMs + tick * this.#tickMs;
  }

  quotesAt(tick: number): readonly FeedQuote[] {
    const at = this.timeOf(tick);
    const quotes = [...this.#traded, ...this.#told].flatMap((series) => {
      const seen = series.at(at);
      return seen === undefined ? [] : [quoteFrom(seen)];
    });
    return [...quotes, ...this.#assumed.map((asset) => assumedQuote(asset, at))];
  }

  booksAt(tick: number, venueId: string): readonly FeedBook[] {
    const at = this.timeOf(tick);
    return this.instruments.flatMap((instrument) => {
      const seen = this.#books.get(`${venueId} ${instrument.instrumentId}`)?.at(at);
      const rate = seen === undefined ? undefined : this.#dollars(quoteOf(seen.instrumentId), at);
      return seen === undefined || rate === undefined ? [] : [bookFrom(instrument, seen, rate)];
    });
  }

  faultAt(): VenueFault {
    return 'up';
  }

  /** Recorded rates of the intervals that ended since the last tick. */
  fundingAt(tick: number): readonly FeedFunding[] {
    const at = this.timeOf(tick);
    const due = this.#funding.filter(({ atMs }) => atMs <= at && atMs > at - this.#tickMs);
    return due.flatMap(({ instrumentId, venueId, rate }) => {
      const index = this.#books.get(`${venueId} ${instrumentId}`)?.at(at)?.price;
      return index === undefined ? [] : [{ instrumentId, venueId, rate, indexPrice: index }];
    });
  }

  /** Last price of a quote asset in USD on any venue; 1 for dollars and for what is assumed. */
  #dollars(asset: string, at: number): number | undefined {
    if (asset === 'USD' || this.#assumed.includes(asset)) return 1;
    const series = this.#traded.find(({ instrumentId }) => instrumentId === `${asset}/USD`);
    const seen = series?.at(at);
    return seen === undefined ? undefined : textToFloat(seen.price);
  }

  /**
   * A venue that trades an asset in several pairs shows a recorded book, else the pair with the largest
   * volume.
   */
  #chooseBooks(): void {
    for (const series of this.#traded) {
      const key = `${series.venueId} ${targetOf(series.instrumentId)}`;
      const rival = this.#books.get(key);
      if (rival === undefined || rankOf(series) > rankOf(rival)) this.#books.set(key, series);
    }
  }

  #makeAssets(symbols: readonly string[]): readonly FeedAsset[] {
    const usd: FeedAsset = { symbol: 'USD', scale: 6, kind: 'fiat', price: 1, depthUsd: 1e12 };
    const listed = symbols.map((symbol): FeedAsset => {
      const kind = isStable(symbol) ? 'stablecoin' : 'coin';
      const series = this.#traded.find(({ instrumentId }) => baseOf(instrumentId) === symbol);
      const price = textToFloat(series?.rows[0]?.price ?? '1');
      const books = [...this.#books].filter(([key]) => key.endsWith(` ${symbol}/USD`)).map(([, one]) => one);
      const volume = books.reduce((sum, one) => sum + volumeOf(one) / Math.max(1, one.rows.length), 0);
      const depthUsd = Math.max(100_000, volume * price * RESTING_SHARE);
      return { symbol, scale: SCALES[symbol] ?? 8, kind, price, depthUsd };
    });
    return [usd, ...listed];
  }

  #makeInstruments(assets: readonly string[]): readonly FeedInstrument[] {
    const perpetuals = new Set(this.#traded.map(({ instrumentId }) => instrumentId).filter(isPerpetual));
    return [...assets.map((asset) => `${asset}/USD`), ...[...perpetuals].sort()].map((id) =>
      this.#instrument(id),
    );
  }

  #instrument(instrumentId: string): FeedInstrument {
    const sources = [...this.#traded, ...this.#told].filter(
      (one) => targetOf(one.instrumentId) === instrumentId,
    );
    const groups = new Set(sources.map(({ venueId }) => venueId));
    const price = textToFloat(sources[0]?.rows[0]?.price ?? '1');
    return {
      instrumentId,
      kind: isPerpetual(instrumentId) ? 'perpetual' : 'spot',
      underlying: baseOf(instrumentId),
      quoteAsset: 'USD',
      ...{ expiresAtMs: 0, strike: '', optionType: '' },
      tick: stepText(price > 1_000 ? 2 : 4),
      lot: stepText(price > 1_000 ? 5 : price > 10 ? 4 : 2),
      minSources: Math.max(1, Math.min(2, groups.size)),
      maxAgeMs: STEPS_FRESH * this.#tickMs,
    };
  }

  #makeVenues(): readonly FeedVenue[] {
    const ids = [...new Set([...this.#books.keys()].map((key) => key.slice(0, key.indexOf(' '))))].sort();
    return ids.map((venueId) => ({
      venueId,
      makerFeePpm: 100,
      takerFeePpm: 500,
      // Nothing recorded here is an option.
      optionFeeCapPpm: 0,
      creditLimit: '500000000',
      defaultProbabilityPpm: 10_000,
      instruments: this.instruments
        .map(({ instrumentId }) => instrumentId)
        .filter((instrumentId) => this.#books.has(`${venueId} ${instrumentId}`)),
    }));
  }

  /** What of the data is not played, and why: nothing is left out without a word. */
  #leftOut(rows: readonly MarketRow[], fundingLeft: number): readonly string[] {
    const perpetuals = this.instruments
      .filter(({ kind }) => kind === 'perpetual')
      .map(({ instrumentId }) => instrumentId);
    const inverse = rows.some((row) => row.kind === 'book' && row.instrumentId.endsWith(INVERSE));
    const lending = rows.some(({ kind }) => kind === 'lending');
    return [
      ...(perpetuals.length > 0
        ? [`${perpetuals.join(', ')}: taken in USD, the data does not name the quote asset`]
        : []),
      ...(inverse ? ['contracts settled in the coin are not played: no venue here trades them'] : []),
      ...(fundingLeft > 0
        ? [`${fundingLeft} funding rates are not played: the data has no prices of their perpetual`]
        : []),
      ...(lending ? ['lending rates are not played: the pools here follow their own curves'] : []),
    ];
  }
}

/** Time between two steps: the shortest bar, or the usual distance of two books. */
const stepOfRows = (rows: readonly MarketRow[]): number => {
  let least = Infinity;
  for (const row of rows) {
    if (row.kind === 'bar') least = Math.min(least, row.atMs - row.startMs);
    if (row.kind === 'book') least = Math.min(least, TICK_MS_MIN);
  }
  return Math.max(TICK_MS_MIN, least);
};

const stepText = (digits: number): string => (digits === 0 ? '1' : `0.${'0'.repeat(digits - 1)}1`);

const volumeOf = (series: Series): number =>
  series.rows.reduce((sum, { volume }) => sum + (volume === '' ? 0 : textToFloat(volume)), 0);

/** Recorded books come before made ones, whatever their volume. */
const rankOf = (series: Series): number => (series.rows[0]?.book === undefined ? volumeOf(series) : Infinity);

const quoteFrom = (seen: Observation): FeedQuote => ({
  instrumentId: targetOf(seen.instrumentId),
  source: `${seen.venueId}:${seen.instrumentId}`,
  group: seen.venueId,
  price: seen.price,
  confidence: floatToText(textToFloat(seen.price) * seen.halfWidth, 8, 'up'),
  sourceTimeMs: seen.atMs,
  volume: seen.volume,
});

const assumedQuote = (asset: string, at: number): FeedQuote => ({
  instrumentId: `${asset}/USD`,
  source: `assumed:${asset}/USD`,
  group: 'assumed',
  price: '1',
  confidence: '0.0005',
  sourceTimeMs: at,
  volume: '',
});

const digitsOf = (step: string): number => (step.includes('.') ? step.length - step.indexOf('.') - 1 : 0);

const bookFrom = (
  { instrumentId, tick, lot }: FeedInstrument,
  seen: Observation,
  dollars: number,
): FeedBook => {
  const priceText = (price: number, sign: 1 | -1): string =>
    floatToText(price * dollars, digitsOf(tick), sign > 0 ? 'up' : 'down');
  const { book } = seen;
  if (book !== undefined) {
    const side = (levels: readonly FeedLevel[], sign: 1 | -1): readonly FeedLevel[] =>
      levels.map(({ price, quantity }) => ({ price: priceText(textToFloat(price), sign), quantity }));
    return { instrumentId, bids: side(book.bids, -1), asks: side(book.asks, 1) };
  }
  const mid = textToFloat(seen.price);
  const volume = seen.volume === '' ? UNKNOWN_VOLUME_USD / (mid * dollars) : textToFloat(seen.volume);
  const quantity = floatToText((volume * RESTING_SHARE) / LEVELS, digitsOf(lot), 'down');
  const made = (sign: 1 | -1): readonly FeedLevel[] =>
    textToFloat(quantity) === 0
      ? []
      : Array.from({ length: LEVELS }, (_, level) => {
          const price = mid * (1 + sign * (seen.halfWidth + level * LEVEL_STEP));
          return { price: priceText(price, sign), quantity };
        });
  return { instrumentId, bids: made(-1), asks: made(1) };
};
