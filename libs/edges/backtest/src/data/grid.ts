import type { Series as FileSeries } from '@plinth/connectors';
import { assert } from '@plinth/money';
import { LIMITS } from '../limits.ts';
import type { Line, Series } from './series.ts';

const HOUR_MS = 3_600_000;
/** Sources that publish at irregular seconds get this part of a step to arrive. */
const DELAY = 1 / 12;

export type Grid = Readonly<{
  stepMs: number;
  times: Float64Array;
  lines: readonly Line[];
  prices: readonly Float64Array[];
}>;

/**
 * Puts series on one grid: at every time the last price that was known then, if it is not older than a step.
 * A step is the shortest interval that a file's name tells, an hour without.
 */
export const onGrid = (series: readonly Series[], files: readonly FileSeries[]): Grid => {
  const priced = files.filter(({ kind }) => kind === 'bar' || kind === 'price' || kind === 'book');
  const intervals = priced.map(({ intervalMs }) => intervalMs).filter((ms) => ms > 0);
  const stepMs = intervals.length === 0 ? HOUR_MS : Math.min(...intervals);
  const isIrregular = priced.some(({ kind }) => kind === 'price');
  const delay = isIrregular ? Math.round(stepMs * DELAY) : 0;
  // A price of the step before has an age of a step and nearly all of the delay: too old.
  const freshMs = stepMs + delay / 2 - 1;
  const firstMs = Math.min(...series.map(({ atMs }) => atMs[0] as number));
  const lastMs = Math.max(...series.map(({ atMs }) => atMs.at(-1) as number));
  const startMs = Math.ceil(firstMs / stepMs) * stepMs + delay;
  const count = Math.max(0, Math.floor((lastMs - startMs) / stepMs) + 1);
  assert(count <= LIMITS.steps, `Expected at most ${LIMITS.steps} steps, was ${count}`);
  const times = Float64Array.from({ length: count }, (_, i) => startMs + i * stepMs);
  return {
    stepMs,
    times,
    lines: series.map(({ line }) => line),
    prices: series.map((one) => sampled(one, times, one.line.holds ? Infinity : freshMs)),
  };
};

const sampled = ({ atMs, prices }: Series, times: Float64Array, freshMs: number): Float64Array => {
  const out = new Float64Array(times.length).fill(NaN);
  let n = -1;
  times.forEach((time, i) => {
    while (n + 1 < atMs.length && (atMs[n + 1] as number) <= time) n++;
    if (n >= 0 && time - (atMs[n] as number) <= freshMs) out[i] = prices[n] as number;
  });
  return out;
};
