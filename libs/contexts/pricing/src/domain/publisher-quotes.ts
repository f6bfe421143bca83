import { aggregate, type Vote } from './aggregate.ts';

/** What one publisher of an oracle said last. */
export type PublisherQuote = Vote & Readonly<{ isTrading: boolean; ageSlots: bigint }>;

export type QuoteTerms = Readonly<{
  /** Older quotes do not vote. */
  ageSlotsMax: bigint;
  /** With fewer live quotes there is no price. */
  sourcesMin: number;
}>;

export const PYTH_QUOTE_TERMS: QuoteTerms = { ageSlotsMax: 25n, sourcesMin: 1 };

const INT64_MIN = -(1n << 63n);
const INT64_MAX = (1n << 63n) - 1n;

/**
 * Whether a quote votes, by Pyth's rule: trading, with a confidence above 0, at most 25 slots old, and p ± c
 * within 64 bits.
 */
export const isLive = (quote: PublisherQuote, terms: QuoteTerms): boolean =>
  quote.isTrading &&
  quote.confidence > 0n &&
  quote.ageSlots <= terms.ageSlotsMax &&
  quote.price - quote.confidence >= INT64_MIN &&
  quote.price + quote.confidence <= INT64_MAX;

/** The aggregate of the live quotes; undefined (status "unknown") with too few of them. */
export const aggregateQuotes = (
  quotes: readonly PublisherQuote[],
  terms: QuoteTerms = PYTH_QUOTE_TERMS,
): Vote | undefined => {
  const live = quotes.filter((quote) => isLive(quote, terms));
  if (live.length === 0 || live.length < terms.sourcesMin) return undefined;
  const result = aggregate(live);
  return result.confidence > 0n ? result : undefined;
};
