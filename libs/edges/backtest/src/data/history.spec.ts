import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { openMarketData } from '@plinth/connectors';
import { fundingRatesOf } from './funding.ts';
import { historyOf, type History } from './history.ts';

const root = mkdtempSync(join(tmpdir(), 'backtest-data-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const HOUR = 3_600_000;
const bars = (closes: readonly (number | undefined)[]): string =>
  [
    'ts_ms,open,high,low,close,volume_base',
    ...closes.flatMap((p, n) => (p === undefined ? [] : [`${n * HOUR},${p},${p},${p},${p},1`])),
  ].join('\n');

const read = (files: Readonly<Record<string, string>>): History | undefined => {
  const folder = mkdtempSync(join(root, 'set-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const data = openMarketData(folder);
  return historyOf('made', data, fundingRatesOf(data));
};
const markOf = (history: History | undefined, id: string): readonly number[] => {
  const line = history?.lines.findIndex((one) => one.id === id) ?? -1;
  return [...(history?.marks[line] ?? [])];
};

describe('A history', () => {
  it('knows a bar at its end, and fills no gap', () => {
    const history = read({ 'one-BTCUSD-1h.csv': bars([100, undefined, 102, 103]) });
    expect(history?.times[0]).toBe(HOUR);
    expect(markOf(history, 'BTC/USD@one')).toEqual([100, NaN, 102, 103]);
  });

  it('prices a coin by the median, quote assets by their own lines, and says what it assumes', () => {
    const history = read({
      'one-BTCUSDT-1h.csv': bars([100, 100]),
      'two-BTCUSD-1h.csv': bars([98, 98]),
      'two-USDTUSD-1h.csv': bars([0.98, 1]),
    });
    expect(history?.dollars.get('BTC')).toEqual(Float64Array.of(98, 99));
    expect(history?.notes).toEqual([]);
    const assumed = read({ 'one-BTCUSDT-1h.csv': bars([100, 100]) });
    expect(assumed?.notes).toEqual(['USDT = 1 USD: the data never quotes it']);
  });

  it('takes a print far from all others for no mark, and says so', () => {
    const history = read({
      'one-BTCUSD-1h.csv': bars([100, 100]),
      'two-BTCUSD-1h.csv': bars([100, 130]),
      'xyz-BTCUSD-1h.csv': bars([100, 101]),
    });
    expect(markOf(history, 'BTC/USD@two')).toEqual([100, NaN]);
    expect(history?.notes).toEqual(['BTC/USD@two: 1 prices far from all others are no marks']);
  });

  it('uses nothing that comes later for a volatility', () => {
    const closes = [100, 101, 99, 102, 98, 103];
    const whole = read({ 'one-BTCUSD-1h.csv': bars([...closes, 50, 150]) });
    const part = read({ 'one-BTCUSD-1h.csv': bars(closes) });
    const known = part?.volatility.get('BTC') ?? new Float64Array();
    expect(known.length).toBe(closes.length);
    expect(whole?.volatility.get('BTC')?.subarray(0, closes.length)).toEqual(known);
    expect(whole?.volatility.get('BTC')?.at(-1)).toBeGreaterThan(2 * (known.at(-1) ?? NaN));
  });

  it('puts funding into the step in which it fell due', () => {
    const history = read({
      'one-BTCUSD-1h.csv': bars([100, 100, 100]),
      'one-BTC-perp-funding.csv': `ts_ms,funding_rate\n${HOUR},0.5\n${2 * HOUR},0.001\n`,
    });
    expect(history?.funding[0]).toEqual(Float64Array.of(0, 0.001, 0));
  });

  it('is none without a coin', () => {
    expect(read({ 'one-USDTUSD-1h.csv': bars([1, 1]) })).toBeUndefined();
  });
});
