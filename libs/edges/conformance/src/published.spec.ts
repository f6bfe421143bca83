import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FORMATS, REFUSED, runCaseFile } from './index.ts';

const shared = process.env['PLINTH_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const folder = resolve(shared, 'conformance');
const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d.*\.json$/.test(name)) : [];
const where =
  names.length > 0 ? '' : ' (skipped: no cases; set PLINTH_SHARED to the folder that holds conformance/)';
const isRefused = (name: string): boolean => REFUSED.some((format) => name.startsWith(format.name));

describe('published cases', () => {
  if (names.length === 0) it.skip(`pass${where}`, () => undefined);
  for (const name of names) {
    const text = (): string => readFileSync(resolve(folder, name), 'utf8');
    if (isRefused(name)) {
      it(`${name} is refused by name`, () => {
        expect(() => runCaseFile(name, text())).toThrow(name);
      });
    } else {
      it(`${name} passes`, () => {
        const { failures, passed, cases } = runCaseFile(name, text());
        expect([failures, passed]).toEqual([[], cases]);
      });
    }
  }
});

const file = (cases: readonly unknown[]): string => JSON.stringify({ cases });

describe('formats', () => {
  it('have names of their own', () => {
    expect(new Set(FORMATS.map(({ name }) => name)).size).toBe(FORMATS.length);
  });

  it('report a wrong figure with the case, the key and both values', () => {
    const quotes = [{ price: 100, conf: 1, status: 1 }];
    const cases = [{ id: 'one', input: { exponent: 0, quotes }, expected: { price: 101, conf: 1 } }];
    const { failed, failures } = runCaseFile('05-pyth-aggregation.json', file(cases));
    expect(failed).toBe(1);
    expect(failures[0]?.id).toBe('one');
    expect(failures[0]?.differences).toEqual([{ path: 'price', expected: 101, got: 100n, error: 1 / 101 }]);
  });

  it('take quotes that are too old, or too few, for unknown', () => {
    const quote = { price: 100, conf: 1, status: 1, slot_diff: -25 };
    const expected = { exponent: -3, price: 0, conf: 0, status: 'unknown' };
    const cases = [{ input: { exponent: -3, quotes: [quote] }, expected }];
    expect(runCaseFile('05-pyth-aggregation.json', file(cases)).passed).toBe(1);
  });

  it('refuse an unknown calculation, model or shape of input as a failed case', () => {
    const bad = (name: string, item: unknown): string | undefined =>
      runCaseFile(`${name}.json`, file([item])).results[0]?.problem;
    const input = { positions: [], usdc_balance: 0, market: 0, markets: [] };
    expect(bad('04-interest-rates', { model: 'x', input: {}, expected: {} })).toContain('model');
    expect(bad('08-dydx-liquidation', { calc: 'x', input, expected: {} })).toContain('calc');
    expect(bad('09-dydx-margin-funding', { input: {}, expected: {} })).toContain('input');
    expect(bad('10-drift-liquidation-margin', { calc: 'x', input: {}, expected: 1 })).toContain('calc');
    expect(bad('13-margin-liquidation-misc', { calc: 'x', input: {}, expected: {} })).toContain('calc');
  });
});
