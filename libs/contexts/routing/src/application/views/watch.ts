import { refill, type Envelope, type Fold, type Instant } from '@plinth/eventing';
import { fields } from '@plinth/views';
import { ANSWER_DUE_MS, retryDelayMs } from '../../domain/retry.ts';

/**
 * Something outside the log that has not been settled yet.
 * - `submit`: a child was sent and nothing was heard of it; `query`: its outcome is unknown.
 * - `cancel`: a child is to be cancelled and is still open.
 * - `split`: an approved order waits for its next split.
 * - `probe`: a venue that was taken down is asked whether it is back.
 */
export type Watched = Readonly<{
  kind: 'submit' | 'query' | 'cancel' | 'split' | 'probe';
  /** Order id, or venue id of a probe. */
  id: string;
  /** Empty for splits and probes. */
  childId: string;
  venueId: string;
  sinceMs: Instant;
  attempt: number;
  dueAtMs: Instant;
}>;

const SERVICE = 'routing';

/**
 * What the router waits for, and when it asks again if nothing comes. Time enters by TimerFired alone, and
 * firing moves the item on: it is asked again later and later, and never forgotten before it is settled.
 */
export class WatchView implements Fold {
  readonly name = 'watch';
  readonly revision = 1;
  readonly #items = new Map<string, Watched>();
  /** Open children of orders that are not closed, with their venue. */
  readonly #children = new Map<string, Map<string, string>>();
  readonly #cancelled = new Set<string>();
  /** Items that the last applied event, a TimerFired, found due. */
  fired: readonly Watched[] = [];

  apply(event: Envelope): void {
    this.fired = [];
    const at = event.occurredAt;
    switch (event.type) {
      case 'TimerFired':
        if (event.data.service === SERVICE) this.#fire(event.data.dueAtMs, at);
        return;
      case 'OrderPlaced':
        this.#children.set(event.data.orderId, new Map());
        if (event.data.liquidationId !== '') this.#awaitSplit(event.data.orderId, at);
        return;
      case 'OrderApproved':
        if (this.#children.has(event.data.orderId)) this.#awaitSplit(event.data.orderId, at);
        return;
      case 'OrderRouted':
        return this.#routed(event);
      case 'ChildAcknowledged':
      case 'ChildFilled':
        this.#items.delete(`child ${event.data.childId}`);
        return;
      case 'ChildOutcomeUnknown': {
        const { orderId, childId, venueId, attempt } = event.data;
        return this.#set(`child ${childId}`, {
          ...{ kind: 'query', id: orderId, childId, venueId, sinceMs: at, attempt },
          dueAtMs: at + retryDelayMs(attempt),
        });
      }
      case 'ChildClosed':
        return this.#childClosed(event);
      case 'OrderCancelRequested':
        this.#cancelled.add(event.data.orderId);
        for (const [childId, venueId] of this.#children.get(event.data.orderId) ?? []) {
          this.#awaitCancel(event.data.orderId, childId, venueId, at);
        }
        return;
      case 'OrderClosed':
        this.#children.delete(event.data.orderId);
        this.#cancelled.delete(event.data.orderId);
        this.#items.delete(`split ${event.data.orderId}`);
        return;
      case 'VenueStateSet': {
        const { venueId, state, automatic } = event.data;
        this.#items.delete(`probe ${venueId}`);
        if (state !== 'down' || !automatic) return;
        return this.#set(`probe ${venueId}`, {
          ...{ kind: 'probe', id: venueId, childId: '', venueId, sinceMs: at, attempt: 1 },
          dueAtMs: at + retryDelayMs(2),
        });
      }
      default:
        return;
    }
  }

  /** Everything that is not settled, oldest first. */
  items(): IterableIterator<Watched> {
    return this.#items.values();
  }

  nextDue(): Instant | undefined {
    let next: Instant | undefined;
    for (const { dueAtMs } of this.#items.values()) {
      if (next === undefined || dueAtMs < next) next = dueAtMs;
    }
    return next;
  }

  #set(key: string, item: Watched): void {
    this.#items.set(key, item);
  }

  #fire(dueAtMs: Instant, at: Instant): void {
    const fired: Watched[] = [];
    for (const [key, item] of this.#items) {
      if (item.dueAtMs > dueAtMs) continue;
      fired.push(item);
      const attempt = item.attempt + 1;
      this.#items.set(key, { ...item, attempt, dueAtMs: Math.max(at, dueAtMs) + retryDelayMs(attempt) });
    }
    this.fired = fired;
  }

  #awaitSplit(orderId: string, at: Instant): void {
    this.#set(`split ${orderId}`, {
      ...{ kind: 'split', id: orderId, childId: '', venueId: '', sinceMs: at, attempt: 0 },
      dueAtMs: at + ANSWER_DUE_MS,
    });
  }

  #awaitCancel(orderId: string, childId: string, venueId: string, at: Instant): void {
    this.#set(`cancel ${childId}`, {
      ...{ kind: 'cancel', id: orderId, childId, venueId, sinceMs: at, attempt: 1 },
      dueAtMs: at + retryDelayMs(3),
    });
  }

  #routed({ data, occurredAt: at }: Envelope<'OrderRouted'>): void {
    this.#items.delete(`split ${data.orderId}`);
    const children = this.#children.get(data.orderId);
    for (const { childId, venueId } of data.children) {
      children?.set(childId, venueId);
      this.#set(`child ${childId}`, {
        ...{ kind: 'submit', id: data.orderId, childId, venueId, sinceMs: at, attempt: 0 },
        dueAtMs: at + ANSWER_DUE_MS,
      });
      if (this.#cancelled.has(data.orderId)) this.#awaitCancel(data.orderId, childId, venueId, at);
    }
  }

  #childClosed({ data, occurredAt }: Envelope<'ChildClosed'>): void {
    this.#items.delete(`child ${data.childId}`);
    this.#items.delete(`cancel ${data.childId}`);
    const children = this.#children.get(data.orderId);
    children?.delete(data.childId);
    // Settled by OrderClosed when there is nothing left to split.
    if (children?.size === 0) this.#awaitSplit(data.orderId, occurredAt);
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [key, w] of this.#items) {
      yield [key, fields(w.kind, w.id, w.childId, w.venueId, w.sinceMs, w.attempt, w.dueAtMs)];
    }
    for (const [orderId, children] of this.#children) {
      yield [`order ${orderId}`, fields(this.#cancelled.has(orderId), ...[...children].flat())];
    }
  }

  dump() {
    return { items: this.#items, children: this.#children, cancelled: this.#cancelled };
  }

  load(state: ReturnType<WatchView['dump']>): void {
    refill(this.#items, state.items);
    refill(this.#children, state.children);
    refill(this.#cancelled, state.cancelled);
  }

  reset(): void {
    this.#items.clear();
    this.#children.clear();
    this.#cancelled.clear();
    this.fired = [];
  }
}
