import { refill, type Envelope, type Fold, type Instant } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { assert, formatDecimal } from '@plinth/money';
import { fields } from '@plinth/views';
import { LIMITS } from '../../domain/limits.ts';
import type { Child, OpenOrderState, OrderEvent, OrderState } from '../../domain/order-state.ts';
import { evolveOrder } from '../../domain/order-state.ts';

export type OrderRecord = Readonly<{
  state: OpenOrderState;
  /** Place of OrderPlaced in the log: orders are listed by it. */
  position: bigint;
  placedAtMs: Instant;
  isApproved: boolean;
  /** Set once the order is closed. */
  closed?: EventData<'OrderClosed'>;
  closedAtMs?: Instant;
}>;

const NONE: ReadonlySet<string> = new Set();

/**
 * Orders as their own decider sees them: every open one, and the latest closed ones for questions. The
 * states are folded with the decider's own `evolve`, so that view and decision cannot differ.
 */
export class OrdersView implements Fold {
  readonly name = 'orders';
  readonly revision = 1;
  readonly #orders = new Map<string, OrderRecord>();
  readonly #open = new Map<string, Set<string>>();
  /** Ids by account in the order of placing; closed ones that made room are taken out. */
  readonly #byAccount = new Map<string, Set<string>>();
  readonly #closed = new Set<string>();

  apply(event: Envelope): void {
    switch (event.type) {
      case 'OrderPlaced':
        return this.#place(event);
      case 'OrderApproved':
        return this.#change(event.data.orderId, { isApproved: true });
      case 'OrderRouted':
      case 'ChildAcknowledged':
      case 'ChildFilled':
      case 'ChildClosed':
      case 'ChildOutcomeUnknown':
      case 'OrderCancelRequested':
        return this.#evolve(event);
      case 'OrderClosed':
        return this.#close(event);
      default:
        return;
    }
  }

  /** An order that is open or was closed lately. */
  order(orderId: string): OrderRecord | undefined {
    return this.#orders.get(orderId);
  }

  openOrder(orderId: string): OpenOrderState | undefined {
    const record = this.#orders.get(orderId);
    return record === undefined || record.closed !== undefined ? undefined : record.state;
  }

  /** Open orders of an account, oldest first. */
  openOf(accountId: string): readonly OpenOrderState[] {
    return [...(this.#open.get(accountId) ?? NONE)].map((id) => (this.#orders.get(id) as OrderRecord).state);
  }

  *allOpen(): Iterable<OpenOrderState> {
    for (const { state, closed } of this.#orders.values()) if (closed === undefined) yield state;
  }

  get openCount(): number {
    return this.#orders.size - this.#closed.size;
  }

  /** Orders that were closed at or after `at`, newest first. */
  *closedSince(at: Instant): Iterable<OrderRecord> {
    for (const id of [...this.#closed].reverse()) {
      const record = this.#orders.get(id) as OrderRecord;
      if ((record.closedAtMs ?? 0) < at) return;
      yield record;
    }
  }

  /** Known orders of an account, newest first. */
  *of(accountId: string): Iterable<OrderRecord> {
    for (const id of [...(this.#byAccount.get(accountId) ?? NONE)].reverse()) {
      yield this.#orders.get(id) as OrderRecord;
    }
  }

  #place(event: Envelope<'OrderPlaced'>): void {
    const { orderId, accountId, liquidationId } = event.data;
    const state = evolveOrder({ status: 'none' }, event);
    assert(state.status === 'open', () => `Expected ${orderId} to be open`);
    assert(
      this.#orders.size - this.#closed.size < LIMITS.openOrdersMax,
      'Expected fewer open orders in this cell',
    );
    this.#orders.set(orderId, {
      state,
      position: event.position,
      placedAtMs: event.occurredAt,
      isApproved: liquidationId !== '',
    });
    add(this.#open, accountId, orderId);
    add(this.#byAccount, accountId, orderId);
  }

  #change(orderId: string, change: Partial<OrderRecord>): void {
    const record = this.#orders.get(orderId);
    if (record !== undefined) this.#orders.set(orderId, { ...record, ...change });
  }

  #evolve(event: OrderEvent & Readonly<{ data: Readonly<{ orderId: string }> }>): void {
    const record = this.#orders.get(event.data.orderId);
    assert(record !== undefined, () => `Expected a placed order, was ${event.data.orderId}`);
    const state: OrderState = evolveOrder(record.state, event);
    assert(state.status === 'open', () => `Expected ${event.data.orderId} to be open`);
    this.#orders.set(event.data.orderId, { ...record, state });
  }

  #close(event: Envelope<'OrderClosed'>): void {
    const { orderId, accountId } = event.data;
    this.#change(orderId, { closed: event.data, closedAtMs: event.occurredAt });
    remove(this.#open, accountId, orderId);
    this.#closed.add(orderId);
    if (this.#closed.size <= LIMITS.closedOrdersMax) return;
    const [oldest] = this.#closed;
    const record = this.#orders.get(oldest as string) as OrderRecord;
    this.#closed.delete(oldest as string);
    this.#orders.delete(oldest as string);
    remove(this.#byAccount, record.state.placed.accountId, oldest as string);
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [id, record] of this.#orders) {
      const { placed, splits, filled, notional, fees, isCancelRequested, reason } = record.state;
      yield [
        `order:${id}`,
        fields(
          ...[placed.accountId, placed.instrumentId, placed.side, placed.quantity, placed.limitPrice],
          ...[
            record.position,
            record.placedAtMs,
            record.isApproved,
            splits,
            filled,
            isCancelRequested,
            reason,
          ],
          ...[formatDecimal(notional), formatDecimal(fees), record.closed?.outcome, record.closedAtMs],
        ),
      ];
      for (const child of record.state.children.values())
        yield [`child:${child.order.childId}`, childText(child)];
    }
  }

  dump() {
    return { orders: this.#orders, closed: this.#closed };
  }

  load(state: ReturnType<OrdersView['dump']>): void {
    refill(this.#orders, state.orders);
    refill(this.#closed, state.closed);
    for (const [id, { state: order, closed }] of this.#orders) {
      add(this.#byAccount, order.placed.accountId, id);
      if (closed === undefined) add(this.#open, order.placed.accountId, id);
    }
  }

  reset(): void {
    this.#orders.clear();
    this.#open.clear();
    this.#byAccount.clear();
    this.#closed.clear();
  }
}

const childText = (child: Child): string =>
  fields(
    ...[child.order.venueId, child.units, child.filled, child.status, child.venueOrderId, child.attempt],
    ...[child.cause, child.reason, formatDecimal(child.notional), formatDecimal(child.fees)],
  );

const add = (index: Map<string, Set<string>>, key: string, id: string): void => {
  index.set(key, (index.get(key) ?? new Set<string>()).add(id));
};

const remove = (index: Map<string, Set<string>>, key: string, id: string): void => {
  const ids = index.get(key);
  ids?.delete(id);
  if (ids?.size === 0) index.delete(key);
};
