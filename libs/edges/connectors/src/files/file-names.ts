import { isId } from '@plinth/market';
import { integerOf } from '@plinth/money';
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

const ORACLE =
  /^([a-z][a-z0-9]{0,23})-[a-z0-9]+-[a-z0-9]+-([A-Za-z0-9]{2,12})-([A-Za-z0-9]{2,12})-dec(\d{1,2})\.csv$/;
const SWAPS =
  /^([a-z][a-z0-9]{0,23})-([A-Z0-9]{2,12})-([A-Z0-9]{2,12})-(\d{3,5})-events-\d{4}-\d{2}-\d{2}\.csv$/;

/** Decimals of the tokens of pools: the events tell amounts and prices in smallest units. */
const TOKEN_DECIMALS: Readonly<Record<string, number>> = {
  ...{ USDC: 6, USDT: 6, DAI: 18, WBTC: 8, WETH: 18 },
};

/** What the name of an oracle's file says beside the series: decimals of its answers. */
export const oracleDecimals = (file: string): number => integerOf(ORACLE.exec(file)?.[4] ?? '0', 'dec', 0);

/** Decimals of the first token of a pool's file less those of the second. */
export const poolDecimals = (file: string): number => {
  const [, , first = '', second = ''] = SWAPS.exec(file) ?? [];
  return (TOKEN_DECIMALS[first] ?? 0) - (TOKEN_DECIMALS[second] ?? 0);
};

export const isOracleFile = (file: string): boolean => ORACLE.test(file);
export const isSwapFile = (file: string): boolean => SWAPS.test(file);

const oracleSeries = (file: string): Series | undefined => {
  const [, venueId = '', base = '', quote = ''] = ORACLE.exec(file) ?? [];
  if (venueId === '') return undefined;
  const instrumentId = `${base.toUpperCase()}/${quote.toUpperCase()}`;
  return { file, kind: 'price', venueId, instrumentId, intervalMs: 0 };
};

/** The second token of a pool is priced in the first; each fee tier is a place of its own. */
const swapSeries = (file: string): Series | undefined => {
  const [, , quote = '', base = '', fee = ''] = SWAPS.exec(file) ?? [];
  if (!(quote in TOKEN_DECIMALS && base in TOKEN_DECIMALS)) return undefined;
  const instrumentId = `${base}/${quote}`;
  return { file, kind: 'price', venueId: `pool${fee}`, instrumentId, intervalMs: 60_000 };
};

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
  return barSeries(file) ?? bookSeries(file) ?? oracleSeries(file) ?? swapSeries(file);
};
