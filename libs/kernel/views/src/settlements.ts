import type { Envelope, Fold } from '@plinth/eventing';
import { LIMITS, settlementIdOf } from '@plinth/market';
import type { EventData } from '@plinth/messages';
import { assert } from '@plinth/money';
import { fields } from './canonical.ts';

export type FixedSettlement = EventData<'SettlementPriceFixed'>;

/** Settlement prices that are fixed: what expired, and at which price. */
export class SettlementsView implements Fold {
  readonly name = 'settlements';
  readonly revision = 1;
  readonly #fixed = new Map<string, FixedSettlement>();
  /** Settlement by instrument. */
  readonly #of = new Map<string, string>();

  apply(event: Envelope): void {
    if (event.type !== 'SettlementPriceFixed') return;
    const { underlying, priceAsset, expiresAtMs, instrumentIds } = event.data;
    assert(this.#of.size + instrumentIds.length <= LIMITS.instrumentsMax, 'Expected fewer instruments');
    const id = settlementIdOf(underlying, priceAsset, expiresAtMs);
    this.#fixed.set(id, event.data);
    for (const instrumentId of instrumentIds) this.#of.set(instrumentId, id);
  }

  fixed(settlementId: string): FixedSettlement | undefined {
    return this.#fixed.get(settlementId);
  }

  /** Id of the settlement by which an instrument has ended; undefined while it has not. */
  settled(instrumentId: string): string | undefined {
    return this.#of.get(instrumentId);
  }

  all(): IterableIterator<readonly [string, FixedSettlement]> {
    return this.#fixed.entries();
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [id, s] of this.#fixed) {
      yield [
        `settlement:${id}`,
        fields(
          s.price,
          s.indexAverage,
          s.priceAssetAverage,
          s.averagedFromMs,
          s.averagedToMs,
          s.coveredMs,
          s.samples,
          s.atMs,
          ...s.instrumentIds,
        ),
      ];
    }
  }

  reset(): void {
    this.#fixed.clear();
    this.#of.clear();
  }

  dump(): unknown {
    return this.#fixed;
  }

  load(fixed: ReadonlyMap<string, FixedSettlement>): void {
    for (const [id, settlement] of fixed) {
      this.#fixed.set(id, settlement);
      for (const instrumentId of settlement.instrumentIds) this.#of.set(instrumentId, id);
    }
  }
}
