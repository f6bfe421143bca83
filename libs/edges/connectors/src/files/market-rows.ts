import type { BookLevel } from '@plinth/market';

/** One bar of trades. It is known when it ends, so `atMs` is its end. */
export type BarRow = Readonly<{
  kind: 'bar';
  atMs: number;
  startMs: number;
  venueId: string;
  instrumentId: string;
  open: string;
  high: string;
  low: string;
  close: string;
  /** Base units traded; empty when not published. */
  volume: string;
}>;

/** One price of a source that publishes nothing else, or of a trade that is known by its price alone. */
export type PriceRow = Readonly<{
  kind: 'price';
  atMs: number;
  venueId: string;
  instrumentId: string;
  price: string;
  /** It could be traded at: a pool's price, that holds until the next one. Absent: it was only told. */
  isTraded?: boolean;
}>;

/** The best levels of a book, bids falling, asks rising. */
export type BookRow = Readonly<{
  kind: 'book';
  atMs: number;
  venueId: string;
  instrumentId: string;
  bids: readonly BookLevel[];
  asks: readonly BookLevel[];
}>;

/**
 * A funding payment of a perpetual: what longs pay to shorts, per one of notional, for the interval that ends
 * at `atMs`.
 */
export type FundingRow = Readonly<{
  kind: 'funding';
  atMs: number;
  venueId: string;
  instrumentId: string;
  rate: string;
}>;

/** A lending pool: rates per year and per one, indices since the pool began. */
export type LendingRow = Readonly<{
  kind: 'lending';
  atMs: number;
  poolId: string;
  asset: string;
  supplyRate: string;
  borrowRate: string;
  supplyIndex: string;
  borrowIndex: string;
}>;

export type MarketRow = BarRow | PriceRow | BookRow | FundingRow | LendingRow;

/**
 * A recognised file of a data set. `instrumentId` is empty where a file holds many (prices) or none
 * (lending).
 */
export type Series = Readonly<{
  file: string;
  kind: MarketRow['kind'];
  /** Venue, price source or lending pool. */
  venueId: string;
  instrumentId: string;
  /** Length of a bar or of the interval between rows where the name says it; 0 otherwise. */
  intervalMs: number;
}>;
