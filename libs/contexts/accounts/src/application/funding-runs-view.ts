import { refill, type Envelope, type Fold } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { assert } from '@plinth/money';
import { fields } from '@plinth/views';
import { LIMITS } from '../domain/limits.ts';

/** Fundings that are set and not yet posted to every holder. */
export class FundingRunsView implements Fold {
  readonly name = 'accounts-funding-runs';
  readonly revision = 1;
  readonly #running = new Map<string, EventData<'FundingRateSet'>>();

  apply(event: Envelope): void {
    if (event.type === 'FundingRateSet') {
      assert(this.#running.size < LIMITS.fundingRunsMax, 'Expected fewer fundings under way');
      this.#running.set(event.data.fundingId, event.data);
    }
    if (event.type === 'SettlementAdvanced' && event.data.purpose === 'funding' && event.data.done) {
      this.#running.delete(event.data.settlementId);
    }
  }

  running(fundingId: string): EventData<'FundingRateSet'> | undefined {
    return this.#running.get(fundingId);
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const f of this.#running.values()) {
      yield [
        `funding:${f.fundingId}`,
        fields(f.instrumentId, f.venueId, f.intervalEndMs, f.rate, f.indexPrice),
      ];
    }
  }

  dump() {
    return { running: this.#running };
  }

  load(state: ReturnType<FundingRunsView['dump']>): void {
    refill(this.#running, state.running);
  }

  reset(): void {
    this.#running.clear();
  }
}
