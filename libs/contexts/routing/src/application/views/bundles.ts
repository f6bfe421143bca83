import { refill, type Envelope, type Fold } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { assert } from '@plinth/money';
import { fields } from '@plinth/views';
import { LIMITS } from '../../domain/limits.ts';

export type BundleRecord = Readonly<{
  placed: EventData<'BundlePlaced'>;
  closed: EventData<'BundleClosed'> | undefined;
}>;

/** Orders of products: the open ones, and the latest closed ones for questions. */
export class BundlesView implements Fold {
  readonly name = 'bundles';
  readonly revision = 1;
  readonly #bundles = new Map<string, BundleRecord>();
  readonly #closed = new Set<string>();

  apply(event: Envelope): void {
    if (event.type === 'BundlePlaced') {
      const open = this.#bundles.size - this.#closed.size;
      assert(open < LIMITS.openOrdersMax, 'Expected fewer open orders of products in this cell');
      this.#bundles.set(event.data.bundleId, { placed: event.data, closed: undefined });
    }
    if (event.type === 'BundleClosed') this.#close(event.data);
  }

  bundle(bundleId: string): BundleRecord | undefined {
    return this.#bundles.get(bundleId);
  }

  #close(closed: EventData<'BundleClosed'>): void {
    const record = this.#bundles.get(closed.bundleId);
    if (record === undefined) return;
    this.#bundles.set(closed.bundleId, { ...record, closed });
    this.#closed.add(closed.bundleId);
    if (this.#closed.size <= LIMITS.closedOrdersMax) return;
    const [oldest] = this.#closed;
    this.#closed.delete(oldest as string);
    this.#bundles.delete(oldest as string);
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [id, { placed: p, closed }] of this.#bundles) {
      const legs = p.legs.flatMap((leg) => [leg.orderId, leg.instrumentId, leg.side, leg.quantity]);
      const terms = [p.accountId, p.subAccountId, p.productId, p.side, p.quantity, p.limitPrice];
      yield [`bundle:${id}`, fields(...terms, p.quoteAsset, p.arrivalPrice, closed?.outcome ?? '', ...legs)];
    }
  }

  dump() {
    return { bundles: this.#bundles, closed: this.#closed };
  }

  load(state: ReturnType<BundlesView['dump']>): void {
    refill(this.#bundles, state.bundles);
    refill(this.#closed, state.closed);
  }

  reset(): void {
    this.#bundles.clear();
    this.#closed.clear();
  }
}
