import { cpus, loadavg, totalmem } from 'node:os';
import type { BenchRow } from './bench-row.ts';

/** A measured figure as people read it: three digits that mean something, groups of three. */
export const figureText = (value: number): string => {
  if (!Number.isFinite(value)) return '';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return Number(value.toPrecision(3)).toString();
};

const targetText = ({ target }: BenchRow): string =>
  target === undefined ? '' : `${target.text}: ${target.met ? 'met' : 'missed'}`;

/** A row of the table. */
export const benchText = (row: BenchRow): Readonly<Record<string, string>> => {
  const { bench, what, scale, unit, figure, baseline, note, absent } = row;
  if (figure === undefined) return { bench, what, scale, median: '', note: absent ?? '' };
  return {
    bench,
    what,
    scale,
    median: `${figureText(figure.median)} ${unit}`,
    'min – max': `${figureText(figure.min)} – ${figureText(figure.max)}`,
    baseline: baseline === undefined ? '' : `${baseline.what}: ${figureText(baseline.median)}`,
    ratio: baseline === undefined ? '' : figureText(baseline.ratio),
    target: targetText(row),
    note: note ?? '',
  };
};

export type BenchReport = Readonly<{
  machine: Readonly<{
    cpu: string;
    cores: number;
    memoryGb: number;
    node: string;
    platform: string;
    /** Processes that wanted to run, of the minute before the first bench; of Linux and macOS. */
    loadBefore: number;
  }>;
  rows: readonly BenchRow[];
}>;

const BUSY = 0.5;

/** Other work on the machine, and a warning when there is so much that figures will be too low. */
export const loadNow = (): Readonly<{ load: number; warning?: string }> => {
  const [load = 0] = loadavg();
  if (load <= BUSY) return { load };
  const what = `load ${load.toFixed(1)} on ${cpus().length} cores`;
  return { load, warning: `the machine is busy (${what}): figures will be too low` };
};

/** Ratios travel between machines, absolute figures do not: so the machine is named. */
export const benchReport = (rows: readonly BenchRow[], loadBefore: number): BenchReport => ({
  machine: {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    loadBefore,
  },
  rows,
});
