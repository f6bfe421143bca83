import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordedNumber } from '@plinth/connectors';
import { textToFloat } from '@plinth/money';

/** One listed option at the moment of a chain. Its mark is in coins. */
export type ChainQuote = Readonly<{
  instrument: string;
  right: 'call' | 'put';
  strike: number;
  expiryMs: number;
  mark: number;
  volatility: number;
  forward: number;
}>;

/** All options on one coin that were listed at one moment, and the coin's index in USD. */
export type Chain = Readonly<{ coin: string; atMs: number; index: number; quotes: readonly ChainQuote[] }>;

const CHAIN_FILE = /^deribit-chain-\w+\.csv$/;
const INDEX_FILE = /^deribit-index-.*\.csv$/;

type Row = Readonly<Record<string, string>>;

const at = (row: Row, name: string): number => textToFloat(recordedNumber(row[name] ?? '', name), name);

const rowsOf = (path: string): readonly Row[] => {
  const [header = '', ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, n) => [name, cells[n] ?? '']));
  });
};

/** The chains of a folder in the order of time, one a coin and file; none where it has no such files. */
export const chainsOf = (folder: string): readonly Chain[] =>
  readdirSync(folder)
    .filter((name) => CHAIN_FILE.test(name))
    .sort()
    .flatMap((name) => {
      const byCoin = Map.groupBy(rowsOf(join(folder, name)), ({ currency = '' }) => currency);
      return [...byCoin].map(([coin, rows]) => chainOf(coin, rows));
    });

const chainOf = (coin: string, rows: readonly Row[]): Chain => {
  const quotes = rows.flatMap((row): readonly ChainQuote[] => {
    const { instrument = '', option_type: right } = row;
    if ((right !== 'call' && right !== 'put') || !row['mark_price'] || !row['mark_iv']) return [];
    return [
      {
        ...{ instrument, right, strike: at(row, 'strike'), expiryMs: at(row, 'expiry_ms') },
        ...{ mark: at(row, 'mark_price'), volatility: at(row, 'mark_iv') },
        forward: at(row, 'underlying_price'),
      },
    ];
  });
  const [first] = rows;
  return { coin, atMs: at(first as Row, 'ts_ms'), index: at(first as Row, 'index_price'), quotes };
};

/** Prices of the coins' indexes beside the chains, in the order of time: what volatilities come from. */
export const indexPathOf = (
  folder: string,
  coin: string,
): readonly Readonly<{ atMs: number; price: number }>[] =>
  readdirSync(folder)
    .filter((name) => INDEX_FILE.test(name))
    .flatMap((name) => rowsOf(join(folder, name)))
    .filter(({ currency }) => currency === coin)
    .map((row) => ({
      atMs: at(row, 'ts_ms'),
      price: at(row, 'index_price'),
    }));
