import { refill, type Envelope, type Fold } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { assert } from '@plinth/money';
import { fields } from './canonical.ts';
import { LIMITS } from './limits.ts';

/** Before a pool first accrued, its indices stand at one. */
export const INDEX_ONE = '1';

/** Last accrual of every lending pool. */
export class PoolsView implements Fold {
  readonly name = 'pools';
  readonly revision = 3;
  readonly opened = new Map<string, EventData<'PoolOpened'>>();
  readonly accrued = new Map<string, EventData<'PoolAccrued'>>();

  apply(event: Envelope): void {
    switch (event.type) {
      case 'PoolOpened':
        assert(this.opened.size < LIMITS.poolsMax, 'Expected room for another pool');
        this.opened.set(event.data.asset, event.data);
        return;
      case 'RateCurveSet': {
        const pool = this.opened.get(event.data.asset);
        assert(pool !== undefined, () => `Expected an open pool, was ${event.data.asset}`);
        const { curve, reserveFactor } = event.data;
        this.opened.set(event.data.asset, { ...pool, curve, reserveFactor });
        return;
      }
      case 'PoolAccrued':
        this.accrued.set(event.data.asset, event.data);
        return;
      default:
        return;
    }
  }

  /** Decimal with 27 digits. */
  borrowIndex(asset: string): string {
    return this.accrued.get(asset)?.borrowIndex ?? INDEX_ONE;
  }

  supplyIndex(asset: string): string {
    return this.accrued.get(asset)?.supplyIndex ?? INDEX_ONE;
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const p of this.opened.values()) {
      // Every field of a curve, by name: a kind has its own, and the others are empty.
      const curve = Object.entries(p.curve ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
      yield [
        `pool:${p.asset}`,
        fields(p.reserveFactor, p.settleEveryMs, ...curve.flatMap(([name, value]) => [name, `${value}`])),
      ];
    }
    for (const a of this.accrued.values()) {
      yield [
        `accrued:${a.asset}`,
        fields(
          a.atMs,
          a.utilisation,
          a.borrowRate,
          a.supplyRate,
          a.borrowIndex,
          a.supplyIndex,
          a.totalDebt,
          a.totalSupplied,
          a.settlementId,
          a.cash,
          a.reserve,
          a.rateAtTarget,
        ),
      ];
    }
  }

  dump() {
    return { opened: this.opened, accrued: this.accrued };
  }

  load(state: ReturnType<PoolsView['dump']>): void {
    refill(this.opened, state.opened);
    refill(this.accrued, state.accrued);
  }

  reset(): void {
    this.opened.clear();
    this.accrued.clear();
  }
}
