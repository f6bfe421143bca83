import { houseParameters } from '@plinth/margin';
import type { History } from '../data/history.ts';
import { underlyingOf } from '../data/symbols.ts';
import type { Line } from '../data/series.ts';

/** Share of the notional that each kind of coin is asked. */
export type FlatRates = Readonly<{ majors: number; others: number; stables: number }>;
export type CoinKind = keyof FlatRates;

export const coinKind = (underlying: string): CoinKind => {
  const known = houseParameters.underlyings.find((entry) => entry.underlying === underlying);
  if (known?.group === 'majors') return 'majors';
  return known?.group === 'stables' ? 'stables' : 'others';
};

/** Worst losses of one dollar of each coin, long and short, within the horizon, at every step; sorted. */
const lossesOf = (histories: readonly History[], kind: CoinKind, horizonMs: number): readonly number[] => {
  const losses: number[] = [];
  for (const { dollars, lines, stepMs } of histories) {
    const steps = Math.max(1, Math.round(horizonMs / stepMs));
    const bases = lines.map(({ base }: Line) => base);
    for (const [asset, prices] of dollars) {
      const isPriced = kind === 'stables' || bases.includes(asset);
      if (!isPriced || coinKind(underlyingOf(asset)) !== kind) continue;
      for (let i = 0; i + steps < prices.length; i++) {
        const start = prices[i] as number;
        const ahead = [...prices.subarray(i + 1, i + steps + 1)].filter((price) => price > 0);
        if (!(start > 0) || ahead.length === 0) continue;
        losses.push(Math.max(0, 1 - Math.min(...ahead) / start), Math.max(0, Math.max(...ahead) / start - 1));
      }
    }
  }
  return losses.sort((a, b) => a - b);
};

const PERCENT = 100;

/** The flat rates that cover so many single positions of each kind, rounded up to whole percents. */
export const flatRatesFor = (histories: readonly History[], horizonMs: number, goal: number): FlatRates => {
  const rate = (kind: CoinKind): number => {
    const losses = lossesOf(histories, kind, horizonMs);
    const at = losses[Math.min(losses.length - 1, Math.ceil(losses.length * goal))] ?? 0;
    return Math.ceil(at * PERCENT) / PERCENT;
  };
  return { majors: rate('majors'), others: rate('others'), stables: rate('stables') };
};
