import { refill, type Envelope, type Fold } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { assert } from '@plinth/money';
import { fields } from '@plinth/views';
import { LIMITS } from '../domain/limits.ts';

type Rate = EventData<'FundingRateSet'>;

/** The latest funding rates by instrument and venue, oldest first. */
export class FundingView implements Fold {
  readonly name = 'funding';
  readonly revision = 1;
  readonly #rates = new Map<string, Rate[]>();

  apply(event: Envelope): void {
    if (event.type !== 'FundingRateSet') return;
    const key = `${event.data.instrumentId} ${event.data.venueId}`;
    const rates = this.#rates.get(key) ?? [];
    rates.push(event.data);
    if (rates.length > LIMITS.fundingKeptMax) rates.shift();
    this.#rates.set(key, rates);
    assert(
      this.#rates.size <= LIMITS.fundingPairsMax,
      'Expected fewer pairs of instrument and venue with funding',
    );
  }

  get pairs(): number {
    return this.#rates.size;
  }

  knows(instrumentId: string, venueId: string): boolean {
    return this.#rates.has(`${instrumentId} ${venueId}`);
  }

  *all(): Iterable<Rate> {
    for (const rates of this.#rates.values()) yield* rates;
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [key, rates] of this.#rates) {
      yield [
        `funding:${key}`,
        fields(...rates.flatMap((rate) => [rate.intervalEndMs, rate.rate, rate.indexPrice])),
      ];
    }
  }

  dump() {
    return { rates: this.#rates };
  }

  load(state: ReturnType<FundingView['dump']>): void {
    refill(this.#rates, state.rates);
  }

  reset(): void {
    this.#rates.clear();
  }
}
