import { surfacesOf, type History } from '../data/history.ts';
import type { Line } from '../data/series.ts';
import { volatilities } from '../data/volatilities.ts';

const HOUR_MS = 3_600_000;
export const START_MS = Date.UTC(2024, 0, 1);

export const madeLine = (instrument: string, venue: string): Line => {
  const [base = '', quote = 'USD'] = instrument.split('/');
  const id = `${instrument}@${venue}`;
  return { id, kind: 'venue', venue, base, quote, form: 'linear', holds: false };
};

/** A history of hourly prices: contracts of each line at the coin's price, and dollars of every asset. */
export const madeHistory = (
  prices: Readonly<Record<string, readonly number[]>>,
  lines: readonly Line[],
): History => {
  const steps = Math.max(...Object.values(prices).map(({ length }) => length));
  const times = Float64Array.from({ length: steps }, (_, i) => START_MS + i * HOUR_MS);
  const dollars = new Map([
    ['USD', new Float64Array(steps).fill(1)],
    ...Object.entries(prices).map(([asset, path]) => [asset, Float64Array.from(path)] as const),
  ]);
  const marks = lines.map(({ base, quote }) => {
    const [of, per] = [dollars.get(base) as Float64Array, dollars.get(quote) as Float64Array];
    return of.map((price, i) => price / (per[i] as number));
  });
  return {
    ...{ name: 'made', stepMs: HOUR_MS, times, lines, marks, dollars, notes: [] },
    volatility: volatilities(dollars, times),
    surfaces: surfacesOf(dollars, times),
    funding: lines.map(() => undefined),
  };
};

/** So many hours around a price, each so many percent away from it, up and down in turn. */
export const calm = (price: number, hours: number, percent = 0.5): readonly number[] =>
  Array.from({ length: hours }, (_, n) => price * (1 + (n % 2 === 0 ? 1 : -1) * (percent / 100)));
