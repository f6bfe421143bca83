import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { exp, log, logRatio, normCdf, normPdf, scaledTail } from './index.ts';

/** [argument, nearest double, what that double lacks] in 80-digit arithmetic, by tools/golden/maths.py. */
type Row = readonly [x: number, high: number, low: number, second?: number];
type Name = 'exp' | 'log' | 'normCdf' | 'normPdf' | 'scaledTail' | 'logRatio';
type Table = Readonly<Record<Name, readonly Row[]>>;

const table = JSON.parse(readFileSync(new URL('../golden/maths.json', import.meta.url), 'utf8')) as Table;

const view = new DataView(new ArrayBuffer(8));
const ulp = (x: number): number => {
  view.setFloat64(0, Math.abs(x));
  view.setBigInt64(0, view.getBigInt64(0) + 1n);
  return view.getFloat64(0) - Math.abs(x);
};

const worst = (f: (x: number) => number, rows: readonly Row[], error: (got: number, row: Row) => number) =>
  rows.reduce((most, row) => Math.max(most, error(f(row[0]), row)), 0);
const inUlps = (got: number, [, high, low]: Row): number => Math.abs(got - high - low) / ulp(high);
const relative = (got: number, [, high, low]: Row): number => Math.abs((got - high - low) / high);
const NORMAL = 2.2250738585072014e-308;
const normals = (rows: readonly Row[]): readonly Row[] => rows.filter((row) => Math.abs(row[1]) > NORMAL);

describe('deterministic functions against 80-digit values', () => {
  it('exp and log are within one unit in the last place', () => {
    expect(table.exp.length + table.log.length).toBeGreaterThan(300);
    expect(worst(exp, table.exp, inUlps)).toBeLessThan(1);
    expect(worst(log, table.log, inUlps)).toBeLessThan(1);
  });

  it('normPdf and normCdf are within 1e-15 relative, far tails included', () => {
    expect(worst(normPdf, normals(table.normPdf), relative)).toBeLessThan(6e-16);
    expect(worst(normCdf, normals(table.normCdf), relative)).toBeLessThan(1e-15);
  });

  it('scaledTail and logRatio keep their digits far out and near 1', () => {
    expect(worst(scaledTail, table.scaledTail, relative)).toBeLessThan(1e-15);
    const ratios = table.logRatio.filter((row) => row[1] !== 0);
    expect(ratios.length).toBeGreaterThan(60);
    for (const row of ratios) expect(relative(logRatio(row[0], row[3] ?? NaN), row)).toBeLessThan(7e-16);
    expect(logRatio(5, 5)).toBe(0);
  });

  it('answers the edges of the doubles', () => {
    expect([exp(0), exp(-0), exp(710), exp(-746), exp(Infinity), exp(-Infinity)]).toEqual([
      1,
      1,
      Infinity,
      0,
      Infinity,
      0,
    ]);
    expect([log(1), log(0), log(-1), log(Infinity)]).toEqual([0, -Infinity, NaN, Infinity]);
    expect([normCdf(0), normCdf(40), normCdf(-40), normPdf(50)]).toEqual([0.5, 1, 0, 0]);
    expect([exp(NaN), log(NaN), normCdf(NaN), normPdf(NaN)]).toEqual([NaN, NaN, NaN, NaN]);
  });
});

describe('properties', () => {
  const finite = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });

  it('exp never falls, log undoes it, and cdf is symmetric', () => {
    fc.assert(
      fc.property(finite(-700, 700), finite(0, 1), (x, step) => exp(x + step) >= exp(x) * (1 - 3e-16)),
    );
    fc.assert(
      fc.property(finite(-700, 700), (x) => Math.abs(log(exp(x)) - x) <= 3e-16 * Math.max(1, Math.abs(x))),
    );
    fc.assert(fc.property(finite(-8, 8), (x) => Math.abs(normCdf(x) + normCdf(-x) - 1) <= 2.3e-16));
  });
});
