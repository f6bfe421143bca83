import type { Envelope } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { breach, type Audit, type Breach } from './breach.ts';
import { exact } from './decimal-text.ts';

const WITHIN = 'the fills of an order never exceed its quantity';
const APPROVED = 'no order is routed without an approval, unless it belongs to a liquidation';
const ONCE = 'every fill of a venue is reported once and booked once';
const CLOSED = 'an order is closed once and gets no fill afterwards';
const BOOKED = 'at the end every reported fill is booked';

type Parent = { left: bigint; approved: boolean; closed: boolean };

export class OrdersAudit implements Audit {
  readonly invariants = [WITHIN, APPROVED, ONCE, CLOSED, BOOKED];
  readonly #orders = new Map<string, Parent>();
  /** Reported, not yet booked. */
  readonly #unbooked = new Set<string>();
  readonly #fills = new Set<string>();

  apply(event: Envelope): readonly Breach[] {
    switch (event.type) {
      case 'OrderPlaced': {
        const { orderId, quantity, liquidationId } = event.data;
        const known = this.#orders.has(orderId);
        this.#orders.set(orderId, { left: exact(quantity), approved: liquidationId !== '', closed: false });
        return known ? [breach(CLOSED, event.position, `${orderId} placed twice`)] : [];
      }
      case 'OrderApproved':
        this.#change(event.data.orderId, { approved: true });
        return [];
      case 'OrderRouted':
        return this.#orders.get(event.data.orderId)?.approved === true
          ? []
          : [breach(APPROVED, event.position, event.data.orderId)];
      case 'ChildFilled':
        return this.#filled(event.data, event.position);
      case 'FillBooked':
        return this.#unbooked.delete(`${event.data.venueId} ${event.data.fillId}`)
          ? []
          : [
              breach(
                ONCE,
                event.position,
                `${event.data.venueId} ${event.data.fillId} booked without a report, or twice`,
              ),
            ];
      case 'OrderClosed': {
        const twice = this.#orders.get(event.data.orderId)?.closed === true;
        this.#change(event.data.orderId, { closed: true });
        return twice ? [breach(CLOSED, event.position, `${event.data.orderId} closed twice`)] : [];
      }
      default:
        return [];
    }
  }

  finish(): readonly Breach[] {
    return [...this.#unbooked].map((fill) => breach(BOOKED, 0n, fill));
  }

  #change(orderId: string, change: Partial<Parent>): void {
    const order = this.#orders.get(orderId);
    if (order !== undefined) this.#orders.set(orderId, { ...order, ...change });
  }

  #filled(fill: EventData<'ChildFilled'>, at: bigint): readonly Breach[] {
    const found: Breach[] = [];
    const key = `${fill.venueId} ${fill.fillId}`;
    if (this.#fills.has(key)) found.push(breach(ONCE, at, `${key} reported twice`));
    this.#fills.add(key);
    this.#unbooked.add(key);
    const order = this.#orders.get(fill.orderId);
    if (order === undefined || order.closed)
      return [...found, breach(CLOSED, at, `${fill.orderId} filled after its end`)];
    order.left -= exact(fill.quantity);
    return order.left < 0n ? [...found, breach(WITHIN, at, fill.orderId)] : found;
  }
}
