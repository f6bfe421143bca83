import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkLendingFile, LendingFileError } from './recorded-lending.ts';

const HEADER =
  'ts_ms,liquidity_rate,stable_borrow_rate,variable_borrow_rate,liquidity_index,variable_borrow_index';
const YEAR = 31_536_000;

type Minute = Readonly<{ utilisation: number; seconds: number }>;

/** A pool with base 1 %, slope 5 % and a reserve factor of 10 %, touched once in each of these minutes. */
const recorded = (minutes: readonly Minute[], change: (text: string) => string = (same) => same): string => {
  let [supplyIndex, borrowIndex] = [1.01, 1.03];
  let rates: readonly [number, number] | undefined;
  const rows = minutes.map(({ utilisation, seconds }, n) => {
    if (rates !== undefined) {
      supplyIndex *= 1 + (rates[0] * seconds) / YEAR;
      borrowIndex *= (1 + rates[1] / YEAR) ** seconds;
    }
    const borrow = 0.01 + 0.05 * utilisation;
    rates = [borrow * utilisation * 0.9, borrow];
    const cells = [rates[0], 0, rates[1], supplyIndex, borrowIndex].map((x) => x.toFixed(18));
    return [n * 60_000, ...cells].join(',');
  });
  return change([HEADER, ...rows].join('\n'));
};

const MINUTES = [0.3, 0.31, 0.4, 0.35, 0.5, 0.2].map((utilisation, n) => ({
  utilisation,
  seconds: 40 + 7 * n,
}));

describe('checkLendingFile', () => {
  it('computes growth and rates again', () => {
    const check = checkLendingFile('a-1m.csv', recorded(MINUTES));
    expect(check).toMatchObject({ minutes: 6, updates: 5, singles: 5, rates: 6, note: '' });
    expect(check.indexError).toBeLessThan(1e-13);
    expect(check.rateError).toBeLessThan(1e-12);
  });

  it('sees an index that grew by something else, and a rate that is off the curve', () => {
    const twice = recorded([...MINUTES, { utilisation: 0.3, seconds: 40.5 }]);
    expect(checkLendingFile('a-1m.csv', twice)).toMatchObject({ updates: 6, singles: 5 });
    const lines = recorded(MINUTES).split('\n');
    const cells = (lines[3] ?? '').split(',');
    lines[3] = [cells[0], cells[1], cells[2], '0.04', ...cells.slice(4)].join(',');
    expect(checkLendingFile('a-1m.csv', lines.join('\n'))).toMatchObject({ rateError: undefined });
  });

  it('refuses files of another form by name', () => {
    const check = (text: string) => () => checkLendingFile('a-1m.csv', text);
    expect(check('a,b\n1,2\n1,2')).toThrow(LendingFileError);
    expect(check('a,b\n1,2\n1,2')).toThrow(/a-1m\.csv: Expected a column liquidity_rate/);
    expect(check(recorded(MINUTES).split('\n').slice(0, 2).join('\n'))).toThrow(/two rows/);
    expect(check(recorded(MINUTES, (text) => text.replace('1.01', 'x')))).toThrow(/row 2: .*liquidity_index/);
    expect(check(recorded(MINUTES, (text) => text.replace(/1\.010\d+/, '0')))).toThrow(/index over 0/);
  });
});

const shared = process.env['PLINTH_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const folder = join(shared, 'data/lending-aave-v3-polygon');
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('-1m.csv')) : [];

if (files.length === 0) {
  it.skip('recorded reserves: the shared data are not here, set PLINTH_SHARED', () => undefined);
} else {
  describe.each(files)('recorded %s', (file) => {
    const check = checkLendingFile(file, readFileSync(join(folder, file), 'utf8'));

    it('has the indices that the rates make, over every single update', () => {
      expect(check.singles).toBeGreaterThan(check.updates / 3);
      expect(check.indexError).toBeLessThan(1e-12);
      expect(check.growthError).toBeLessThan(1e-6);
      expect(check.borrowSpanError).toBeLessThan(2e-3);
    });

    it('has the rates of a curve where utilisation follows from them', () => {
      if (file.includes('WETH')) expect(check.rateError).toBeLessThan(1e-12);
      else expect(check.rateError).toBeUndefined();
    });
  });
}
