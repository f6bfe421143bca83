import { checked, requireAtLeastZero, requireDecimal } from '@plinth/eventing';
import { indexOf, NUMERAIRE, type PriceSource, type SourceQuote } from '@plinth/market';
import type { ReferenceView } from '@plinth/views';
import type { SubmittedQuote } from '../domain/judgement.ts';
import { LIMITS } from '../domain/limits.ts';
import { isSourceName, parseSource, sourceOf, splitPair } from '../domain/pairs.ts';

/** What became of a quote that was offered. */
export type Offered = 'kept' | 'older' | 'malformed' | 'unlisted' | 'full';

export type OfferCounts = Readonly<Record<Offered, number>>;

/** Instruments that a quote of this pair prices: the pair itself, and the USD price of its base. */
export const targetsOf = (reference: ReferenceView, pair: string): readonly string[] => {
  const base = splitPair(pair);
  const index = base === undefined || base.quote === NUMERAIRE ? undefined : indexOf(base.base);
  return [pair, ...(index === undefined ? [] : [index])].filter((id) => reference.priceRules.has(id));
};

const isWellFormed = (quote: SourceQuote): boolean => {
  const isRead = checked(() => {
    requireDecimal(quote.price, 'price');
    requireAtLeastZero(quote.confidence, 'confidence');
    if (quote.volume !== '') requireAtLeastZero(quote.volume, 'volume');
    if ((quote.bid === undefined) !== (quote.ask === undefined)) return false;
    if (quote.bid !== undefined) requireDecimal(quote.bid, 'bid');
    if (quote.ask !== undefined) requireDecimal(quote.ask, 'ask');
    return Number.isSafeInteger(quote.sourceTimeMs) && quote.sourceTimeMs >= 0;
  });
  return isRead === true;
};

/**
 * The latest quote of every source and instrument between two rounds: bounded, and every quote that it does
 * not keep is counted under the reason. A free-running host offers what its price sources say and makes
 * rounds of `round()`.
 */
export class QuoteBuffer {
  readonly #latest = new Map<string, SubmittedQuote>();
  readonly #perInstrument = new Map<string, number>();
  readonly #counts: Record<Offered, number> = { kept: 0, older: 0, malformed: 0, unlisted: 0, full: 0 };

  /** Since the buffer was made. */
  get counts(): OfferCounts {
    return this.#counts;
  }

  get size(): number {
    return this.#latest.size;
  }

  offer(name: string, group: string, quote: SourceQuote, reference: ReferenceView): Offered {
    const outcome = this.#offer(name, group, quote, reference);
    this.#counts[outcome] += 1;
    return outcome;
  }

  /** All that is known now, by instrument and source: a round is always the whole picture. */
  round(): SubmittedQuote[] {
    return [...this.#latest.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, quote]) => quote);
  }

  /** Forgets quotes that no rule could use any more. */
  forgetBefore(sourceTimeMs: number): void {
    for (const [key, quote] of this.#latest) {
      if (quote.sourceTimeMs >= sourceTimeMs) continue;
      this.#latest.delete(key);
      this.#perInstrument.set(quote.instrumentId, (this.#perInstrument.get(quote.instrumentId) ?? 1) - 1);
    }
  }

  #offer(name: string, group: string, quote: SourceQuote, reference: ReferenceView): Offered {
    const source = sourceOf(name, quote.instrumentId);
    if (parseSource(source) === undefined || !isSourceName(group) || !isWellFormed(quote)) return 'malformed';
    const targets = targetsOf(reference, quote.instrumentId);
    if (targets.length === 0) return 'unlisted';
    const outcomes = targets.map((instrumentId) => this.#keep(instrumentId, source, group, quote));
    return outcomes.find((outcome) => outcome !== 'kept') ?? 'kept';
  }

  #keep(instrumentId: string, source: string, group: string, quote: SourceQuote): Offered {
    const key = `${instrumentId} ${source}`;
    const known = this.#latest.get(key);
    if (known !== undefined && known.sourceTimeMs > quote.sourceTimeMs) return 'older';
    if (known === undefined) {
      const sources = this.#perInstrument.get(instrumentId) ?? 0;
      if (sources >= LIMITS.sourcesPerInstrumentMax || this.#latest.size >= LIMITS.bufferedQuotesMax)
        return 'full';
      this.#perInstrument.set(instrumentId, sources + 1);
    }
    const { price, confidence, sourceTimeMs, volume, bid = '', ask = '' } = quote;
    this.#latest.set(key, { instrumentId, source, group, price, confidence, sourceTimeMs, volume, bid, ask });
    return 'kept';
  }
}

/**
 * Asks every source once, side by side; gives the names of those that were unavailable. Nothing is assumed
 * for them.
 */
export const collectQuotes = async (
  buffer: QuoteBuffer,
  sources: readonly PriceSource[],
  reference: ReferenceView,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const outcomes = await Promise.all(
    sources.map(async (source) => ({ source, outcome: await source.quotes(signal) })),
  );
  const unavailable: string[] = [];
  for (const { source, outcome } of outcomes) {
    if (outcome.status === 'unavailable') unavailable.push(source.name);
    else for (const quote of outcome.quotes) buffer.offer(source.name, source.group, quote, reference);
  }
  return unavailable;
};
