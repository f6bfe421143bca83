import { refill, type Envelope, type Fold } from '@plinth/eventing';
import { parseClientAccount, venueOfLocation } from '@plinth/market';
import type { EventData, Posting } from '@plinth/messages';
import {
  addDecimal,
  decimalOf,
  decimalToFloat,
  formatDecimal,
  isZeroDecimal,
  subtractDecimal,
} from '@plinth/money';
import type { Decimal } from '@plinth/money';
import { fields } from '@plinth/views';

/** What the router remembers of a venue beside its listing. */
export type VenueHealth = Readonly<{
  lastSequence: number;
  /** In the quote asset per child order; empty for none. */
  orderCost: string;
  /** Calls in a row that brought no answer. */
  failures: number;
}>;

const FRESH: VenueHealth = { lastSequence: 0, orderCost: '', failures: 0 };

/** Report cursor, order cost and failures of every venue. */
export class VenueHealthView implements Fold {
  readonly name = 'venue-health';
  readonly revision = 1;
  readonly #venues = new Map<string, VenueHealth>();

  apply(event: Envelope): void {
    switch (event.type) {
      case 'VenueRegistered':
        return this.#set(event.data.venueId, { orderCost: event.data.orderCost });
      case 'VenueReportsTaken':
        return this.#set(event.data.venueId, { lastSequence: event.data.lastSequence, failures: 0 });
      case 'ChildAcknowledged':
      case 'ChildFilled':
      case 'VenueStateSet':
        return this.#set(event.data.venueId, { failures: 0 });
      case 'ChildOutcomeUnknown':
        return this.#failed(event.data.venueId);
      case 'ChildClosed':
        if (event.data.cause === 'unavailable') this.#failed(event.data.venueId);
        return;
      default:
        return;
    }
  }

  of(venueId: string): VenueHealth {
    return this.#venues.get(venueId) ?? FRESH;
  }

