import { addDecimal, decimalOf, divide, formatDecimal, subtractDecimal } from '@plinth/money';
import type { PriceSource, QuotesOutcome, SourceQuote, VenueAdapter } from '@plinth/market';

const TWO = decimalOf('2');
/** Halving adds at most one decimal to what the book's prices have. */
const DIGITS = 36;

/** Half of a decimal, exactly: prices have far fewer than 35 decimals. */
const half = (text: string, other: string, join: typeof addDecimal): string =>
  formatDecimal(
    divide(join(decimalOf(text, 'price', 35), decimalOf(other, 'price', 35)), TWO, DIGITS, 'down').quotient,
  );

const quoteOf = async (
  venue: VenueAdapter,
  instrumentId: string,
  signal: AbortSignal,
): Promise<SourceQuote | 'none' | 'unavailable'> => {
  const outcome = await venue.orderBook(instrumentId, 1, signal);
  if (outcome.status === 'unavailable') return 'unavailable';
  if (outcome.status === 'not-found') return 'none';
  const [bid, ask] = [outcome.book.bids[0], outcome.book.asks[0]];
  if (bid === undefined || ask === undefined) return 'none';
  return {
    instrumentId,
    price: half(ask.price, bid.price, addDecimal),
    confidence: half(ask.price, bid.price, subtractDecimal),
    sourceTimeMs: outcome.book.atMs,
    bid: bid.price,
    ask: ask.price,
    volume: '',
  };
};

/**
 * The middle of a venue's book: price = (bid + ask) / 2, confidence = (ask − bid) / 2. An instrument with an
 * empty side has no quote. One unanswered book makes the whole poll unavailable: a venue that is half gone is
 * gone.
 */
export const bookMidSource = (
  venue: VenueAdapter,
  group: string,
  instruments: readonly string[],
): PriceSource => ({
  name: `${venue.venueId}-mid`,
  group,
  quotes: async (signal): Promise<QuotesOutcome> => {
    const quotes: SourceQuote[] = [];
    for (const instrumentId of instruments) {
      const quote = await quoteOf(venue, instrumentId, signal);
      if (quote === 'unavailable')
        return { status: 'unavailable', message: `${venue.venueId} cannot be reached` };
      if (quote !== 'none') quotes.push(quote);
    }
    return { status: 'quotes', quotes };
  },
});
