import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openMarketData } from './index.ts';
import type { MarketRow } from './index.ts';

const shared = process.env['PLINTH_SHARED'] ?? resolve(import.meta.dirname, '../../../../../../shared');
const data = join(shared, 'data');
const isThere = existsSync(data);
const where = isThere ? '' : ' (skipped: no recorded data; set PLINTH_SHARED to the folder that holds data/)';
if (!isThere) process.stderr.write(`Recorded market data was not found in ${data}: its tests are skipped.\n`);

const linesOf = (path: string): number =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '').length;

describe(`recorded market data${where}`, () => {
  const check = isThere ? it : it.skip;

  check.each([
    ['usdc-depeg-2023-03', 14],
    ['crash-2020-03-12', 4],
    ['crash-2021-05-19', 6],
    ['crash-2022-05-luna', 1],
    ['crash-2022-06', 2],
    ['crash-2022-11-ftx', 1],
    ['funding', 10],
    ['lending-aave-v3-polygon', 4],
    ['orderbook-l2-2024-08-08', 10],
    ['oracle-chainlink', 4],
  ])('%s: every row of %d files is read, in order of time', (name, files) => {
    const set = openMarketData(join(data, name));
    expect(set.series).toHaveLength(files);
    const perSeries = new Map<string, number>();
    let last = 0;
    let early = 0;
    const count = (row: MarketRow): void => {
      if (row.atMs < last) early++;
      last = row.atMs;
      const key = `${row.kind} ${row.kind === 'lending' ? row.asset : `${row.venueId} ${row.instrumentId}`}`;
      perSeries.set(key, (perSeries.get(key) ?? 0) + 1);
    };
    for (const row of set.rows()) count(row);
    expect(early).toBe(0);
    expect(set.broken.listed).toEqual([]);
    // A CSV file has a header, a snapshot is one row, a file of books has a row per line.
    const rows = set.series.map(({ file }) => {
      const lines = linesOf(join(data, name, file));
      return file.endsWith('.csv') ? lines - 1 : lines;
    });
    expect([...perSeries.values()].reduce((a, b) => a + b)).toBe(rows.reduce((a, b) => a + b));
  });

  check('every swap of the pools is a price', () => {
    const set = openMarketData(join(data, 'dex-uniswap-v3'));
    const prices = [...set.rows()].flatMap((row) => (row.kind === 'price' ? [Number(row.price)] : []));
    expect(set.broken.listed).toEqual([]);
    expect(prices).toHaveLength(6_046 + 267);
    expect([Math.min(...prices) > 2_100, Math.max(...prices) < 2_400]).toEqual([true, true]);
  });

  check('the thin venue’s print of 31,000 is in the data', () => {
    const set = openMarketData(join(data, 'usdc-depeg-2023-03'));
    const highs = [...set.rows()].filter(
      (row) => row.kind === 'bar' && row.venueId === 'binanceus' && row.instrumentId === 'BTC/USDC',
    );
    expect(highs.some((row) => row.kind === 'bar' && row.high.startsWith('31000'))).toBe(true);
  });
});
