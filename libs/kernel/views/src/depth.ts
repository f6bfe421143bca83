import { refill, type Envelope, type Fold } from '@plinth/eventing';
import { LIMITS } from '@plinth/market';
import type { DepthKnot } from '@plinth/messages';
import { assert } from '@plinth/money';
import { fields } from './canonical.ts';

/** What one book took when it was last recorded, by rising cost. */
export type BookDepth = Readonly<{
  venueId: string;
  instrumentId: string;
  atMs: number;
  /** Nobody counts on it from then on. */
  goodUntilMs: number;
  sell: readonly DepthKnot[];
  buy: readonly DepthKnot[];
}>;

/** Depth of the venues' books as it was last observed. */
export class DepthView implements Fold {
  readonly name = 'depth';
  readonly revision = 1;
  readonly #books = new Map<string, Map<string, BookDepth>>();

  apply(event: Envelope): void {
    if (event.type !== 'VenueDepthObserved') return;
    const { venueId, atMs, goodUntilMs, books } = event.data;
    const own = this.#books.get(venueId) ?? new Map<string, BookDepth>();
    this.#books.set(venueId, own);
    for (const { instrumentId, sell, buy } of books)
      own.set(instrumentId, { venueId, instrumentId, atMs, goodUntilMs, sell, buy });
    assert(own.size <= LIMITS.listingsPerVenueMax, () => `Expected fewer books of ${venueId}`);
  }

  of(venueId: string, instrumentId: string): BookDepth | undefined {
    return this.#books.get(venueId)?.get(instrumentId);
  }

  /** By venue and instrument, whatever the order in which they were observed. */
  all(): readonly BookDepth[] {
    const keyOf = ({ venueId, instrumentId }: BookDepth): string => `${venueId} ${instrumentId}`;
    return [...this.#books.values()]
      .flatMap((own) => [...own.values()])
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const book of this.all()) {
      const { venueId, instrumentId, atMs, goodUntilMs } = book;
      const knots = [book.sell, book.buy].flatMap((side) => [
        side.length,
        ...side.flatMap(({ costPpm, quantity }) => [costPpm, quantity]),
      ]);
      yield [`book:${venueId}:${instrumentId}`, fields(atMs, goodUntilMs, ...knots)];
    }
  }

  dump() {
    return this.#books;
  }

  load(books: ReturnType<DepthView['dump']>): void {
    refill(this.#books, books);
  }

  reset(): void {
    this.#books.clear();
  }
}
