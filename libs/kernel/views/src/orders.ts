import { refill, type Envelope, type Fold } from '@plinth/eventing';
import type { ChildOrder, EventData } from '@plinth/messages';
import { addDecimal, assert, canonicalText, decimalOf, formatDecimal } from '@plinth/money';
import { fields } from './canonical.ts';
import { LIMITS } from './limits.ts';

export type OrderStage = 'placed' | 'approved' | 'routed';

export type OpenOrder = Readonly<{
  placed: EventData<'OrderPlaced'>;
  stage: OrderStage;
  children: ReadonlyMap<string, ChildOrder>;
  /** Decimal, ≤ placed.quantity. */
  filled: string;
  cancelRequested: boolean;
}>;

const NOTHING = '0';
const NO_CHILDREN: ReadonlyMap<string, ChildOrder> = new Map();

/** Parent orders that are not done yet. */
export class OpenOrdersView implements Fold {
  readonly name = 'open-orders';
  readonly revision = 3;
  readonly #orders = new Map<string, OpenOrder>();
  readonly #byAccount = new Map<string, Set<string>>();

  apply(event: Envelope): void {
    switch (event.type) {
      case 'OrderPlaced':
        return this.#open(event.data);
      case 'OrderApproved':
        return this.#update(event.data.orderId, { stage: 'approved' });
      case 'OrderRouted': {
        const children = new Map(this.#orders.get(event.data.orderId)?.children);
        for (const child of event.data.children) children.set(child.childId, child);
        return this.#update(event.data.orderId, { stage: 'routed', children });
      }
      case 'ChildFilled': {
        const order = this.#orders.get(event.data.orderId);
        if (order === undefined) return;
        const { quantity } = event.data;
        const filled =
          order.filled === NOTHING
            ? canonicalText(quantity, 'quantity')
            : formatDecimal(addDecimal(decimalOf(order.filled), decimalOf(quantity)));
        return this.#update(event.data.orderId, { filled });
      }
      case 'OrderCancelRequested':
        return this.#update(event.data.orderId, { cancelRequested: true });
      case 'OrderClosed':
        return this.#close(event.data.orderId, event.data.accountId);
      default:
        return;
    }
  }

  order(orderId: string): OpenOrder | undefined {
    return this.#orders.get(orderId);
  }

  /** Open orders of an account, oldest first. */
  of(accountId: string): readonly OpenOrder[] {
    const ids = this.#byAccount.get(accountId);
    return ids === undefined ? [] : [...ids].map((id) => this.#orders.get(id) as OpenOrder);
  }

  all(): IterableIterator<OpenOrder> {
    return this.#orders.values();
  }

  #open(placed: EventData<'OrderPlaced'>): void {
    assert(this.#orders.size < LIMITS.openOrdersMax, 'Expected fewer open orders in this cell');
    const stage = placed.liquidationId === '' ? 'placed' : 'approved';
    this.#orders.set(placed.orderId, {
      placed,
      stage,
      children: NO_CHILDREN,
      filled: NOTHING,
      cancelRequested: false,
    });
    this.#enlist(placed);
  }

  #enlist({ accountId, orderId }: EventData<'OrderPlaced'>): void {
    const ids = this.#byAccount.get(accountId) ?? new Set();
    this.#byAccount.set(accountId, ids.add(orderId));
  }

  #update(orderId: string, change: Partial<OpenOrder>): void {
    const order = this.#orders.get(orderId);
    if (order === undefined) return;
    // Field by field: most events of a busy log pass here, and spreads cost several times as much.
    const { stage, children, filled, cancelRequested } = order;
    this.#orders.set(orderId, {
      placed: order.placed,
      stage: change.stage ?? stage,
      children: change.children ?? children,
      filled: change.filled ?? filled,
      cancelRequested: change.cancelRequested ?? cancelRequested,
    });
  }

  #close(orderId: string, accountId: string): void {
    this.#orders.delete(orderId);
    const ids = this.#byAccount.get(accountId);
    ids?.delete(orderId);
    if (ids?.size === 0) this.#byAccount.delete(accountId);
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [id, o] of this.#orders) {
      yield [
        `order:${id}`,
        fields(placedText(o.placed), o.stage, o.filled, o.cancelRequested, ...childTexts(o.children)),
      ];
    }
  }

  dump() {
    return { orders: this.#orders };
  }

  load(state: ReturnType<OpenOrdersView['dump']>): void {
    refill(this.#orders, state.orders);
    for (const { placed } of this.#orders.values()) this.#enlist(placed);
  }

  reset(): void {
    this.#orders.clear();
    this.#byAccount.clear();
  }
}

const placedText = (p: EventData<'OrderPlaced'>): string =>
  fields(
    p.accountId,
    p.subAccountId,
    p.instrumentId,
    p.side,
    p.quantity,
    p.orderType,
    p.limitPrice,
    p.timeInForce,
    fields(...p.venues),
    p.liquidationId,
    p.arrivalPrice,
    p.reduceOnly,
    p.worstPrice,
    p.quoteAsset,
    p.contractSize,
    p.bundleId,
    p.inverse,
  );

const childTexts = (children: OpenOrder['children']): readonly string[] =>
  [...children.values()].map((c) =>
    fields(c.childId, c.venueId, c.quantity, c.limitPrice, c.expectedCost, c.timeInForce),
  );
