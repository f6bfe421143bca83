import { isId } from '@plinth/market';
import { textToFloat } from '@plinth/money';
import { BrokenField } from './broken-rows.ts';
import type { BrokenRows } from './broken-rows.ts';
import { readCsv } from './csv-rows.ts';
import type { Cells } from './csv-rows.ts';
import { risingTime } from './rising-time.ts';
import type { BarRow, FundingRow, LendingRow, PriceRow, Series } from './market-rows.ts';

const checkRange = (cells: Cells, bar: Pick<BarRow, 'open' | 'high' | 'low' | 'close'>): void => {
  // A comparison, not arithmetic: the nearest float64 keeps the order of prices that differ by less than
  // 1e-15 of each.
  const [low, high] = [textToFloat(bar.low), textToFloat(bar.high)];
  for (const column of ['open', 'close', 'high'] as const) {
    const value = textToFloat(bar[column]);
    if (value < low || value > high) {
      throw new BrokenField(
        column,
        `Expected ${column} from ${bar.low} to ${bar.high}, was ${cells.text(column)}`,
      );
    }
  }
};

/** Columns `ts_ms,open,high,low,close,volume_base` and any others; the time is the start of the bar. */
export const readBars = (path: string, series: Series, broken: BrokenRows): Generator<BarRow> => {
  const rising = risingTime(false);
  return readCsv(
    path,
    ['ts_ms', 'open', 'high', 'low', 'close', 'volume_base'],
    (cells) => {
      const startMs = cells.time('ts_ms');
      if (startMs % series.intervalMs !== 0) {
        throw new BrokenField('ts_ms', `Expected a multiple of ${series.intervalMs} ms, was ${startMs}`);
      }
      const prices = {
        open: cells.positive('open'),
        high: cells.positive('high'),
        low: cells.positive('low'),
        close: cells.positive('close'),
      };
      checkRange(cells, prices);
      const volume = cells.published('volume_base');
      return {
        kind: 'bar',
        atMs: rising('ts_ms', startMs) + series.intervalMs,
        startMs,
        venueId: series.venueId,
        instrumentId: series.instrumentId,
        ...prices,
        volume,
      };
    },
    broken,
  );
};

/** Columns `ts_ms,symbol,USD_price`; times are irregular and rise over the whole file. */
export const readPrices = (path: string, series: Series, broken: BrokenRows): Generator<PriceRow> => {
  const rising = risingTime(true);
  return readCsv(
    path,
    ['ts_ms', 'symbol', 'USD_price'],
    (cells) => {
      const symbol = cells.text('symbol').toUpperCase();
      if (!isId('asset', symbol)) {
        throw new BrokenField('symbol', `Expected 2 to 12 letters or digits, was ${symbol.slice(0, 40)}`);
      }
      const price = cells.positive('USD_price');
      const atMs = rising('ts_ms', cells.time('ts_ms'));
      return { kind: 'price', atMs, venueId: series.venueId, instrumentId: `${symbol}/USD`, price };
    },
    broken,
  );
};

/** Columns `ts_ms,funding_rate`. */
export const readFunding = (path: string, series: Series, broken: BrokenRows): Generator<FundingRow> => {
  const rising = risingTime(false);
  return readCsv(
    path,
    ['ts_ms', 'funding_rate'],
    (cells) => {
      const rate = cells.decimal('funding_rate');
      const atMs = rising('ts_ms', cells.time('ts_ms'));
      return { kind: 'funding', atMs, venueId: series.venueId, instrumentId: series.instrumentId, rate };
    },
    broken,
  );
};

/**
 * Columns `ts_ms,liquidity_rate,variable_borrow_rate,liquidity_index,variable_borrow_index` and any others.
 */
export const readLending = (path: string, series: Series, broken: BrokenRows): Generator<LendingRow> => {
  const rising = risingTime(false);
  return readCsv(
    path,
    ['ts_ms', 'liquidity_rate', 'variable_borrow_rate', 'liquidity_index', 'variable_borrow_index'],
    (cells) => {
      const rates = {
        supplyRate: cells.decimal('liquidity_rate'),
        borrowRate: cells.decimal('variable_borrow_rate'),
        supplyIndex: cells.positive('liquidity_index'),
        borrowIndex: cells.positive('variable_borrow_index'),
      };
      const atMs = rising('ts_ms', cells.time('ts_ms'));
      return { kind: 'lending', atMs, poolId: series.venueId, asset: series.instrumentId, ...rates };
    },
    broken,
  );
};
