import type { Spread } from './measure.ts';

/** What a figure must reach; `isMet` looks at the median. */
export type Target = Readonly<{ text: string; met: boolean }>;

export type Baseline = Readonly<{ what: string; median: number; ratio: number }>;

/** One measured figure, or the reason why there is none. */
export type BenchRow = Readonly<{
  bench: string;
  what: string;
  /** How much there was: `1×`, `10 000 accounts` … */
  scale: string;
  unit: string;
  figure?: Spread;
  baseline?: Baseline;
  target?: Target;
  note?: string;
  absent?: string;
}>;

export const atLeast = (least: number, { median }: Spread, unit: string): Target => ({
  text: `≥ ${least.toLocaleString('en')} ${unit}`,
  met: median >= least,
});

export const atMost = (most: number, { median }: Spread, unit: string): Target => ({
  text: `≤ ${most.toLocaleString('en')} ${unit}`,
  met: median <= most,
});

/** How many times as fast as the baseline. */
export const against = (what: string, own: Spread, other: Spread): Baseline => ({
  what,
  median: other.median,
  ratio: own.median / other.median,
});

export const absentRow = (bench: string, what: string, absent: string): BenchRow => ({
  bench,
  what,
  scale: '',
  unit: '',
  absent,
});
