import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { foldStream, isRejection, type NewEvent } from '@plinth/eventing';
import type { Mark } from '@plinth/messages';
import type { SubmittedQuote } from './judgement.ts';
import { marks, type MarksState } from './marks.ts';
import type { Listed } from './pairs.ts';

const shared = process.env['PLINTH_SHARED'] ?? resolve(import.meta.dirname, '../../../../../../shared');
const folder = resolve(shared, 'data/usdc-depeg-2023-03');
const isThere = existsSync(folder);
const where = isThere ? '' : ' (skipped: no recorded data; set PLINTH_SHARED to the folder that holds data/)';

const MINUTE = 60_000;
const RULE = {
  minSources: 2,
  maxAgeMs: 5 * MINUTE,
  maxConfidencePpm: 30_000,
  maxDeviationPpm: 30_000,
  maxMovePpmPerSecond: 500,
  maxTwapDeviationPpm: 0,
  floorPrice: '',
  capPrice: '',
};

const LISTINGS = new Map(
  ['BTC', 'USDC', 'USDT'].map((underlying): [string, Listed] => {
    const instrumentId = `${underlying}/USD`;
    const stable = underlying !== 'BTC';
    return [instrumentId, { instrumentId, kind: 'spot', underlying, quoteAsset: 'USD', stable, rule: RULE }];
  }),
);

type Bar = Readonly<{ atMs: number; close: string; half: string; volume: string }>;

/** The venue whose books are thinnest: BTC/USDC at 31,000, USDC/USDT at 1.0998. */
const THIN = 'binanceus';

const furthest = (from: string, prices: readonly string[]): string => {
  const centre = Number.parseFloat(from);
  const away = (price: string): number => Math.abs(Number.parseFloat(price) - centre);
  return prices.reduce((worst, price) => (away(price) > away(worst) ? price : worst));
};

/** Files `{venue}-{PAIR}-1m.csv` with ts_ms, open, high, low, close, volume. */
const seriesOf = (
  file: string,
): Readonly<{ source: string; venue: string; base: string; bars: Map<number, Bar> }> => {
  const [venue = '', symbol = ''] = file.split('-');
  const quote = ['USDT', 'USDC', 'USD'].find((asset) => symbol.endsWith(asset)) ?? '';
  const base = symbol.slice(0, symbol.length - quote.length);
  const rows = readFileSync(resolve(folder, file), 'utf8').trim().split('\n').slice(1);
  const bars = rows.map((row): [number, Bar] => {
    const [at = '', , high = '', low = '', close = '', volume = ''] = row.split(',');
    const atMs = Number.parseInt(at, 10);
    const half = Math.max(0, (Number.parseFloat(high) - Number.parseFloat(low)) / 2).toFixed(6);
    // What the thin venue printed at worst, given as its price with no doubt at all.
    if (venue === THIN) return [atMs, { atMs, close: furthest(close, [high, low]), half: '0', volume }];
    return [atMs, { atMs, close, half, volume }];
  });
  return { source: `${venue}:${base}/${quote}`, venue, base, bars: new Map(bars) };
};

const quotesAt = (series: readonly ReturnType<typeof seriesOf>[], atMs: number): readonly SubmittedQuote[] =>
  series.flatMap(({ source, venue, base, bars }): readonly SubmittedQuote[] => {
    const bar = bars.get(atMs);
    if (bar === undefined || !LISTINGS.has(`${base}/USD`)) return [];
    return [
      {
        instrumentId: `${base}/USD`,
        source,
        group: venue,
        price: bar.close,
        confidence: bar.half,
        sourceTimeMs: atMs,
        volume: bar.volume,
        bid: '',
        ask: '',
      },
    ];
  });

type Round = Readonly<{ atMs: number; event: NewEvent<'MarksPublished'> }>;

const play = (): readonly Round[] => {
  const series = readdirSync(folder)
    .filter((file) => file.endsWith('-1m.csv'))
    .map(seriesOf);
  const times = [...new Set(series.flatMap(({ bars }) => [...bars.keys()]))].sort((a, b) => a - b);
  let state: MarksState = foldStream(marks, []);
  const rounds: Round[] = [];
  for (const atMs of times) {
    const quotes = quotesAt(series, atMs);
    const decided = marks.decide(
      { type: 'PublishRound', atMs, quotes, listings: LISTINGS, minRoundMs: 0, refreshMs: 10_000 },
      state,
    );
    if (isRejection(decided)) throw new Error(decided.message);
    for (const event of decided) {
      state = marks.evolve(state, event);
      rounds.push({ atMs, event });
    }
  }
  return rounds;
};

(isThere ? describe : describe.skip)(`marks in the recorded de-peg of March 2023${where}`, () => {
  let rounds: readonly Round[] = [];

  const marksOf = (instrumentId: string): readonly Mark[] =>
    rounds.flatMap(({ event }) => event.data.marks.filter((mark) => mark.instrumentId === instrumentId));

  beforeAll(() => {
    rounds = play();
  });

  it('follow the stablecoin down and back', () => {
    const usdc = marksOf('USDC/USD').map(({ price }) => Number.parseFloat(price));
    expect(Math.min(...usdc)).toBeGreaterThan(0.85);
    expect(Math.min(...usdc)).toBeLessThan(0.9);
    expect(usdc.at(-1)).toBeGreaterThan(0.98);
    expect(Math.max(...usdc)).toBeLessThan(1.01);
  });

  it('are never moved by a thin venue: bitcoin stays within what venues print in dollars', () => {
    const worst = new Map([
      [`${THIN}:BTC/USDC`, '31000.0'],
      [`${THIN}:USDC/USDT`, '1.0998'],
    ]);
    const prints = rounds.flatMap(({ event: { data } }) =>
      data.quotes
        .filter(({ source, price }) => worst.get(source) === price)
        .map((quote) => ({ quote, mark: data.marks.find((one) => one.instrumentId === quote.instrumentId) })),
    );
    expect(new Set(prints.map(({ quote }) => quote.source)).size).toBe(worst.size);
    for (const { quote, mark } of prints) {
      // Not used among others, or alone and then the mark stands still.
      expect(quote.excluded === 'outlier' || mark?.state === 'degraded').toBe(true);
    }
    for (const { event } of rounds) {
      const mark = event.data.marks.find(({ instrumentId }) => instrumentId === 'BTC/USD');
      const inUsd = event.data.quotes.filter(
        ({ source }) => source.endsWith(':BTC/USD') && !source.startsWith(THIN),
      );
      if (mark === undefined || mark.state !== 'live' || mark.guarded || inUsd.length < 2) continue;
      const prices = inUsd.map(({ price }) => Number.parseFloat(price));
      expect(Number.parseFloat(mark.price)).toBeLessThan(Math.max(...prices) * 1.01);
      expect(Number.parseFloat(mark.price)).toBeGreaterThan(Math.min(...prices) * 0.99);
    }
  });

  it('are live most of the time', () => {
    for (const id of LISTINGS.keys()) {
      const all = marksOf(id);
      const live = all.filter(({ state }) => state === 'live').length;
      expect([id, live / all.length > 0.9]).toEqual([id, true]);
    }
  });
});
