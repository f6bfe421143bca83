import { isId } from '@plinth/market';
import type { Series } from './market-rows.ts';

/** Quote assets that a pair's name may end with; the longer ones are tried first. */
export const QUOTE_SUFFIXES = ['USDT', 'USDC', 'USD'] as const;

export type Pair = Readonly<{ base: string; quote: string; instrumentId: string }>;

/** `BTCUSDT` is BTC/USDT. Undefined when no known quote asset ends it or nothing stands before. */
export const parsePair = (name: string): Pair | undefined => {
  const quote = QUOTE_SUFFIXES.find((suffix) => name.endsWith(suffix));
  if (quote === undefined) return undefined;
  const base = name.slice(0, -quote.length);
  return isId('asset', base) ? { base, quote, instrumentId: `${base}/${quote}` } : undefined;
};

const INTERVALS_MS: Readonly<Record<string, number>> = { '1s': 1_000, '1m': 60_000, '1h': 3_600_000 };

const BAR = /^([a-z][a-z0-9]{0,23})-([A-Z0-9]{4,24})-(1m|1h)\.csv$/;
const PRICES = /^([a-z][a-z0-9]{0,23})-multi-token-(1m|1h)\.csv$/;
const BOOK =
  /^([a-z][a-z0-9]{0,23})-(spot|um|cm)-([A-Z0-9]{4,24})(?:_PERP)?-(?:top20-(1s)\.jsonl|snapshot\.json)$/;
const FUNDING = /^([a-z][a-z0-9]{0,23})-([A-Z0-9]{2,12})-perp-funding\.csv$/;
const LENDING = /^([a-z][a-z0-9]{0,23})-([A-Z0-9]{2,12})-\d{4}-\d{2}-\d{2}(?:_\d{2})?-(1m|1h)\.csv$/;

/** Perpetuals margined in the quote asset are `BTC-PERP`, those margined in the coin `BTC-USD-PERP`. */
const bookInstrument = (market: string, pair: Pair): string => {
  if (market === 'spot') return pair.instrumentId;
  return market === 'um' ? `${pair.base}-PERP` : `${pair.base}-${pair.quote}-PERP`;
};

const barSeries = (file: string): Series | undefined => {
  const [, venueId = '', name = '', interval = ''] = BAR.exec(file) ?? [];
  const pair = parsePair(name);
  if (pair === undefined) return undefined;
  return {
    file,
    kind: 'bar',
    venueId,
    instrumentId: pair.instrumentId,
    intervalMs: INTERVALS_MS[interval] ?? 0,
  };
};

const bookSeries = (file: string): Series | undefined => {
  const [, venueId = '', market = '', name = '', interval = ''] = BOOK.exec(file) ?? [];
  const pair = parsePair(name);
  if (pair === undefined) return undefined;
  const instrumentId = bookInstrument(market, pair);
  return { file, kind: 'book', venueId, instrumentId, intervalMs: INTERVALS_MS[interval] ?? 0 };
};

/** What a file holds, by its name alone; undefined when the name is none of the documented ones. */
export const seriesOf = (file: string): Series | undefined => {
  const prices = PRICES.exec(file);
  if (prices !== null) {
    const intervalMs = INTERVALS_MS[prices[2] ?? ''] ?? 0;
    return { file, kind: 'price', venueId: prices[1] ?? '', instrumentId: '', intervalMs };
  }
  const funding = FUNDING.exec(file);
  if (funding !== null) {
    return {
      file,
      kind: 'funding',
      venueId: funding[1] ?? '',
      instrumentId: `${funding[2]}-PERP`,
      intervalMs: 0,
    };
  }
  const lending = LENDING.exec(file);
  if (lending !== null) {
    const intervalMs = INTERVALS_MS[lending[3] ?? ''] ?? 0;
    return { file, kind: 'lending', venueId: lending[1] ?? '', instrumentId: lending[2] ?? '', intervalMs };
  }
  return barSeries(file) ?? bookSeries(file);
};
