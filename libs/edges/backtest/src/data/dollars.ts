import type { Grid } from './grid.ts';
import { isStable } from './symbols.ts';

/**
 * A print farther than this from the middle of all others is no mark: the broker's pricing refuses it too.
 */
const STRAY = 0.05;

export type Dollars = Readonly<{
  dollars: ReadonlyMap<string, Float64Array>;
  /** Prices taken out of the grid, by line. */
  strays: readonly number[];
  notes: readonly string[];
}>;

/**
 * What every asset is worth in USD at every step: the median over its lines. Stablecoins are priced from the
 * lines that name them; one that no line prices is taken at a dollar, which is said. Strays are taken out of
 * the grid on the way.
 */
export const dollarsOf = ({ times, lines, prices }: Grid): Dollars => {
  const ones = new Float64Array(times.length).fill(1);
  const dollars = new Map([['USD', ones]]);
  const strays = lines.map(() => 0);
  const notes: string[] = [];
  const assets = [...new Set(lines.flatMap(({ base, quote }) => [base, quote]))];
  // Quotes in USD first, then the stablecoins quoted in other stablecoins, then the coins.
  const quotesOf = (asset: string): readonly number[] =>
    lines.flatMap(({ base, quote }, n) => (base === asset && dollars.has(quote) ? [n] : []));
  for (const asset of order(assets)) {
    if (asset === 'USD') continue;
    const own = quotesOf(asset);
    if (own.length === 0) {
      if (isStable(asset)) {
        dollars.set(asset, ones);
        notes.push(`${asset} = 1 USD: the data never quotes it`);
      }
      continue;
    }
    const median = new Float64Array(times.length).fill(NaN);
    times.forEach((_, i) => {
      const seen = own.flatMap((n) => {
        const price = inDollars(n, i);
        return Number.isNaN(price) ? [] : [{ n, price }];
      });
      const middle = medianOf(seen.map(({ price }) => price));
      const kept = seen.filter(({ price }) => Math.abs(price / middle - 1) <= STRAY);
      for (const { n } of seen.filter((one) => !kept.includes(one))) {
        (prices[n] as Float64Array)[i] = NaN;
        strays[n] = (strays[n] as number) + 1;
      }
      median[i] = medianOf(kept.map(({ price }) => price));
    });
    dollars.set(asset, median);
  }
  function inDollars(n: number, i: number): number {
    const rate = dollars.get((lines[n] as Grid['lines'][number]).quote) as Float64Array;
    return ((prices[n] as Float64Array)[i] as number) * (rate[i] as number);
  }
  return { dollars, strays, notes };
};

/** USDT and USDC quote others, so they come first; then other stablecoins, then coins. */
const order = (assets: readonly string[]): readonly string[] => {
  const rank = (asset: string): number =>
    asset === 'USDT' ? 0 : asset === 'USDC' ? 1 : isStable(asset) ? 2 : 3;
  return [...assets].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
};

const medianOf = (values: readonly number[]): number => {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] as number)) / 2;
};
