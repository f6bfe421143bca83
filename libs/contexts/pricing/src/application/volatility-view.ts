import { refill, type Envelope, type Fold } from '@plinth/eventing';
import type { EventData, Quote } from '@plinth/messages';
import { fields } from '@plinth/views';
import { surfaceKey } from '../domain/surface.ts';

export type SurfaceRecord = Readonly<{
  /** The last accepted one. */
  surface: EventData<'SurfacePublished'> | undefined;
  /** The last refusal, when it came after it. */
  refused: EventData<'SurfaceRefused'> | undefined;
}>;

/** What was quoted last for an option, and when. */
export type QuotedRound = Readonly<{ atMs: number; quotes: readonly Quote[] }>;

/** Volatility surfaces, and the last quotes of every option: what the next surface is made from. */
export class VolatilityView implements Fold {
  readonly name = 'surfaces';
  readonly revision = 1;
  readonly #surfaces = new Map<string, SurfaceRecord>();
  readonly #quotes = new Map<string, QuotedRound>();

  apply(event: Envelope): void {
    switch (event.type) {
      case 'SurfacePublished': {
        const { underlying, priceAsset } = event.data;
        this.#surfaces.set(surfaceKey(underlying, priceAsset), { surface: event.data, refused: undefined });
        return;
      }
      case 'SurfaceRefused': {
        const { underlying, priceAsset } = event.data;
        const key = surfaceKey(underlying, priceAsset);
        this.#surfaces.set(key, { surface: this.#surfaces.get(key)?.surface, refused: event.data });
        return;
      }
      case 'MarksPublished':
        return this.#takeQuotes(event.data);
      case 'SettlementPriceFixed':
        for (const id of event.data.instrumentIds) this.#quotes.delete(id);
        return;
      default:
        return;
    }
  }

  /** Options are the only marks with a forward. */
  #takeQuotes({ marks, quotes, atMs }: EventData<'MarksPublished'>): void {
    const options = new Set(
      marks.filter(({ forward }) => forward > 0).map(({ instrumentId }) => instrumentId),
    );
    const rows = new Map<string, Quote[]>();
    for (const quote of quotes) {
      if (!options.has(quote.instrumentId)) continue;
      const known = rows.get(quote.instrumentId);
      if (known === undefined) rows.set(quote.instrumentId, [quote]);
      else known.push(quote);
    }
    for (const [id, own] of rows) this.#quotes.set(id, { atMs, quotes: own });
  }

  find(key: string): SurfaceRecord | undefined {
    return this.#surfaces.get(key);
  }

  all(): IterableIterator<readonly [string, SurfaceRecord]> {
    return this.#surfaces.entries();
  }

  quotesOf(instrumentId: string): QuotedRound | undefined {
    return this.#quotes.get(instrumentId);
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [key, { surface, refused }] of this.#surfaces)
      yield [`surface:${key}`, JSON.stringify({ surface, refused })];
    for (const [id, { atMs, quotes }] of this.#quotes) {
      const rows = quotes.flatMap((q) => [
        q.source,
        q.group,
        q.price,
        q.confidence,
        q.sourceTimeMs,
        q.excluded,
      ]);
      yield [`quoted:${id}`, fields(atMs, ...rows)];
    }
  }

  dump() {
    return { surfaces: this.#surfaces, quotes: this.#quotes };
  }

  load(state: ReturnType<VolatilityView['dump']>): void {
    refill(this.#surfaces, state.surfaces);
    refill(this.#quotes, state.quotes);
  }

  reset(): void {
    this.#surfaces.clear();
    this.#quotes.clear();
  }
}
