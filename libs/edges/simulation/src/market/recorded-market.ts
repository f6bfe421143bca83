import type { BarRow, MarketData, PriceRow } from '@plinth/connectors';
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
import { SeriesReader } from './series-reader.ts';

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
/** A quote may be as old as this many bars before it is stale. */
const BARS_FRESH = 3;
const TICKS_MAX = 200_000;

const isStable = (symbol: string): boolean => (STABLES as readonly string[]).includes(symbol);

const baseOf = (instrumentId: string): string => instrumentId.slice(0, instrumentId.indexOf('/'));
const quoteOf = (instrumentId: string): string => instrumentId.slice(instrumentId.indexOf('/') + 1);

/**
 * Recorded bars as a market: every base asset becomes a spot instrument in USD whose sources are all series
 * of that asset; venues get books around their bars' closes, as deep as the bars' volumes allow. A stablecoin
 * that the data never quotes in USD is taken at one dollar, and `assumptions` says so.
 */
export class RecordedMarket implements MarketFeed {
  readonly name: string;
  readonly sources: readonly string[];
  readonly ticks: number;
  readonly assets: readonly FeedAsset[];
  readonly instruments: readonly FeedInstrument[];
  readonly venues: readonly FeedVenue[];
  readonly assumptions: readonly string[];
  readonly #startMs: number;
  readonly #tickMs: number;
  readonly #bars: readonly SeriesReader<BarRow>[];
  readonly #prices: readonly SeriesReader<PriceRow>[];
  readonly #assumed: readonly string[];
  /** The series that makes a venue's book of an asset, by `venue asset`. */
  readonly #books = new Map<string, SeriesReader<BarRow>>();

