import { openMarketData } from '@plinth/connectors';
import { textToFloat } from '@plinth/money';

/** One observation of a price in dollars or a dollar coin. */
type Point = Readonly<{ atMs: number; price: number }>;

export type AssetMove = Readonly<{
  asset: string;
  /** Relative move from the start to the end of the window; the middle one of the series. */
  move: number;
  /** Lowest price within the window against its start, likewise. */
  lowest: number;
  series: number;
}>;

export type WorstWindow = Readonly<{ fromMs: number; toMs: number; moves: readonly AssetMove[] }>;

const HOUR_MS = 3_600_000;
const DOLLARS = new Set(['USD', 'USDT', 'USDC']);
/** A price older than this does not stand for a moment. */
const STALE_MS = 3 * HOUR_MS;

/** Prices by asset, one list per series, in order of time. A dollar coin is priced in dollars only. */
const readPrices = (folder: string): ReadonlyMap<string, readonly (readonly Point[])[]> => {
  const assets = new Map<string, Map<string, Point[]>>();
  for (const row of openMarketData(folder).rows()) {
    if (row.kind !== 'bar' && row.kind !== 'price') continue;
    const [asset = '', quote = ''] = row.instrumentId.split('/');
    if (!DOLLARS.has(quote) || (DOLLARS.has(asset) && quote !== 'USD')) continue;
    const series = assets.get(asset) ?? new Map<string, Point[]>();
    assets.set(asset, series);
    const name = `${row.venueId}:${row.instrumentId}`;
    const points = series.get(name) ?? [];
    series.set(name, points);
    points.push({ atMs: row.atMs, price: textToFloat(row.kind === 'bar' ? row.close : row.price) });
  }
  return new Map([...assets].map(([asset, series]) => [asset, [...series.values()]]));
};

const priceAt = (points: readonly Point[], atMs: number): number | undefined => {
  const last = points.findLast((point) => point.atMs <= atMs);
  return last !== undefined && atMs - last.atMs <= STALE_MS ? last.price : undefined;
};

const middle = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(half)] as number)
    : 0.5 * ((sorted[half - 1] as number) + (sorted[half] as number));
};

/**
 * The window of so many hours in which the asset lost most by the first of its series, and what every asset
 * of the data set did in it.
 */
export const worstWindow = (folder: string, by: string, hours: number): WorstWindow | undefined => {
  const prices = readPrices(folder);
  const leading = prices.get(by)?.[0] ?? [];
  let worst: { fromMs: number; move: number } | undefined;
  let start = 0;
  for (const { atMs, price } of leading) {
    while ((leading[start + 1]?.atMs ?? Infinity) <= atMs - hours * HOUR_MS) start += 1;
    const from = leading[start] as Point;
    if (from.atMs > atMs - hours * HOUR_MS) continue;
    const move = price / from.price - 1;
    if (worst === undefined || move < worst.move) worst = { fromMs: atMs - hours * HOUR_MS, move };
  }
  if (worst === undefined) return undefined;
  const { fromMs } = worst;
  const toMs = fromMs + hours * HOUR_MS;
  const moves = [...prices].flatMap(([asset, series]): AssetMove[] => {
    const known = series.flatMap((points) => {
      const from = priceAt(points, fromMs);
      const to = priceAt(points, toMs);
      if (from === undefined || to === undefined) return [];
      const within = points.filter(({ atMs }) => atMs > fromMs && atMs <= toMs);
      const low = within.reduce((least, { price }) => Math.min(least, price), from);
      return [{ move: to / from - 1, lowest: low / from - 1 }];
    });
    if (known.length === 0) return [];
    const of = (pick: (one: (typeof known)[number]) => number): number => middle(known.map(pick));
    return [{ asset, move: of((one) => one.move), lowest: of((one) => one.lowest), series: known.length }];
  });
  return { fromMs, toMs, moves: moves.sort((a, b) => (a.asset < b.asset ? -1 : 1)) };
};
