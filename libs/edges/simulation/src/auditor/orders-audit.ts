import type { Envelope } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { breach, type Audit, type Breach } from './breach.ts';
import { exact } from './decimal-text.ts';
import { Memory, type AuditLimits } from './memory.ts';

const WITHIN = 'the fills of an order never exceed its quantity';
const APPROVED = 'no order is routed without an approval, unless it belongs to a liquidation';
const ONCE = 'every fill of a venue is reported once and booked once';
const CLOSED = 'an order is closed once and gets no fill afterwards';
const BOOKED = 'at the end every reported fill is booked';

type Parent = { left: bigint; approved: boolean };

/**
 * What happens to a closed order after it was forgotten is a breach like what happens to an unknown one. Only
 * an id that is placed again, or a fill that is reported again while its order is open, goes unseen by then.
 */
export class OrdersAudit implements Audit {
  readonly invariants = [WITHIN, APPROVED, ONCE, CLOSED, BOOKED];
  readonly memory: Memory;
  readonly #open;
  readonly #closed;
  /** Reported, not yet booked. */
  readonly #unbooked;
  readonly #fills;

  constructor(limits: AuditLimits) {
    this.memory = new Memory(limits);
    this.#open = this.memory.live<Parent>('open orders');
    this.#closed = this.memory.recent<Parent>('closed orders');
    this.#unbooked = this.memory.live<true>('fills to be booked');
    this.#fills = this.memory.recent<true>('reported fills');
  }

  apply(event: Envelope): readonly Breach[] {
    switch (event.type) {
      case 'OrderPlaced': {
        const { orderId, quantity, liquidationId } = event.data;
        const known = this.#order(orderId) !== undefined;
        this.#open.set(orderId, { left: exact(quantity), approved: liquidationId !== '' });
        return known ? [breach(CLOSED, event.position, `${orderId} placed twice`)] : [];
      }
      case 'OrderApproved':
        this.#approved(event.data.orderId);
        return [];
      case 'OrderRouted':
        return this.#routed(event.data.orderId, event.position);
      case 'ChildFilled':
        return this.#filled(event.data, event.position);
      case 'FillBooked':
        return this.#booked(`${event.data.venueId} ${event.data.fillId}`, event.position);
      case 'OrderClosed':
        return this.#ended(event.data.orderId, event.position);
      default:
        return [];
    }
  }

  finish(): readonly Breach[] {
    return [...this.#unbooked.entries()].map(([fill]) => breach(BOOKED, 0n, fill));
  }

  #order(orderId: string): Parent | undefined {
    return this.#open.get(orderId) ?? this.#closed.get(orderId);
  }

  #approved(orderId: string): void {
    const order = this.#order(orderId);
    if (order !== undefined) order.approved = true;
  }

  #routed(orderId: string, at: bigint): readonly Breach[] {
    const order = this.#order(orderId);
    if (order === undefined) return this.memory.breach(APPROVED, at, orderId, this.#open);
    return order.approved ? [] : [breach(APPROVED, at, orderId)];
  }

  #ended(orderId: string, at: bigint): readonly Breach[] {
    const order = this.#open.get(orderId);
    if (order === undefined)
      return this.memory.breach(CLOSED, at, `${orderId} closed twice, or never placed`, this.#open);
    this.#open.delete(orderId);
    this.#closed.set(orderId, order);
    return [];
  }

  #booked(fill: string, at: bigint): readonly Breach[] {
    if (this.#unbooked.delete(fill)) return [];
    return this.memory.breach(ONCE, at, `${fill} booked without a report, or twice`, this.#unbooked);
  }

  #filled(fill: EventData<'ChildFilled'>, at: bigint): readonly Breach[] {
    const found: Breach[] = [];
    const key = `${fill.venueId} ${fill.fillId}`;
    if (this.#fills.has(key)) found.push(breach(ONCE, at, `${key} reported twice`));
    this.#fills.set(key, true);
    this.#unbooked.set(key, true);
    const order = this.#open.get(fill.orderId);
    if (order === undefined)
      return [
        ...found,
        ...this.memory.breach(CLOSED, at, `${fill.orderId} filled after its end`, this.#open),
      ];
    order.left -= exact(fill.quantity);
    return order.left < 0n ? [...found, breach(WITHIN, at, fill.orderId)] : found;
  }
}
