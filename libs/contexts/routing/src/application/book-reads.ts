import type { BookOutcome } from '@plinth/market';
import { LIMITS } from '../domain/limits.ts';
import type { RoutingConfig } from './config.ts';
import { callVenue } from './venue-call.ts';

export type BookRead = BookOutcome | Readonly<{ status: 'unknown' }>;

/**
 * Reads of venues' books. When many orders of one instrument are split at the same moment, as in a crash,
 * whoever wants a book that is being read takes the answer to that question: it is as fresh as one of his own
 * that was asked for a moment later on the same wire.
 */
export class BookReads {
  readonly #config: RoutingConfig;
  readonly #underway = new Map<string, Promise<BookRead>>();

  constructor(config: RoutingConfig) {
    this.#config = config;
  }

  /** One attempt after the other, up to the limit, until there is an answer. */
  async read(venueId: string, instrumentId: string, signal: AbortSignal): Promise<BookRead> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#shared(venueId, instrumentId, signal);
      const isAnswer = outcome.status === 'book' || outcome.status === 'not-found';
      if (isAnswer || attempt === LIMITS.bookReadsMax) return outcome;
    }
  }

  #shared(venueId: string, instrumentId: string, signal: AbortSignal): Promise<BookRead> {
    const name = `${venueId} ${instrumentId}`;
    const underway = this.#underway.get(name);
    if (underway !== undefined) return underway;
    const asked = this.#ask(venueId, instrumentId, signal).finally(() => this.#underway.delete(name));
    this.#underway.set(name, asked);
    return asked;
  }

  async #ask(venueId: string, instrumentId: string, signal: AbortSignal): Promise<BookRead> {
    const adapter = this.#config.adapters.get(venueId);
    if (adapter === undefined) return { status: 'unavailable', message: 'no adapter' };
    return callVenue(this.#config, signal, (until) =>
      adapter.orderBook(instrumentId, LIMITS.bookDepth, until),
    );
  }
}
