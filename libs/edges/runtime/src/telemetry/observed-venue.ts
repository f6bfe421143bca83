import type { VenueAdapter, VenueOrder } from '@plinth/market';
import type { CellClient, Sender } from '../rpc/cell-client.ts';
import { histogram } from './meter.ts';
import { currentTraceparent, describeSpan, traceVenue } from './spans.ts';

const recordRequest = histogram({
  name: 'plinth_venue_request_duration_ms',
  about: 'one call to a venue, by what it was and how it ended: rejected, unavailable, unknown …',
  labels: ['venue', 'operation', 'outcome'],
});

type Outcome = Readonly<{ status: string }>;

/** Orders whose span is remembered until the venue reports on them; the oldest make room. */
const REMEMBERED_MAX = 10_000;

/** A venue whose calls are measured and traced; its reports find back to the span that sent the order. */
export class ObservedVenue implements VenueAdapter {
  readonly venueId: string;
  readonly #venue: VenueAdapter;
  readonly #spans = new Map<string, string>();

  constructor(venue: VenueAdapter) {
    this.venueId = venue.venueId;
    this.#venue = venue;
  }

  submit(order: VenueOrder, signal: AbortSignal) {
    return this.#traced('submit', () => {
      this.#remember(order.clientOrderId);
      return this.#venue.submit(order, signal);
    });
  }

  cancel(clientOrderId: string, signal: AbortSignal) {
    return this.#traced('cancel', () => this.#venue.cancel(clientOrderId, signal));
  }

  query(clientOrderId: string, signal: AbortSignal) {
    return this.#traced('query', () => this.#venue.query(clientOrderId, signal));
  }

  /** Asked all the time, mostly for nothing: measured, not traced. */
  reports(after: number, limit: number, signal: AbortSignal) {
    return this.#measured('reports', () => this.#venue.reports(after, limit, signal));
  }

  orderBook(instrumentId: string, depth: number, signal: AbortSignal) {
    return this.#traced('order-book', () => this.#venue.orderBook(instrumentId, depth, signal));
  }

  /**
   * What reports on these orders go back to: the span that sent them, when it was one; else all of them as
   * links.
   */
  causeOf(clientOrderIds: readonly string[]): Pick<Sender, 'traceparent' | 'links'> {
    const spans = new Set(clientOrderIds.flatMap((id) => this.#spans.get(id) ?? []));
    const [traceparent] = spans;
    if (traceparent === undefined) return {};
    return spans.size === 1 ? { traceparent } : { links: [...spans] };
  }

  #remember(clientOrderId: string): void {
    const span = currentTraceparent();
    if (span === undefined) return;
    this.#spans.set(clientOrderId, span);
    if (this.#spans.size <= REMEMBERED_MAX) return;
    const [oldest] = this.#spans.keys();
    this.#spans.delete(oldest as string);
  }

  #traced<T extends Outcome>(operation: string, call: () => Promise<T>): Promise<T> {
    return traceVenue(operation, this.venueId, () => this.#measured(operation, call));
  }

  async #measured<T extends Outcome>(operation: string, call: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    let outcome = 'unknown';
    try {
      const answer = await call();
      outcome = answer.status;
      describeSpan({ outcome });
      return answer;
    } finally {
      recordRequest({ venue: this.venueId, operation, outcome }, performance.now() - startedMs);
    }
  }
}

type Reports = Readonly<{ reports: readonly Readonly<{ clientOrderId: string }>[] }>;

/** Sends a venue's reports as a command that goes on with the trace of the orders that they are about. */
export const reportsTo =
  (cell: CellClient, venue: ObservedVenue) => (command: string, request: Reports, sender: Sender) =>
    cell.command(command, request, {
      ...sender,
      ...venue.causeOf(request.reports.map(({ clientOrderId }) => clientOrderId)),
    });

export const observedVenues = (venues: Iterable<VenueAdapter>): ReadonlyMap<string, ObservedVenue> =>
  new Map([...venues].map((venue) => [venue.venueId, new ObservedVenue(venue)] as const));
