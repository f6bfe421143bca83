import { refill, type Envelope, type Fold, type Instant } from '@plinth/eventing';
import type { Mark } from '@plinth/messages';
import { fields } from '@plinth/views';
import { EMPTY_EMA, nextEma, type Ema } from '../domain/ema.ts';
import { PRICE_DIGITS, priceText, priceUnits } from '../domain/price-units.ts';

/** The average counts time in slots of this length, as the oracle that it follows does. */
export const EMA_SLOT_MS = 400;

type Averaged = Readonly<{ ema: Ema; atMs: Instant }>;

/** The exponential average of every instrument's live marks, weighted by 1/confidence (`domain/ema.ts`). */
export class EmaView implements Fold {
  readonly name = 'ema';
  readonly revision = 1;
  readonly #averages = new Map<string, Averaged>();

  apply(event: Envelope): void {
    if (event.type !== 'MarksPublished') return;
    const { marks, atMs } = event.data;
    for (const mark of marks) if (mark.state === 'live') this.#add(mark, atMs);
  }

  #add({ instrumentId, price, confidence }: Mark, atMs: Instant): void {
    const last = this.#averages.get(instrumentId);
    const passed = last === undefined ? 0 : Math.floor((atMs - last.atMs) / EMA_SLOT_MS);
    // What is left of a slot stays in the time of the average, so that no time is lost between quick rounds.
    const at = last === undefined ? atMs : last.atMs + passed * EMA_SLOT_MS;
    const vote = { price: priceUnits(price, 'price'), confidence: priceUnits(confidence, 'confidence') };
    const ema = nextEma(last?.ema ?? EMPTY_EMA, vote, -PRICE_DIGITS, BigInt(passed));
    this.#averages.set(instrumentId, { ema, atMs: at });
  }

  /** Price and confidence as text; empty before the first live mark. */
  of(instrumentId: string): Readonly<{ emaPrice: string; emaConfidence: string }> {
    const average = this.#averages.get(instrumentId)?.ema;
    if (average === undefined) return { emaPrice: '', emaConfidence: '' };
    return { emaPrice: priceText(average.price), emaConfidence: priceText(average.confidence) };
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [id, { ema, atMs }] of this.#averages) {
      const { price, confidence, priceSums: p, confidenceSums: c } = ema;
      const sums = [p.numerator, p.denominator, c.numerator, c.denominator].flatMap(({ value, exponent }) => [
        `${value}`,
        exponent,
      ]);
      yield [`ema:${id}`, fields(atMs, `${price}`, `${confidence}`, ...sums)];
    }
  }

  dump() {
    return { averages: this.#averages };
  }

  load(state: ReturnType<EmaView['dump']>): void {
    refill(this.#averages, state.averages);
  }

  reset(): void {
    this.#averages.clear();
  }
}
