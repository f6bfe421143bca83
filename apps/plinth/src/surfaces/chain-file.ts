import { readFileSync } from 'node:fs';

/** One option of a recorded chain: prices in coins, 0 where nothing is bid or asked. */
export type ChainRow = Readonly<{
  atMs: number;
  currency: string;
  instrument: string;
  isCall: boolean;
  strike: number;
  expiresAtMs: number;
  bid: number;
  ask: number;
  mark: number;
  volatility: number;
  /** The venue's forward of the expiry. */
  forward: number;
  index: number;
}>;

const COLUMNS = [
  ...['ts_ms', 'currency', 'instrument', 'option_type', 'strike', 'expiry_ms', 'bid_price', 'ask_price'],
  ...['mark_price', 'mark_iv', 'underlying_price', 'index_price'],
] as const;
type Column = (typeof COLUMNS)[number];

/** Reads a recorded chain; a wrong file, row or number is refused by its place. */
export const readChain = (path: string): readonly ChainRow[] => {
  const [header = '', ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const names = header.split(',');
  const places = new Map(COLUMNS.map((column) => [column, names.indexOf(column)]));
  for (const [column, place] of places)
    if (place < 0) throw new Error(`Expected a column ${column}, was ${header.slice(0, 200)}`);
  return lines.map((line, n) => {
    const cells = line.split(',');
    const text = (column: Column): string => cells[places.get(column)!] ?? '';
    const number = (column: Column): number => {
      const value = text(column) === '' ? NaN : Number(text(column));
      if (!(value >= 0 && value < Infinity))
        throw new Error(`row ${n + 2}, ${column}: Expected a number from 0, was "${text(column)}"`);
      return value;
    };
    const orNothing = (column: Column): number => (text(column) === '' ? 0 : number(column));
    return {
      atMs: number('ts_ms'),
      currency: text('currency'),
      instrument: text('instrument'),
      isCall: text('option_type') === 'call',
      strike: number('strike'),
      expiresAtMs: number('expiry_ms'),
      bid: orNothing('bid_price'),
      ask: orNothing('ask_price'),
      mark: number('mark_price'),
      volatility: number('mark_iv'),
      forward: number('underlying_price'),
      index: number('index_price'),
    };
  });
};