  constructor(name: string, data: MarketData, everyMs = 0) {
    this.name = name;
    this.sources = data.series.map(({ file }) => file);
    const rows = [...data.rows()];
    this.#bars = SeriesReader.split(rows.filter((row): row is BarRow => row.kind === 'bar'));
    assert(this.#bars.length > 0, `Expected at least one series of bars in ${name}, was none`);
    const bases = [...new Set(this.#bars.map(({ instrumentId }) => baseOf(instrumentId)))].sort();
    const known = rows.filter(
      (row): row is PriceRow => row.kind === 'price' && bases.includes(baseOf(row.instrumentId)),
    );
    this.#prices = SeriesReader.split(known);
    const barMs = Math.min(
      ...this.#bars.map(({ rows: [first] }) => (first?.atMs ?? 0) - (first?.startMs ?? 0)),
    );
    this.#tickMs = Math.max(barMs, everyMs);
    this.#startMs = Math.max(...this.#bars.map(({ firstMs }) => firstMs));
    const endMs = Math.max(...this.#bars.map(({ lastMs }) => lastMs));
    this.ticks = Math.floor((endMs - this.#startMs) / this.#tickMs) + 1;
    assert(
      this.ticks <= TICKS_MAX,
      `Expected at most ${TICKS_MAX} ticks, was ${this.ticks}: play it with a longer --every`,
    );
    const quotes = new Set(this.#bars.map(({ instrumentId }) => quoteOf(instrumentId)));
    this.#assumed = [...quotes].filter((asset) => asset !== 'USD' && !bases.includes(asset)).sort();
    this.assumptions = this.#assumed.map((asset) => `${asset} = 1 USD: the data never quotes it in USD`);
    this.#chooseBooks(bases);
    this.assets = this.#makeAssets([...bases, ...this.#assumed].sort());
    this.instruments = [...bases, ...this.#assumed].sort().map((asset) => this.#instrument(asset));
    this.venues = this.#makeVenues();
  }

  timeOf(tick: number): number {
    return this.#startMs + tick * this.#tickMs;
  }

  quotesAt(tick: number): readonly FeedQuote[] {
    const at = this.timeOf(tick);
    const bars = this.#bars.flatMap((series) => {
      const row = series.at(at);
      return row === undefined ? [] : [barQuote(row)];
    });
    const prices = this.#prices.flatMap((series) => {
      const row = series.at(at);
      return row === undefined ? [] : [priceQuote(row)];
    });
    return [...bars, ...prices, ...this.#assumed.map((asset) => assumedQuote(asset, at))];
  }

  booksAt(tick: number, venueId: string): readonly FeedBook[] {
    const at = this.timeOf(tick);
    return this.instruments.flatMap(({ instrumentId, underlying }) => {
      const bar = this.#books.get(`${venueId} ${underlying}`)?.at(at);
      const rate = bar === undefined ? undefined : this.#dollars(quoteOf(bar.instrumentId), at);
      return bar === undefined || rate === undefined ? [] : [bookOf(instrumentId, bar, rate)];
    });
  }

  faultAt(): VenueFault {
    return 'up';
  }

  fundingAt(): readonly FeedFunding[] {
    return [];
  }

  /** Last close of a quote asset in USD on any venue; 1 for dollars and for what is assumed. */
  #dollars(asset: string, at: number): number | undefined {
    if (asset === 'USD' || this.#assumed.includes(asset)) return 1;
    const series = this.#bars.find(({ instrumentId }) => instrumentId === `${asset}/USD`);
    const row = series?.at(at);
    return row === undefined ? undefined : textToFloat(row.close);
  }

  /** A venue that trades an asset in several pairs shows the one with the largest volume. */
  #chooseBooks(bases: readonly string[]): void {
    for (const series of this.#bars) {
      const asset = baseOf(series.instrumentId);
      if (!bases.includes(asset)) continue;
      const key = `${series.venueId} ${asset}`;
      const rival = this.#books.get(key);
      if (rival === undefined || volumeOf(series) > volumeOf(rival)) this.#books.set(key, series);
    }
  }

  #makeAssets(symbols: readonly string[]): readonly FeedAsset[] {
    const usd: FeedAsset = { symbol: 'USD', scale: 6, kind: 'fiat', price: 1, depthUsd: 1e12 };
    const listed = symbols.map((symbol): FeedAsset => {
      const kind = isStable(symbol) ? 'stablecoin' : 'coin';
      const series = this.#bars.find(({ instrumentId }) => baseOf(instrumentId) === symbol);
      const price = textToFloat(series?.rows[0]?.close ?? '1');
      const books = [...this.#books].filter(([key]) => key.endsWith(` ${symbol}`)).map(([, one]) => one);
      const bars = books.reduce((sum, one) => sum + volumeOf(one) / Math.max(1, one.rows.length), 0);
      return {
        symbol,
        scale: SCALES[symbol] ?? 8,
        kind,
        price,
        depthUsd: Math.max(100_000, bars * price * RESTING_SHARE),
      };
    });
    return [usd, ...listed];
  }

  #instrument(asset: string): FeedInstrument {
    const sources = [...this.#bars, ...this.#prices].filter(
      ({ instrumentId }) => baseOf(instrumentId) === asset,
    );
    const groups = new Set(sources.map(({ venueId }) => venueId));
    const price = textToFloat(sources[0]?.rows[0] === undefined ? '1' : priceText(sources[0].rows[0]));
    const digits = price > 1_000 ? 2 : 4;
    return {
      instrumentId: `${asset}/USD`,
      kind: 'spot',
      underlying: asset,
      quoteAsset: 'USD',
      expiresAtMs: 0,
      tick: stepOf(digits),
      lot: stepOf(price > 1_000 ? 5 : price > 10 ? 4 : 2),
      minSources: Math.max(1, Math.min(2, groups.size)),
      maxAgeMs: BARS_FRESH * this.#tickMs,
    };
  }

  #makeVenues(): readonly FeedVenue[] {
    const ids = [...new Set([...this.#books.keys()].map((key) => key.slice(0, key.indexOf(' '))))].sort();
    return ids.map((venueId) => ({
      venueId,
      makerFeePpm: 100,
      takerFeePpm: 500,
      creditLimit: '500000000',
      defaultProbabilityPpm: 10_000,
      instruments: this.instruments
        .filter(({ underlying }) => this.#books.has(`${venueId} ${underlying}`))
        .map(({ instrumentId }) => instrumentId),
    }));
  }
}

const stepOf = (digits: number): string => (digits === 0 ? '1' : `0.${'0'.repeat(digits - 1)}1`);

const priceText = (row: BarRow | PriceRow): string => (row.kind === 'bar' ? row.close : row.price);

const volumeOf = (series: SeriesReader<BarRow>): number =>
  series.rows.reduce((sum, { volume }) => sum + (volume === '' ? 0 : textToFloat(volume)), 0);

/** Half of a bar's range, between 1 and 50 basis points: how uncertain its close is. */
const halfRange = (bar: BarRow): number => {
  const range = (textToFloat(bar.high) - textToFloat(bar.low)) / textToFloat(bar.close) / 2;
  return Math.min(0.005, Math.max(0.0001, range));
};

const barQuote = (bar: BarRow): FeedQuote => ({
  instrumentId: `${baseOf(bar.instrumentId)}/USD`,
  source: `${bar.venueId}:${bar.instrumentId}`,
  group: bar.venueId,
  price: bar.close,
  confidence: floatToText(textToFloat(bar.close) * halfRange(bar), 8, 'up'),
  sourceTimeMs: bar.atMs,
  volume: bar.volume,
});

const priceQuote = (row: PriceRow): FeedQuote => ({
  instrumentId: row.instrumentId,
  source: `${row.venueId}:${row.instrumentId}`,
  group: row.venueId,
  price: row.price,
  confidence: floatToText(textToFloat(row.price) * 0.002, 8, 'up'),
  sourceTimeMs: row.atMs,
  volume: '',
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

const bookOf = (instrumentId: string, bar: BarRow, dollars: number): FeedBook => {
  const mid = textToFloat(bar.close) * dollars;
  const volume = bar.volume === '' ? UNKNOWN_VOLUME_USD / mid : textToFloat(bar.volume);
  const digits = mid > 1_000 ? 2 : 4;
  const quantity = floatToText((volume * RESTING_SHARE) / LEVELS, mid > 1_000 ? 5 : 4, 'down');
  const side = (sign: 1 | -1): readonly FeedLevel[] =>
    textToFloat(quantity) === 0
      ? []
      : Array.from({ length: LEVELS }, (_, level) => {
          const price = mid * (1 + sign * (halfRange(bar) + level * LEVEL_STEP));
          return { price: floatToText(price, digits, sign > 0 ? 'up' : 'down'), quantity };
        });
  return { instrumentId, bids: side(-1), asks: side(1) };
};
