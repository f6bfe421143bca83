import { fitOptionSurface, surfaceMark, type FittedSlice, type OptionTerms } from '@plinth/pricing';
import type { ChainRow } from './chain-file.ts';

const YEAR_MS = 31_536_000_000;

/** Middle, 95 % and largest of a list of errors. */
export type Errors = Readonly<{ median: number; most: number; largest: number }>;

/** How a surface fitted to what was bid and asked reprices every listed option. */
export type ChainFit = Readonly<{
  underlying: string;
  atMs: number;
  options: number;
  /** Options that were both bid and asked; those that the fit used; those it left out. */
  quoted: number;
  used: number;
  leftOut: number;
  slices: readonly FittedSlice[];
  /** Why there is no surface. */
  refused: string;
  /**
   * Repriced less the venue's mark: in coins, and in volatility points of options between 5 and 95 % of
   * delta.
   */
  coins: Errors | undefined;
  points: Errors | undefined;
  /** Share of the options that are bid and asked whose price is within bid and ask. */
  within: number;
}>;

/** The fit of one underlying, with the venue's futures as forwards, by the code that makes marks. */
export const fitChain = (underlying: string, rows: readonly ChainRow[]): ChainFit => {
  const atMs = Math.max(...rows.map((row) => row.atMs));
  const index = median(rows.map((row) => row.index));
  const quoted = rows.filter(({ bid, ask }) => bid > 0 && ask > 0);
  const futures = new Map(
    [...new Set(rows.map(({ expiresAtMs }) => expiresAtMs))].map((expiresAtMs) => {
      const own = rows.filter((row) => row.expiresAtMs === expiresAtMs);
      const price = median(own.map(({ forward }) => forward));
      return [expiresAtMs, { instrumentId: `${underlying}-${expiresAtMs}`, price }] as const;
    }),
  );
  const quotes = quoted.map(({ expiresAtMs, strike, isCall, bid, ask }) => ({
    ...{ expiresAtMs, strike, isCall, bid, ask },
    isInverse: true,
  }));
  const verdict = fitOptionSurface({ atMs, index, quotes, futures });
  const head = { underlying, atMs, options: rows.length, quoted: quoted.length };
  const nothing = { used: 0, leftOut: 0, slices: [], coins: undefined, points: undefined, within: 0 };
  if (verdict.status === 'none')
    return { ...head, ...nothing, refused: 'no expiry has five quotes that may be used' };
  if (verdict.status === 'refused') return { ...head, ...nothing, refused: verdict.reason };
  const { slices } = verdict;
  return {
    ...head,
    used: slices.reduce((sum, slice) => sum + slice.quotes, 0),
    leftOut: slices.reduce((sum, slice) => sum + slice.leftOut, 0),
    slices,
    refused: '',
    ...errorsOf(underlying, rows, { atMs, index, slices: [...slices] }),
  };
};

type Fitted = Readonly<{ atMs: number; index: number; slices: FittedSlice[] }>;

const errorsOf = (
  underlying: string,
  rows: readonly ChainRow[],
  fitted: Fitted,
): Pick<ChainFit, 'coins' | 'points' | 'within'> => {
  const surface = { underlying, priceAsset: 'USD', marksRound: 0, ...fitted };
  const coins: number[] = [];
  const points: number[] = [];
  let within = 0;
  for (const row of rows) {
    const { price, volatility } = repriced(row, surface);
    coins.push(Math.abs(price - row.mark));
    if (isCentral(row, fitted.atMs)) points.push(100 * Math.abs(volatility - row.volatility));
    if (row.bid > 0 && row.ask > 0 && price >= row.bid && price <= row.ask) within += 1;
  }
  const quoted = rows.filter(({ bid, ask }) => bid > 0 && ask > 0).length;
  return { coins: errors(coins), points: errors(points), within: quoted === 0 ? 0 : within / quoted };
};

const repriced = (
  row: ChainRow,
  surface: Parameters<typeof surfaceMark>[1],
): ReturnType<typeof surfaceMark> => {
  const terms: OptionTerms = {
    ...{ surface: '', priceAsset: 'USD', futureId: '', isInverse: true },
    ...{ strike: row.strike, isCall: row.isCall, expiresAtMs: row.expiresAtMs },
  };
  const forward = {
    confidence: 0,
    state: 'live',
    guarded: false,
    price: row.forward,
    fixedForward: 0,
  } as const;
  // A chain is collected over minutes: every row has its own time and forward.
  return surfaceMark(terms, surface, forward, row.atMs, { degradedMs: Infinity, haltedMs: Infinity });
};

/** Where a volatility says something about a price: within 1.645 deviations of the forward. */
const isCentral = ({ strike, forward, volatility, expiresAtMs }: ChainRow, atMs: number): boolean =>
  Math.abs(Math.log(strike / forward)) <= 1.645 * volatility * Math.sqrt((expiresAtMs - atMs) / YEAR_MS);

const median = (values: readonly number[]): number => quantile(values, 0.5);

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? NaN;

const errors = (values: readonly number[]): Errors | undefined =>
  values.length === 0
    ? undefined
    : { median: median(values), most: quantile(values, 0.95), largest: Math.max(...values) };
