import type { MarketData } from '@plinth/connectors';
import { assert } from '@plinth/money';
import { LIMITS } from '../limits.ts';
import { fundingOf, type FundingRates } from './funding.ts';
import { onGrid, type Grid } from './grid.ts';
import { OptionSurface } from './option-surface.ts';
import { seriesOf, type Line } from './series.ts';
import { isStable } from './symbols.ts';
import { dollarsOf } from './dollars.ts';
import { volatilities } from './volatilities.ts';

/**
 * A data set on a grid of time. Everything at step i was known at `times[i]`; NaN where nothing fresh was:
 * nothing is filled forward.
 */
export type History = Readonly<{
  name: string;
  stepMs: number;
  times: Float64Array;
  /** Contracts that can be held. */
  lines: readonly Line[];
  /** Mark of each line in its quote asset. */
  marks: readonly Float64Array[];
  /** Price in USD of every asset, coins and quote assets. */
  dollars: ReadonlyMap<string, Float64Array>;
  /** EWMA volatility of every asset at every step, per √year, from prices up to then. */
  volatility: ReadonlyMap<string, Float64Array>;
  /** What a long pays per one of notional between the step before and this one; by line, if recorded. */
  funding: readonly (Float64Array | undefined)[];
  /** Implied volatilities of the coins that options are written on: modelled, see `OPTION_SURFACE`. */
  surfaces: ReadonlyMap<string, OptionSurface>;
  /** What of the data was not used, and what was assumed. */
  notes: readonly string[];
}>;

/** The history of one folder; undefined where it has no prices that a contract could follow. */
export const historyOf = (name: string, data: MarketData, rates: FundingRates): History | undefined => {
  const series = seriesOf(data);
  if (!series.some(({ line }) => isContract(line))) return undefined;
  assert(series.length <= LIMITS.lines, `Expected at most ${LIMITS.lines} series, was ${series.length}`);
  const grid = onGrid(series, data.series);
  const { dollars, strays, notes } = dollarsOf(grid);
  const held = grid.lines.flatMap((line, n) => (isContract(line) ? [n] : []));
  const lines = held.map((n) => grid.lines[n] as Line);
  return {
    name,
    stepMs: grid.stepMs,
    times: grid.times,
    lines,
    marks: held.map((n) => grid.prices[n] as Float64Array),
    dollars,
    volatility: volatilities(dollars, grid.times),
    surfaces: surfacesOf(dollars, grid.times),
    funding: lines.map((line) => fundingOf(rates, line, grid.times)),
    notes: [...notes, ...strayNotes(grid, strays)],
  };
};

/** Coins against dollars: contracts. Other series price assets only. */
const isContract = ({ base, quote }: Line): boolean =>
  !isStable(base) && (quote === 'USD' || isStable(quote));

/** Coins with listed options. */
const OPTION_COINS = ['BTC', 'ETH'];

export const surfacesOf = (
  dollars: ReadonlyMap<string, Float64Array>,
  times: Float64Array,
): ReadonlyMap<string, OptionSurface> =>
  new Map(
    OPTION_COINS.flatMap((coin) => {
      const prices = dollars.get(coin);
      return prices === undefined ? [] : [[coin, new OptionSurface(prices, times)] as const];
    }),
  );

const strayNotes = ({ lines }: Grid, strays: readonly number[]): readonly string[] =>
  strays.flatMap((count, n) =>
    count === 0 ? [] : [`${lines[n]?.id}: ${count} prices far from all others are no marks`],
  );
