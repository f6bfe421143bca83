import type { Envelope, Fold, Instant } from '@plinth/eventing';
import { indexOf, NUMERAIRE, type MarkState } from '@plinth/market';
import type { Mark } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import { fields } from './canonical.ts';

/** A mark on the float side of the border: prices in USD (or the quote asset), volatility per √year. */
export type MarkFigures = Readonly<{
  price: number;
  confidence: number;
  twap: number;
  volatility: number;
  state: MarkState;
  guarded: boolean;
  /** Options: the forward that the price was made with, and what of it no price moves any more. */
  forward: number;
  fixedForward: number;
}>;

const ONE: MarkFigures = {
  ...{ price: 1, confidence: 0, twap: 1, volatility: 0, state: 'live', guarded: false },
  ...{ forward: 0, fixedForward: 0 },
};

/** Last published mark of every instrument. */
export class MarksView implements Fold {
  readonly name = 'marks';
  readonly revision = 3;
  round = 0;
  at: Instant = 0;
  readonly #exact = new Map<string, Mark>();
  readonly #figures = new Map<string, MarkFigures>();

  apply(event: Envelope): void {
    if (event.type !== 'MarksPublished') return;
    this.round = event.data.round;
    this.at = event.data.atMs;
    for (const mark of event.data.marks) this.#take(mark);
  }

  #take(mark: Mark): void {
    this.#exact.set(mark.instrumentId, mark);
    this.#figures.set(mark.instrumentId, {
      price: textToFloat(mark.price),
      confidence: textToFloat(mark.confidence),
      twap: textToFloat(mark.twap),
      volatility: mark.volatility,
      state: mark.state as MarkState,
      guarded: mark.guarded,
      forward: mark.forward,
      fixedForward: mark.fixedForward,
    });
  }

  exact(instrumentId: string): Mark | undefined {
    return this.#exact.get(instrumentId);
  }

  figures(instrumentId: string): MarkFigures | undefined {
    return this.#figures.get(instrumentId);
  }

  /** USD figures of an asset; the numeraire itself is always 1, live. */
  ofAsset(asset: string): MarkFigures | undefined {
    return asset === NUMERAIRE ? ONE : this.#figures.get(indexOf(asset));
  }

  all(): IterableIterator<Mark> {
    return this.#exact.values();
  }

  *entries(): Iterable<readonly [string, string]> {
    yield ['round', fields(this.round, this.at)];
    for (const m of this.#exact.values()) {
      yield [
        `mark:${m.instrumentId}`,
        fields(
          ...[m.price, m.confidence, m.twap, m.volatility, m.state, m.sources, m.guarded, m.confirming],
          ...[m.forward, m.fixedForward],
        ),
      ];
    }
  }

  dump() {
    return { round: this.round, at: this.at, marks: this.#exact.values() };
  }

  load(state: ReturnType<MarksView['dump']>): void {
    this.round = state.round;
    this.at = state.at;
    for (const mark of state.marks) this.#take(mark);
  }

  reset(): void {
    this.round = 0;
    this.at = 0;
    this.#exact.clear();
    this.#figures.clear();
  }
}
