import type { MarketData, MarketRow } from '@plinth/connectors';
import { textToFloat } from '@plinth/money';

/** Where prices can be traded, or a source that only tells them. */
export type LineKind = 'venue' | 'source';
export type LineForm = 'linear' | 'inverse';

/** One recorded series: what a contract on this pair at this place is marked by. */
export type Line = Readonly<{
  /** `BTC/USDT@binance` */
  id: string;
  kind: LineKind;
  /** The place; the market is a part of it where one venue has several (`binance um`). */
  venue: string;
  base: string;
  quote: string;
  form: LineForm;
  /** A price stays until the next one, as a pool's does; others are stale after a step. */
  holds: boolean;
}>;

/** Prices in the order of time; in quote units per unit of base. */
export type Series = Readonly<{ line: Line; atMs: readonly number[]; prices: readonly number[] }>;

/** Dollars that one contract settled in the coin is worth. */
export const INVERSE_CONTRACT_USD = 100;

const COIN_SETTLED = '-USD-PERP';
const PERPETUAL = '-PERP';

type Found = Readonly<{ line: Line; price: number }>;

/** The line of a row and its price; undefined for rows without a price, or books with an empty side. */
const priceOf = (row: MarketRow): Found | undefined => {
  switch (row.kind) {
    case 'bar':
      return { line: pairLine(row.venueId, row.instrumentId, 'venue'), price: textToFloat(row.close) };
    case 'price':
      return {
        line: pairLine(row.venueId, row.instrumentId, row.isTraded ? 'venue' : 'source', row.isTraded),
        price: textToFloat(row.price),
      };
    case 'book': {
      const [bid, ask] = [row.bids[0], row.asks[0]];
      if (bid === undefined || ask === undefined) return undefined;
      const price = (textToFloat(bid.price) + textToFloat(ask.price)) / 2;
      return { line: bookLine(row.venueId, row.instrumentId), price };
    }
    case 'funding':
    case 'lending':
      return undefined;
  }
};

const pairLine = (venue: string, instrumentId: string, kind: LineKind, holds = false): Line => {
  const [base = '', quote = 'USD'] = instrumentId.split('/');
  return { id: `${instrumentId}@${venue}`, kind, venue, base, quote, form: 'linear', holds };
};

/** Markets of one venue have books and prices of their own: each is a place here. */
const bookLine = (venueId: string, instrumentId: string): Line => {
  if (instrumentId.endsWith(COIN_SETTLED)) return perpetualLine(venueId, instrumentId, 'inverse');
  if (instrumentId.endsWith(PERPETUAL)) return perpetualLine(venueId, instrumentId, 'linear');
  return pairLine(venueId, instrumentId, 'venue');
};

/** The data does not name the quote asset of a perpetual: it is taken in dollars. */
const perpetualLine = (venueId: string, instrumentId: string, form: LineForm): Line => {
  const venue = `${venueId}-${form === 'inverse' ? 'cm' : 'um'}`;
  const base = instrumentId.slice(0, -(form === 'inverse' ? COIN_SETTLED : PERPETUAL).length);
  return { id: `${instrumentId}@${venue}`, kind: 'venue', venue, base, quote: 'USD', form, holds: false };
};

/** All price series of a data set, in the order of their first rows. */
export const seriesOf = (data: MarketData): readonly Series[] => {
  const found = new Map<string, { line: Line; atMs: number[]; prices: number[] }>();
  for (const row of data.rows()) {
    const seen = priceOf(row);
    if (seen === undefined) continue;
    const known = found.get(seen.line.id);
    const series = known ?? { line: seen.line, atMs: [], prices: [] };
    if (known === undefined) found.set(seen.line.id, series);
    series.atMs.push(row.atMs);
    series.prices.push(seen.price);
  }
  return [...found.values()];
};
