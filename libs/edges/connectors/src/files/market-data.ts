import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '@plinth/money';
import { readBooks, readSnapshot } from './book-readers.ts';
import { BrokenRows } from './broken-rows.ts';
import { readOracle, readSwaps } from './event-readers.ts';
import { isOracleFile, isSwapFile, seriesOf } from './file-names.ts';
import { LIMITS } from './limits.ts';
import type { MarketRow, Series } from './market-rows.ts';
import { mergeByTime } from './merge-rows.ts';
import { readBars, readFunding, readLending, readPrices } from './row-readers.ts';

/** The rows of one file. Broken ones go on the list. */
export const readSeries = (folder: string, series: Series, broken: BrokenRows): Generator<MarketRow> => {
  const path = join(folder, series.file);
  switch (series.kind) {
    case 'bar':
      return readBars(path, series, broken);
    case 'price':
      if (isOracleFile(series.file)) return readOracle(path, series, broken);
      if (isSwapFile(series.file)) return readSwaps(path, series, broken);
      return readPrices(path, series, broken);
    case 'book':
      return series.file.endsWith('.json')
        ? readSnapshot(path, series, broken)
        : readBooks(path, series, broken);
    case 'funding':
      return readFunding(path, series, broken);
    case 'lending':
      return readLending(path, series, broken);
  }
};

export type MarketData = Readonly<{
  /** Recognised files, in the order of their names. */
  series: readonly Series[];
  /** Files whose names are none of the documented ones: not read, to be shown to the user. */
  unread: readonly string[];
  /** Filled while `rows` is read. */
  broken: BrokenRows;
  /**
   * All rows in the order of the time at which they were known; at one time by file name. Reads from the
   * start.
   */
  rows: () => Generator<MarketRow>;
}>;

/** Opens a folder of recorded market data; only names are looked at until rows are read. */
export const openMarketData = (folder: string): MarketData => {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
  assert(
    files.length <= LIMITS.filesMax,
    `Expected at most ${LIMITS.filesMax} files in ${folder}, was ${files.length}`,
  );
  const series = files.map(seriesOf).filter((one) => one !== undefined);
  const recognised = new Set(series.map((one) => one.file));
  const broken = new BrokenRows();
  return {
    series,
    unread: files.filter((file) => !recognised.has(file)),
    broken,
    rows: () => mergeByTime(series.map((one) => readSeries(folder, one, broken))),
  };
};
