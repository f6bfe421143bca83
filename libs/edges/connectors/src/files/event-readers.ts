import { InvalidNumber, formatUnits } from '@plinth/money';
import { BrokenField } from './broken-rows.ts';
import type { BrokenRows } from './broken-rows.ts';
import { readCsv, type Cells } from './csv-rows.ts';
import { oracleDecimals, poolDecimals } from './file-names.ts';
import type { PriceRow, Series } from './market-rows.ts';
import { risingTime } from './rising-time.ts';

const SECOND_MS = 1_000;

const wholeOver0 = (cells: Cells, column: string): bigint => {
  const text = cells.text(column);
  if (!/^[0-9]{1,78}$/.test(text)) throw new InvalidNumber(column, 'a whole number', text);
  const value = BigInt(text);
  if (value === 0n) throw new BrokenField(column, `Expected ${column} over 0, was 0`);
  return value;
};

/** Rounds of an oracle: columns `updated_at_s,answer_raw` and any others; decimals are in the file's name. */
export const readOracle = (path: string, series: Series, broken: BrokenRows): Generator<PriceRow> => {
  const rising = risingTime(true);
  const decimals = oracleDecimals(series.file);
  const { venueId, instrumentId } = series;
  return readCsv(
    path,
    ['updated_at_s', 'answer_raw'],
    (cells) => {
      const price = formatUnits(wholeOver0(cells, 'answer_raw'), decimals);
      const atMs = rising('updated_at_s', cells.time('updated_at_s') * SECOND_MS);
      return { kind: 'price', atMs, venueId, instrumentId, price };
    },
    broken,
  );
};

/** Decimals that prices of pools are cut to. */
const PRICE_DIGITS = 12;
const Q192 = 1n << 192n;

/** Price of the second token in the first, of the root of the ratio of their smallest units · 2⁹⁶. */
const poolPrice = (root: bigint, decimals: number): string => {
  const digits = PRICE_DIGITS - decimals;
  return formatUnits((Q192 * 10n ** BigInt(digits)) / (root * root), PRICE_DIGITS);
};

const TIME = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})$/;

const blockTime = (cells: Cells): number => {
  const text = cells.text('block_timestamp');
  const [, day, time] = TIME.exec(text) ?? [];
  const atMs = day === undefined ? NaN : Date.parse(`${day}T${time}Z`);
  if (Number.isNaN(atMs))
    throw new BrokenField('block_timestamp', `Expected 2024-01-05 00:00:23, was ${text.slice(0, 40)}`);
  return atMs;
};

/**
 * Events of a pool with concentrated liquidity: columns `block_timestamp,tx_type,sqrtPriceX96` and any
 * others. Every swap is a price; it holds until the next one. Other events move no price and give no row.
 */
export function* readSwaps(path: string, series: Series, broken: BrokenRows): Generator<PriceRow> {
  const rising = risingTime(true);
  const decimals = poolDecimals(series.file);
  const { venueId, instrumentId } = series;
  const events = readCsv(
    path,
    ['block_timestamp', 'tx_type', 'sqrtPriceX96'],
    (cells): PriceRow | undefined => {
      const atMs = rising('block_timestamp', blockTime(cells));
      if (cells.text('tx_type') !== 'SWAP') return undefined;
      const price = poolPrice(wholeOver0(cells, 'sqrtPriceX96'), decimals);
      return { kind: 'price', atMs, venueId, instrumentId, price, isTraded: true };
    },
    broken,
  );
  for (const event of events) if (event !== undefined) yield event;
}