  #failed(venueId: string): void {
    this.#set(venueId, { failures: this.of(venueId).failures + 1 });
  }

  #set(venueId: string, change: Partial<VenueHealth>): void {
    this.#venues.set(venueId, { ...this.of(venueId), ...change });
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [id, h] of this.#venues)
      yield [`venue:${id}`, fields(h.lastSequence, h.orderCost, h.failures)];
  }

  dump() {
    return { venues: this.#venues };
  }

  load(state: ReturnType<VenueHealthView['dump']>): void {
    refill(this.#venues, state.venues);
  }

  reset(): void {
    this.#venues.clear();
  }
}

type BookedPosition = Pick<
  EventData<'FillBooked'>,
  'accountId' | 'venueId' | 'instrumentId' | 'positionQuantity'
>;

type OpenChild = Readonly<{ key: string; left: Decimal }>;

/**
 * What stands at every venue: clients' money, the broker's net derivative positions, and children in
 * flight.
 */
export class VenueExposureView implements Fold {
  readonly name = 'venue-exposure';
  readonly revision = 1;
  /** By venue and asset. */
  readonly #balances = new Map<string, Map<string, Decimal>>();
  /** Net contracts over all accounts, by venue and instrument; and each account's part of it. */
  readonly #positions = new Map<string, Map<string, Decimal>>();
  readonly #parts = new Map<string, Decimal>();
  /** Unfilled quantity of open children, by venue and instrument. */
  readonly #inFlight = new Map<string, Map<string, Decimal>>();
  readonly #children = new Map<string, OpenChild>();
  readonly #instruments = new Map<string, string>();

  apply(event: Envelope): void {
    const { data } = event;
    if ('postings' in data) this.#post(data.postings);
    switch (event.type) {
      case 'FillBooked':
        if (event.data.positionQuantity !== '') this.#position(event.data);
        return;
      case 'ContractSettled':
        return this.#position({ ...event.data, positionQuantity: '0' });
      case 'OrderPlaced':
        this.#instruments.set(event.data.orderId, event.data.instrumentId);
        return;
      case 'OrderRouted':
        for (const child of event.data.children) {
          const key = `${child.venueId} ${this.#instruments.get(event.data.orderId) ?? ''}`;
          this.#fly(child.childId, key, decimalOf(child.quantity));
        }
        return;
      case 'ChildFilled':
        return this.#land(event.data.childId, decimalOf(event.data.quantity));
      case 'ChildClosed':
        return this.#land(event.data.childId);
      case 'OrderClosed':
        this.#instruments.delete(event.data.orderId);
        return;
      default:
        return;
    }
  }

  /** Clients' money at a venue by asset. */
  balancesAt(venueId: string): Iterable<readonly [asset: string, amount: number]> {
    return asFloats(this.#balances.get(venueId));
  }

  /** The broker's net contracts at a venue by instrument. */
  positionsAt(venueId: string): Iterable<readonly [instrumentId: string, contracts: number]> {
    return asFloats(this.#positions.get(venueId));
  }

  inFlightAt(venueId: string): Iterable<readonly [instrumentId: string, quantity: number]> {
    return asFloats(this.#inFlight.get(venueId));
  }

  #post(postings: readonly Posting[]): void {
    for (const { account, amount } of postings) {
      const client = parseClientAccount(account);
      const venueId = client === undefined ? undefined : venueOfLocation(client.location);
      if (client === undefined || venueId === undefined) continue;
      change(this.#balances, `${venueId} ${client.asset}`, decimalOf(amount));
    }
  }

  #position(data: BookedPosition): void {
    const { accountId, venueId, instrumentId } = data;
    const part = `${accountId} ${venueId} ${instrumentId}`;
    const after = decimalOf(data.positionQuantity);
    const before = this.#parts.get(part);
    change(
      this.#positions,
      `${venueId} ${instrumentId}`,
      before === undefined ? after : subtractDecimal(after, before),
    );
    if (isZeroDecimal(after)) this.#parts.delete(part);
    else this.#parts.set(part, after);
  }

  #fly(childId: string, key: string, quantity: Decimal): void {
    this.#children.set(childId, { key, left: quantity });
    change(this.#inFlight, key, quantity);
  }

  /** A child filled by `quantity`, or done altogether. */
  #land(childId: string, quantity?: Decimal): void {
    const child = this.#children.get(childId);
    if (child === undefined) return;
    const landed = quantity ?? child.left;
    change(this.#inFlight, child.key, subtractDecimal(decimalOf('0'), landed));
    if (quantity === undefined) this.#children.delete(childId);
    else this.#children.set(childId, { ...child, left: subtractDecimal(child.left, landed) });
  }

  *entries(): Iterable<readonly [string, string]> {
    const tables = { balance: this.#balances, position: this.#positions, flight: this.#inFlight };
    for (const [name, table] of Object.entries(tables)) {
      for (const [venueId, row] of table) {
        for (const [key, value] of row) yield [`${name}:${venueId}:${key}`, formatDecimal(value)];
      }
    }
    for (const [part, value] of this.#parts) yield [`part:${part}`, formatDecimal(value)];
    for (const [id, child] of this.#children)
      yield [`child:${id}`, fields(child.key, formatDecimal(child.left))];
    for (const [id, instrumentId] of this.#instruments) yield [`order:${id}`, instrumentId];
  }

  dump() {
    return {
      balances: this.#balances,
      positions: this.#positions,
      parts: this.#parts,
      inFlight: this.#inFlight,
      children: this.#children,
      instruments: this.#instruments,
    };
  }

  load(state: ReturnType<VenueExposureView['dump']>): void {
    refill(this.#balances, state.balances);
    refill(this.#positions, state.positions);
    refill(this.#parts, state.parts);
    refill(this.#inFlight, state.inFlight);
    refill(this.#children, state.children);
    refill(this.#instruments, state.instruments);
  }

  reset(): void {
    for (const table of [this.#balances, this.#positions, this.#inFlight]) table.clear();
    for (const table of [this.#parts, this.#children, this.#instruments]) table.clear();
  }
}

/** Adds to `table[venue][rest of the key]`; zeros are left out. */
const change = (table: Map<string, Map<string, Decimal>>, key: string, by: Decimal): void => {
  const space = key.indexOf(' ');
  const [venueId, rest] = [key.slice(0, space), key.slice(space + 1)];
  const row = table.get(venueId) ?? new Map<string, Decimal>();
  const before = row.get(rest);
  const after = before === undefined ? by : addDecimal(before, by);
  if (isZeroDecimal(after)) row.delete(rest);
  else row.set(rest, after);
  if (row.size === 0) table.delete(venueId);
  else table.set(venueId, row);
};

const asFloats = function* (
  row: ReadonlyMap<string, Decimal> | undefined,
): Iterable<readonly [string, number]> {
  // Sorted, so that sums in float64 do not depend on how the state was reached.
  for (const [key, value] of [...(row ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))) {
    yield [key, decimalToFloat(value)];
  }
};
