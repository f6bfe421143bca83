import { refill, type Envelope, type Fold, type Instant } from '@plinth/eventing';
import { fields } from '@plinth/views';

const SERVICE = 'routing';

/** Open orders in contracts that expire: at expiry what is still open of them is cancelled. */
export class ExpiringOrdersView implements Fold {
  readonly name = 'expiring-orders';
  readonly revision = 1;
  /** Expiry by dated instrument. */
  readonly #dated = new Map<string, Instant>();
  /** Expiry by order; none that is to be cancelled already. */
  readonly #orders = new Map<string, Instant>();
  /** Orders that the last applied event, a TimerFired, found expired. */
  expired: readonly string[] = [];

  apply(event: Envelope): void {
    this.expired = [];
    switch (event.type) {
      case 'InstrumentListed':
        if (event.data.expiresAtMs > 0) this.#dated.set(event.data.instrumentId, event.data.expiresAtMs);
        return;
      case 'OrderPlaced': {
        const expiry = this.#dated.get(event.data.instrumentId);
        if (expiry !== undefined) this.#orders.set(event.data.orderId, expiry);
        return;
      }
      case 'OrderCancelRequested':
      case 'OrderClosed':
        this.#orders.delete(event.data.orderId);
        return;
      case 'TimerFired':
        if (event.data.service !== SERVICE) return;
        this.expired = [...this.#orders].flatMap(([id, at]) => (at <= event.occurredAt ? [id] : []));
        return;
      default:
        return;
    }
  }

  nextDue(): Instant | undefined {
    let next: Instant | undefined;
    for (const at of this.#orders.values()) if (next === undefined || at < next) next = at;
    return next;
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [id, at] of this.#dated) yield [`dated:${id}`, fields(at)];
    for (const [id, at] of this.#orders) yield [`order:${id}`, fields(at)];
  }

  dump() {
    return { dated: this.#dated, orders: this.#orders };
  }

  load(state: ReturnType<ExpiringOrdersView['dump']>): void {
    refill(this.#dated, state.dated);
    refill(this.#orders, state.orders);
  }

  reset(): void {
    this.#dated.clear();
    this.#orders.clear();
    this.expired = [];
  }
}
