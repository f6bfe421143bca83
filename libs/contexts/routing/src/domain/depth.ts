import { plainSnapshot, reject, type Decider, type Rejection } from '@plinth/eventing';
import type { BookLevel } from '@plinth/market';
import type { DepthKnot, EventData, InstrumentDepth } from '@plinth/messages';
import {
  ZERO,
  addDecimal,
  decimalOf,
  exactDecimal,
  formatDecimal,
  multiply,
  subtractDecimal,
  textToFloat,
  type Decimal,
} from '@plinth/money';
import { bookFault, type BookFault } from './books.ts';
import { DEPTH, LIMITS } from './limits.ts';

export type BookReading = Readonly<{
  instrumentId: string;
  bids: readonly BookLevel[];
  asks: readonly BookLevel[];
}>;

/** The books of a venue as they were read at one moment. */
export type ObserveDepth = Readonly<{
  venueId: string;
  atMs: number;
  takerFeePpm: number;
  books: readonly BookReading[];
}>;

/** What was last recorded of a book. */
export type DepthRecord = Readonly<{ atMs: number; sell: readonly DepthKnot[]; buy: readonly DepthKnot[] }>;

/** Stream depth-{venue}: what was last recorded of each of its books. */
export type DepthState = Readonly<Record<string, DepthRecord>>;

export type DepthCode = 'BOOK_INVALID';

export const depthDecider: Decider<DepthState, ObserveDepth, 'VenueDepthObserved', DepthCode> = {
  initialState: () => ({}),

  decide: ({ venueId, atMs, takerFeePpm, books }, state) => {
    const news: InstrumentDepth[] = [];
    for (const [n, book] of books.entries()) {
      const fault = readingFault(book);
      if (fault !== undefined) return invalid(`books[${n}].${fault.field}`, fault.message);
      const depth = newsOf(book, takerFeePpm, state[book.instrumentId], atMs);
      if (depth !== undefined) news.push(depth);
    }
    // Where the clock was set back, what is known of the venue is newer.
    const isLate = Object.values(state).some((kept) => kept.atMs >= atMs);
    if (news.length === 0 || isLate) return [];
    const data: EventData<'VenueDepthObserved'> = {
      ...{ venueId, atMs, books: news },
      goodUntilMs: atMs + DEPTH.goodMs,
    };
    return [{ type: 'VenueDepthObserved', data }];
  },

  evolve: (state, { data: { atMs, books } }) => ({
    ...state,
    ...Object.fromEntries(books.map((depth) => [depth.instrumentId, { ...depth, atMs }])),
  }),
  snapshot: plainSnapshot(1),
};

/** What is wrong with a book; undefined when its depth can be taken. */
export const readingFault = (book: BookReading): BookFault | undefined => {
  const fault = bookFault(book, LIMITS.bookDepth);
  if (fault !== undefined) return fault;
  for (const side of ['bids', 'asks'] as const) {
    const n = book[side].findIndex(({ quantity }) => decimalOf(quantity).eq(ZERO));
    if (n >= 0) return { field: `${side}[${n}].quantity`, message: 'Expected a quantity over 0, was 0' };
  }
  return undefined;
};

const invalid = (field: string, message: string): Rejection<DepthCode> =>
  reject('BOOK_INVALID', `${message}: send the book as the venue shows it`, { field, reason: 'invalid' });

/**
 * The depth of a sound book when it is to be recorded. One that nobody quotes in says nothing of what it
 * would take.
 */
export const newsOf = (
  book: BookReading,
  takerFeePpm: number,
  kept: DepthRecord | undefined,
  atMs: number,
): InstrumentDepth | undefined => {
  if (book.bids.length + book.asks.length === 0) return undefined;
  const depth = depthOf(book, takerFeePpm);
  return isNews(kept, depth, atMs) ? depth : undefined;
};

/** Of a book with at least one level. */
const depthOf = ({ instrumentId, bids, asks }: BookReading, takerFeePpm: number): InstrumentDepth => {
  const [bid, ask] = [bids[0] ?? asks[0], asks[0] ?? bids[0]];
  // Twice the middle: with one side empty the best of the other.
  const middles = addDecimal(decimalOf(bid?.price ?? '0'), decimalOf(ask?.price ?? '0'));
  return {
    instrumentId,
    sell: knotsOf(bids, middles, takerFeePpm, -1),
    buy: knotsOf(asks, middles, takerFeePpm, 1),
  };
};

const TWO = exactDecimal('2');
const MILLION = exactDecimal('1000000');

/**
 * A level at price p costs `±(p − middle) / middle` and the taker's fee: within a cost of c parts per million
 * when `±(2p − 2·middle) · 10⁶ ≤ (c − fee) · 2·middle`, exactly.
 */
const knotsOf = (
  levels: readonly BookLevel[],
  middles: Decimal,
  takerFeePpm: number,
  sign: 1 | -1,
): DepthKnot[] => {
  const knots: DepthKnot[] = [];
  let taken = ZERO;
  let n = 0;
  for (const costPpm of DEPTH.costsPpm) {
    const most = multiply(exactDecimal(`${costPpm - takerFeePpm}`), middles);
    for (let level = levels[n]; level !== undefined; level = levels[++n]) {
      const doubled = multiply(TWO, decimalOf(level.price));
      const away = sign === 1 ? subtractDecimal(doubled, middles) : subtractDecimal(middles, doubled);
      if (multiply(away, MILLION).gt(most)) break;
      taken = addDecimal(taken, decimalOf(level.quantity));
    }
    knots.push({ costPpm, quantity: formatDecimal(taken) });
  }
  return knots;
};

/** Not sooner than `leastMs` after the last record; then when it changed, or when the record grows old. */
const isNews = (kept: DepthRecord | undefined, depth: InstrumentDepth, atMs: number): boolean => {
  if (kept === undefined) return true;
  if (atMs < kept.atMs + DEPTH.leastMs) return false;
  return (
    atMs >= kept.atMs + DEPTH.refreshMs || hasMoved(kept.sell, depth.sell) || hasMoved(kept.buy, depth.buy)
  );
};

const hasMoved = (before: readonly DepthKnot[], after: readonly DepthKnot[]): boolean =>
  before.length !== after.length ||
  after.some(({ costPpm, quantity }, k) => {
    const known = before[k];
    if (known?.costPpm !== costPpm) return true;
    const [was, is] = [textToFloat(known.quantity), textToFloat(quantity)];
    return Math.abs(is - was) > DEPTH.changeShare * Math.max(is, was);
  });
