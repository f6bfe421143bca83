import type { BarRow, BookRow, PriceRow } from '@plinth/connectors';
import { floatToText, textToFloat } from '@plinth/money';
import type { FeedLevel } from './market-feed.ts';

/** What one source said of one instrument at one time, whatever kind of file it came from. */
export type Observation = Readonly<{
  atMs: number;
  venueId: string;
  /** As recorded: `BTC/USDT`, `BTC-PERP`. */
  instrumentId: string;
  price: string;
  /** Half the width of its uncertainty, as a part of the price. */
  halfWidth: number;
  /** Base units; empty when not published. */
  volume: string;
  /** The book itself, when one was recorded. */
  book?: Readonly<{ bids: readonly FeedLevel[]; asks: readonly FeedLevel[] }>;
  /** False for sources that are no place to trade. */
  isVenue: boolean;
}>;

/** Uncertainty of a price that comes alone. */
const PRICE_HALF_WIDTH = 0.002;
const LEVELS_OF_VOLUME = 5;

/** Half of a bar's range, between 1 and 50 basis points: how uncertain its close is. */
const halfRange = (bar: BarRow): number => {
  const range = (textToFloat(bar.high) - textToFloat(bar.low)) / textToFloat(bar.close) / 2;
  return Math.min(0.005, Math.max(0.0001, range));
};

export const ofBar = (bar: BarRow): Observation => ({
  atMs: bar.atMs,
  venueId: bar.venueId,
  instrumentId: bar.instrumentId,
  price: bar.close,
  halfWidth: halfRange(bar),
  volume: bar.volume,
  isVenue: true,
});

export const ofPrice = (row: PriceRow): Observation => ({
  atMs: row.atMs,
  venueId: row.venueId,
  instrumentId: row.instrumentId,
  price: row.price,
  halfWidth: PRICE_HALF_WIDTH,
  volume: '',
  isVenue: false,
});

/** The middle of the book; undefined when a side is empty. */
export const ofBook = (row: BookRow): Observation | undefined => {
  const [bid, ask] = [row.bids[0], row.asks[0]];
  if (bid === undefined || ask === undefined) return undefined;
  const [low, high] = [textToFloat(bid.price), textToFloat(ask.price)];
  const near = [...row.bids.slice(0, LEVELS_OF_VOLUME), ...row.asks.slice(0, LEVELS_OF_VOLUME)];
  const mid = (low + high) / 2;
  return {
    atMs: row.atMs,
    venueId: row.venueId,
    instrumentId: row.instrumentId,
    price: floatToText(mid, 8),
    halfWidth: Math.max((high - low) / 2 / mid, 0.00001),
    volume: floatToText(
      near.reduce((sum, { quantity }) => sum + textToFloat(quantity), 0),
      8,
    ),
    book: { bids: row.bids, asks: row.asks },
    isVenue: true,
  };
};
