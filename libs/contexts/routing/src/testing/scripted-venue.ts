import type {
  BookLevel,
  BookOutcome,
  CancelOutcome,
  QueryOutcome,
  ReportsOutcome,
  SubmitOutcome,
  VenueAdapter,
  VenueOrder,
  VenueReport,
} from '@plinth/market';

type WithoutPlace<R> = R extends unknown ? Omit<R, 'sequence' | 'atMs'> : never;

/**
 * What a venue does with the next submissions: take them, lose the request, lose the answer, or not be
 * there.
 */
export type Mood = 'takes' | 'loses-request' | 'loses-answer' | 'unavailable' | 'rejects';

/**
 * A venue for specifications: fills what its book gives at once, rests the rest of gtc orders, answers by
 * its mood.
 */
export class ScriptedVenue implements VenueAdapter {
  readonly venueId: string;
  mood: Mood = 'takes';
  bids: BookLevel[] = [];
  asks: BookLevel[] = [];
  /** Books of instruments that have one of their own; all others have the one above. */
  readonly books = new Map<string, Readonly<{ bids: BookLevel[]; asks: BookLevel[] }>>();
  readonly submitted: VenueOrder[] = [];
  readonly log: VenueReport[] = [];
  readonly orders = new Map<string, { order: VenueOrder; left: number; status: 'open' | 'closed' }>();
  #fills = 0;
  calls = 0;

  constructor(venueId: string) {
    this.venueId = venueId;
  }

  async submit(order: VenueOrder): Promise<SubmitOutcome> {
    this.calls += 1;
    if (this.mood === 'unavailable') return { status: 'unavailable', message: 'away' };
    if (this.mood === 'loses-request') return { status: 'unknown', message: 'no answer' };
    if (this.mood === 'rejects') return { status: 'rejected', reason: 'halted', message: 'closed' };
    if (!this.orders.has(order.clientOrderId)) this.#take(order);
    return this.mood === 'loses-answer'
      ? { status: 'unknown', message: 'no answer' }
      : { status: 'accepted', venueOrderId: `v-${order.clientOrderId}` };
  }

  async cancel(clientOrderId: string): Promise<CancelOutcome> {
    this.calls += 1;
    if (this.mood === 'unavailable') return { status: 'unavailable', message: 'away' };
    const known = this.orders.get(clientOrderId);
    if (known === undefined) return { status: 'not-found' };
    if (known.status === 'closed') return { status: 'not-open' };
    this.#close(clientOrderId, 'cancelled');
    return { status: 'cancelled' };
  }

  async query(clientOrderId: string): Promise<QueryOutcome> {
    this.calls += 1;
    if (this.mood !== 'takes') return { status: 'unknown', message: 'no answer' };
    const known = this.orders.get(clientOrderId);
    if (known === undefined) return { status: 'not-found' };
    const { order, left } = known;
    const filledQuantity = String(Number(order.quantity) - left);
    const status = known.status === 'open' ? 'open' : left === 0 ? 'filled' : 'expired';
    const { instrumentId, side, quantity } = order;
    const venueOrderId = `v-${clientOrderId}`;
    return {
      status: 'found',
      order: {
        clientOrderId,
        venueOrderId,
        instrumentId,
        side,
        quantity,
        filledQuantity,
        status,
        reason: '',
      },
    };
  }

  async reports(after: number, limit: number): Promise<ReportsOutcome> {
    if (this.mood === 'unavailable') return { status: 'unavailable', message: 'away' };
    return { status: 'reports', reports: this.log.slice(after, after + limit) };
  }

  async orderBook(instrumentId: string): Promise<BookOutcome> {
    this.calls += 1;
    if (this.mood === 'unavailable') return { status: 'unavailable', message: 'away' };
    const { bids, asks } = this.#bookOf(instrumentId);
    return { status: 'book', book: { instrumentId, bids, asks, atMs: 0 } };
  }

  /** Somebody trades with a resting order. */
  trade(clientOrderId: string, quantity: number, price: string): void {
    this.#fill(clientOrderId, quantity, price);
    if (this.orders.get(clientOrderId)?.left === 0) this.#close(clientOrderId, 'filled');
  }

  #bookOf(instrumentId: string): Readonly<{ bids: BookLevel[]; asks: BookLevel[] }> {
    return this.books.get(instrumentId) ?? this;
  }

  #take(order: VenueOrder): void {
    this.submitted.push(order);
    this.orders.set(order.clientOrderId, { order, left: Number(order.quantity), status: 'open' });
    this.#report(order, { type: 'accepted' });
    const { bids, asks } = this.#bookOf(order.instrumentId);
    const levels = order.side === 'buy' ? asks : bids;
    for (const level of levels) {
      const limit = order.type === 'limit' ? Number(order.limitPrice) : NaN;
      const isWithin = order.side === 'buy' ? Number(level.price) <= limit : Number(level.price) >= limit;
      const left = this.orders.get(order.clientOrderId)?.left ?? 0;
      if (isWithin && left > 0)
        this.#fill(order.clientOrderId, Math.min(left, Number(level.quantity)), level.price);
    }
    const left = this.orders.get(order.clientOrderId)?.left ?? 0;
    if (left === 0) this.#close(order.clientOrderId, 'filled');
    else if (order.type === 'market' || order.timeInForce === 'ioc')
      this.#close(order.clientOrderId, 'expired');
  }

  #fill(clientOrderId: string, quantity: number, price: string): void {
    const known = this.orders.get(clientOrderId);
    if (known === undefined) throw new Error(`Expected an order, was ${clientOrderId}`);
    known.left -= quantity;
    this.#fills += 1;
    this.#report(known.order, {
      type: 'filled',
      fillId: `f${this.#fills}`,
      side: known.order.side,
      quantity: String(quantity),
      price,
      fee: '0.5',
      feeAsset: 'USD',
      maker: false,
    });
  }

  #close(clientOrderId: string, cause: 'filled' | 'cancelled' | 'expired'): void {
    const known = this.orders.get(clientOrderId);
    if (known === undefined) throw new Error(`Expected an order, was ${clientOrderId}`);
    known.status = 'closed';
    const filled = Number(known.order.quantity) - known.left;
    this.#report(known.order, {
      type: 'closed',
      cause,
      filledQuantity: String(filled),
      releasedQuantity: String(known.left),
    });
  }

  #report(
    { clientOrderId, instrumentId }: VenueOrder,
    what: WithoutPlace<VenueReport> extends infer R
      ? R extends unknown
        ? Omit<R, 'clientOrderId' | 'venueOrderId' | 'instrumentId'>
        : never
      : never,
  ): void {
    const place = { sequence: this.log.length + 1, atMs: 0, clientOrderId, instrumentId };
    this.log.push({ ...place, venueOrderId: `v-${clientOrderId}`, ...what });
  }
}
