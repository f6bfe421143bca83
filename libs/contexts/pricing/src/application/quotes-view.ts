import { refill, type Envelope, type Fold, type Instant } from '@plinth/eventing';
import type { EventData, Mark, Quote } from '@plinth/messages';
import { fields } from '@plinth/views';
import { LIMITS } from '../domain/limits.ts';

/** How the present mark of an instrument came about. */
export type MarkOrigin = Readonly<{
  mark: Mark;
  round: number;
  atMs: Instant;
  quotes: readonly Quote[];
  /** The mark before; undefined for the first. */
  previous: Readonly<{ price: string; atMs: Instant; state: string }> | undefined;
}>;

export type SourceRecord = Readonly<{
  source: string;
  group: string;
  lastSourceTimeMs: Instant;
  quotes: number;
  excluded: number;
  lastExcluded: string;
}>;

/** Sources beyond the limit are counted under this name. */
const OTHERS = 'others:';

const NO_QUOTES: readonly Quote[] = [];

/** The quotes behind the present marks, and a record of every source. */
export class QuotesView implements Fold {
  readonly name = 'quotes';
  readonly revision = 2;
  readonly #origins = new Map<string, MarkOrigin>();
  readonly #sources = new Map<string, SourceRecord>();

  apply(event: Envelope): void {
    if (event.type !== 'MarksPublished') return;
    const { marks, quotes, round, atMs } = event.data;
    const byInstrument = new Map<string, Quote[]>();
    for (const quote of quotes) {
      const known = byInstrument.get(quote.instrumentId);
      if (known === undefined) byInstrument.set(quote.instrumentId, [quote]);
      else known.push(quote);
      this.#count(quote);
    }
    for (const mark of marks) {
      const last = this.#origins.get(mark.instrumentId);
      const previous =
        last === undefined ? undefined : { price: last.mark.price, atMs: last.atMs, state: last.mark.state };
      const own = byInstrument.get(mark.instrumentId) ?? NO_QUOTES;
      this.#origins.set(mark.instrumentId, { mark, round, atMs, quotes: own, previous });
    }
  }

  origin(instrumentId: string): MarkOrigin | undefined {
    return this.#origins.get(instrumentId);
  }

  origins(): IterableIterator<MarkOrigin> {
    return this.#origins.values();
  }

  sources(): IterableIterator<SourceRecord> {
    return this.#sources.values();
  }

  #count(quote: EventData<'MarksPublished'>['quotes'][number]): void {
    const hasRoom = this.#sources.has(quote.source) || this.#sources.size < LIMITS.sourcesMax;
    const source = hasRoom ? quote.source : OTHERS;
    const known = this.#sources.get(source);
    this.#sources.set(source, {
      source,
      group: hasRoom ? quote.group : '',
      lastSourceTimeMs: Math.max(known?.lastSourceTimeMs ?? 0, quote.sourceTimeMs),
      quotes: (known?.quotes ?? 0) + 1,
      excluded: (known?.excluded ?? 0) + (quote.excluded === '' ? 0 : 1),
      lastExcluded: quote.excluded,
    });
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [id, { round, atMs, quotes, previous }] of this.#origins) {
      const rows = quotes.flatMap((q) => [q.source, q.price, q.confidence, q.sourceTimeMs, q.excluded]);
      yield [`origin:${id}`, fields(round, atMs, previous?.price, previous?.atMs, previous?.state, ...rows)];
    }
    for (const [source, s] of this.#sources) {
      yield [`source:${source}`, fields(s.group, s.lastSourceTimeMs, s.quotes, s.excluded, s.lastExcluded)];
    }
  }

  dump() {
    return { origins: this.#origins, sources: this.#sources };
  }

  load(state: ReturnType<QuotesView['dump']>): void {
    refill(this.#origins, state.origins);
    refill(this.#sources, state.sources);
  }

  reset(): void {
    this.#origins.clear();
    this.#sources.clear();
  }
}
