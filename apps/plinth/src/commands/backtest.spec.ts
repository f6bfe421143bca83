import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { BacktestFigures, CalibrationFigures } from '@plinth/backtest';
import { Command } from 'commander';
import { register } from './backtest.ts';

const HOUR = 3_600_000;
const HOURS = 60;

/** Hourly bars that go up and down by half a percent, and from `fallAt` on stand at a share of that. */
const bars = (price: number, fallAt = HOURS, left = 1): string =>
  [
    'ts_ms,open,high,low,close,volume_base',
    ...Array.from({ length: HOURS }, (_, n) => {
      const p = price * (n % 2 === 0 ? 1.005 : 0.995) * (n < fallAt ? 1 : left);
      return `${n * HOUR},${p},${p},${p},${p},1`;
    }),
  ].join('\n');

let data = '';
let [out, err] = ['', ''];
const put = (set: string, file: string, text: string): void => {
  mkdirSync(join(data, set), { recursive: true });
  writeFileSync(join(data, set, file), text);
};
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'backtest-'));
  [out, err] = ['', ''];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  put('calm', 'one-BTCUSD-1h.csv', bars(60_000));
  put('calm', 'two-BTCUSD-1h.csv', bars(60_010));
  put('calm', 'two-ETHUSD-1h.csv', bars(3_000));
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = 0;
  rmSync(data, { recursive: true });
});

const run = async (...words: readonly string[]): Promise<void> => {
  const program = new Command().exitOverride();
  register(program);
  const given = ['backtest', ...words, '--data', data, '--books', '2', '--moments', '20'];
  await program.parseAsync(given, { from: 'user' });
};

describe('plinth backtest', () => {
  it('holds its goals on a calm market, with tables and a page', async () => {
    const page = join(data, 'page.html');
    await run('--report', page);
    expect(process.exitCode ?? 0).toBe(0);
    expect(out).toContain('long covered, all data');
    expect(out).toContain('The house by style');
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('Books covered at maintenance margin');
    expect(html).not.toContain('NaN');
    expect(html).not.toMatch(/<script|https?:/);
  });

  it('fails when a market falls by half at once, and says what was missed', async () => {
    put('fall', 'one-BTCUSD-1h.csv', bars(60_000, 40, 0.5));
    await run('fall', '--output', 'json');
    const { goals, dataSets, rows } = JSON.parse(out) as BacktestFigures;
    expect(dataSets.map(({ dataSet }) => dataSet)).toEqual(['fall']);
    expect(goals.find(({ name }) => name === 'long covered, all data')?.holds).toBe(false);
    const long = rows.find((row) => row.scope === 'fall' && row.style === 'long' && row.model === 'house');
    expect(long?.maintenance.worstRelative).toBeGreaterThan(0.3);
    expect(process.exitCode).toBe(1);
    expect(err).toContain('missed: long covered, all data');
  });

  it('gives the same bytes for the same seed, others for another', async () => {
    await run('--output', 'json');
    const first = out;
    out = '';
    await run('--output', 'json');
    expect(out).toBe(first);
    out = '';
    await run('--output', 'json', '--seed', '2');
    expect(out).not.toBe(first);
  });

  it('tells broken rows by file and line, and goes on', async () => {
    put('calm', 'xyz-BTCUSD-1h.csv', `${bars(60_000)}\n1,2,3`);
    await run('--output', 'ndjson');
    expect(err).toContain('xyz-BTCUSD-1h.csv:62: row: Expected 6 cells, was 3');
    expect(
      out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as { part: string }).part),
    ).toContain('rows');
  });

  it('calibrates on the sets named for it and tests on the others', async () => {
    put('crash-2020-03-12', 'one-BTCUSD-1h.csv', bars(60_000));
    await run('--calibrate', '--output', 'json');
    const { calibrationSets, testSets, present, found } = JSON.parse(out) as CalibrationFigures;
    expect([calibrationSets, testSets]).toEqual([['crash-2020-03-12'], ['calm']]);
    expect(found.calibration.missing).toBe(0);
    expect(found.calibration.requirement).toBeLessThan(present.calibration.requirement);
    expect(found.test?.requirement).toBeLessThan(present.test?.requirement ?? 0);
  });

  it('judges the set that a calibration found, and names what is wrong with a set', async () => {
    put('crash-2020-03-12', 'one-BTCUSD-1h.csv', bars(60_000));
    await run('--calibrate', '--output', 'json');
    const file = join(data, 'found.json');
    writeFileSync(file, out);
    const found = JSON.parse(out) as CalibrationFigures;
    out = '';
    await run('calm', '--parameters', file, '--output', 'json');
    const { run: of, rows } = JSON.parse(out) as BacktestFigures;
    expect(of.parameters).toBe('calibrated');
    const long = rows.find((row) => row.scope === 'calm' && row.style === 'long' && row.model === 'house');
    expect(long?.maintenance.requirement).toBeLessThan(0.06);

    const { parameters } = found;
    writeFileSync(file, JSON.stringify({ margin: { ...parameters, imShockMultiplier: 0.5 } }));
    await expect(run('--parameters', file)).rejects.toThrow('imShockMultiplier: Expected 1.25 to 3, was 0.5');
    writeFileSync(file, '{}');
    await expect(run('--parameters', file)).rejects.toThrow('Expected a field margin or parameters');
  });

  it('refuses what is not there, by name', async () => {
    await expect(run('storm')).rejects.toThrow('Expected one of calm');
    await expect(run('--calibrate')).rejects.toThrow('crash-2020-03-12');
    rmSync(join(data, 'calm'), { recursive: true });
    put('empty', 'one-USDTUSD-1h.csv', bars(1));
    await expect(run()).rejects.toThrow('Expected a data set with prices of a coin');
  });
});
