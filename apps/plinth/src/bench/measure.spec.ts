import { describe, expect, it } from '@jest/globals';
import { benchReport, benchText, figureText } from './bench-report.ts';
import { against, atLeast, atMost } from './bench-row.ts';
import { BENCHES } from './index.ts';
import { measureLatencies, measureRates, quantile, spreadOf } from './measure.ts';

describe('The bench harness', () => {
  it('tells the median, the spread and the quantiles', () => {
    expect(spreadOf([5, 1, 9, 3, 7])).toEqual({ median: 5, min: 1, max: 9, mad: 2, rounds: 5 });
    expect(quantile([4, 1, 3, 2], 0.99)).toBe(4);
  });

  it('warms up and takes turns, and counts the time that a subject names itself', async () => {
    const calls: string[] = [];
    const subject = (name: string, ms: number) => ({
      name,
      run: () => {
        calls.push(name);
        return { units: 10, ms };
      },
    });
    const pace = { warmUpMs: 0, rounds: 2, roundMs: 0 };
    const [slow, fast] = await measureRates([subject('slow', 20), subject('fast', 5)], pace);
    expect(calls).toEqual(['slow', 'fast', 'slow', 'fast', 'slow', 'fast']);
    expect(slow).toMatchObject({ median: 500, rounds: 2 });
    expect(fast).toMatchObject({ median: 2_000 });
  });

  it('repeats a subject until its round is over', async () => {
    const run = (): { units: number; ms: number } => ({ units: 1, ms: 1 });
    const [figure] = await measureRates([{ name: 'one', run }], { warmUpMs: 0, rounds: 1, roundMs: 10 });
    expect(figure?.median).toBe(1_000);
  });

  it('leaves the first latencies out', async () => {
    const seen: number[] = [];
    const { wall, own } = await measureLatencies((n) => void seen.push(n), 20);
    expect([wall.length, own.length]).toEqual([20, 20]);
    expect(seen).toHaveLength(22);
  });

  it('judges targets by the median and names baselines', () => {
    const figure = spreadOf([90, 100, 110]);
    expect(atLeast(100, figure, 'x/s')).toEqual({ text: '≥ 100 x/s', met: true });
    expect(atLeast(101, figure, 'x/s').met).toBe(false);
    expect(atMost(99, figure, 'ms').met).toBe(false);
    expect(against('loop', figure, spreadOf([50]))).toEqual({ what: 'loop', median: 50, ratio: 2 });
  });

  it('says why a row is absent, and never shows it as a figure', () => {
    const row = { bench: 'x', what: 'y', scale: '', unit: '', absent: 'no compiler' };
    expect(benchText(row)).toEqual({ bench: 'x', what: 'y', scale: '', median: '', note: 'no compiler' });
    const { machine, rows } = benchReport([row], 0.25);
    expect(rows).toEqual([row]);
    expect(machine).toMatchObject({ loadBefore: 0.25, node: process.version });
    expect([1_234_567.8, 12.345, 0.012345].map(figureText)).toEqual(['1,234,568', '12.3', '0.0123']);
  });

  it('knows each bench by one name', () => {
    const names = BENCHES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['append', 'replay', 'margin', 'tick', 'routing']));
  });
});
