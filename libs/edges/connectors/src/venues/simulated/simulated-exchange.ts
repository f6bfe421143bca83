import { assert } from '@plinth/money';
import { isId } from '@plinth/market';
import type {
  BookSnapshot,
  CancelOutcome,
  Side,
  SubmitOutcome,
  VenueOrder,
  VenueOrderState,
  VenueOrderStatus,
  VenueRefusal,
  VenueReport,
} from '@plinth/market';
import { LIMITS } from './limits.ts';
import { feeText, lotsOf, priceText, quantityText, termsOf, ticksOf } from './listing-terms.ts';
import type { ChargedOption, ListingTerms, SimulatedListing } from './listing-terms.ts';
import { MatchingBook } from './matching-book.ts';
import type { LevelTotal, Match } from './matching-book.ts';

export type ExchangeTerms = Readonly<{
  venueId: string;
  /** Parts per million of the notional; negative is a rebate. */
  makerFeePpm: number;
  takerFeePpm: number;
  listings: readonly SimulatedListing[];
}>;

type Placed = {
  readonly number: number;
  readonly order: VenueOrder;
  readonly body: string;
  readonly lots: bigint;
  readonly limit: bigint | undefined;
  filled: bigint;
  status: VenueOrderStatus;
  reason: VenueRefusal | '';
  message: string;
};

type Market = {
  readonly terms: ListingTerms;
  readonly book: MatchingBook;
  changedAtMs: number;
  isHalted: boolean;
  isExpired: boolean;
  option: ChargedOption | undefined;
};

type WithoutPlace<R> = R extends unknown
  ? Omit<R, 'sequence' | 'atMs' | 'clientOrderId' | 'venueOrderId' | 'instrumentId'>
  : never;

const bodyOf = (order: VenueOrder): string =>
  JSON.stringify([
    order.instrumentId,
    order.side,
    order.quantity,
    order.type,
    ...(order.type === 'limit' ? [order.limitPrice, order.timeInForce] : []),
  ]);

type Refused = Readonly<{ reason: VenueRefusal; message: string }>;

/**
 * A whole exchange as a synchronous state machine: the same operations in the same order give the same
 * orders, fills and reports. No clock, no chance, no I/O: time comes with each operation.
 */
export class SimulatedExchange {
  readonly #terms: ExchangeTerms;
  readonly #markets = new Map<string, Market>();
  readonly #orders = new Map<string, Placed>();
  readonly #byNumber: Placed[] = [];
  readonly #reports: VenueReport[] = [];
  #fills = 0;
  #isHalted = false;

  constructor(terms: ExchangeTerms) {
    assert(terms.listings.length <= LIMITS.listingsMax, `Expected at most ${LIMITS.listingsMax} listings`);
    this.#terms = terms;
    for (const listing of terms.listings) {
      this.#markets.set(listing.instrumentId, {
        ...{ terms: termsOf(listing), book: new MatchingBook() },
        ...{ changedAtMs: 0, isHalted: false, isExpired: false, option: undefined },
      });
    }
  }

  get lastSequence(): number {
    return this.#reports.length;
  }

  terms(instrumentId: string): ListingTerms | undefined {
    return this.#markets.get(instrumentId)?.terms;
  }

  isHalted(instrumentId: string): boolean {
    const { isHalted, isExpired } = this.#market(instrumentId);
    return this.#isHalted || isHalted || isExpired;
  }

  isExpired(instrumentId: string): boolean {
    return this.#market(instrumentId).isExpired;
  }

  /** The contract has ended: what rests is closed, the rest of the market goes, nothing trades any more. */
  expire(instrumentId: string, atMs: number): void {
    const market = this.#market(instrumentId);
    market.isExpired = true;
    market.changedAtMs = atMs;
    market.book.setLiquidity([], []);
    for (const placed of this.#byNumber) {
      if (placed.status !== 'open' || placed.order.instrumentId !== instrumentId) continue;
      market.book.remove(placed.order.side, placed.limit as bigint, placed.number);
      this.#close(market, placed, 'expired', atMs);
    }
  }

  /** What was answered to this client order id before; undefined when the order is new and must be taken. */
  knownAnswer(order: VenueOrder): SubmitOutcome | undefined {
    if (!isId('reference', order.clientOrderId)) {
      return {
        status: 'rejected',
        reason: 'invalid-id',
        message: 'Expected a client order id of 1 to 64 characters',
      };
    }
    const placed = this.#orders.get(order.clientOrderId);
    if (placed === undefined) {
      if (this.#orders.size < LIMITS.ordersMax && this.#reports.length < LIMITS.reportsMax) return undefined;
      return { status: 'rejected', reason: 'capacity', message: 'The venue takes no more orders' };
    }
    if (placed.body !== bodyOf(order)) {
      return {
        status: 'rejected',
        reason: 'id-reused',
        message: `Expected the same order again under ${order.clientOrderId}; use a new client order id`,
      };
    }
    return this.#answer(placed);
  }

  /** Takes a new order: matches it, rests or closes what is left. */
  submit(order: VenueOrder, atMs: number): SubmitOutcome {
    assert(
      this.knownAnswer(order) === undefined,
      () => `Expected a new order, was ${order.clientOrderId} again`,
    );
    const market = this.#markets.get(order.instrumentId);
    const lots = market && lotsOf(market.terms, order.quantity);
    const limit = market && order.type === 'limit' ? ticksOf(market.terms, order.limitPrice) : undefined;
    const refused = this.#refusal(order, market, lots, limit);
    const placed: Placed = {
      number: this.#byNumber.length + 1,
      order,
      body: bodyOf(order),
      lots: lots ?? 0n,
      limit,
      filled: 0n,
      status: refused === undefined ? 'open' : 'rejected',
      reason: refused?.reason ?? '',
      message: refused?.message ?? '',
    };
    this.#orders.set(order.clientOrderId, placed);
    this.#byNumber.push(placed);
    if (refused !== undefined || market === undefined) {
      this.#report(placed, atMs, {
        type: 'rejected',
        reason: placed.reason || 'other',
        message: placed.message,
      });
      return this.#answer(placed);
    }
    this.#report(placed, atMs, { type: 'accepted' });
    for (const match of market.book.take(order.side, placed.lots, limit))
      this.#trade(market, placed, match, atMs);
    market.changedAtMs = atMs;
    if (placed.status !== 'open') return this.#answer(placed);
    if (order.type === 'market' || order.timeInForce === 'ioc') this.#close(market, placed, 'expired', atMs);
    else market.book.rest(order.side, limit as bigint, placed.number, placed.lots - placed.filled);
    return this.#answer(placed);
  }

  cancel(clientOrderId: string, atMs: number): CancelOutcome {
    const placed = this.#orders.get(clientOrderId);
    if (placed === undefined) return { status: 'not-found' };
    if (placed.status !== 'open') return { status: 'not-open' };
    const market = this.#market(placed.order.instrumentId);
    const isRemoved = market.book.remove(placed.order.side, placed.limit as bigint, placed.number);
    assert(isRemoved, () => `Expected open order ${clientOrderId} in the book`);
    market.changedAtMs = atMs;
    this.#close(market, placed, 'cancelled', atMs);
    return { status: 'cancelled' };
  }

  order(clientOrderId: string): VenueOrderState | undefined {
    const placed = this.#orders.get(clientOrderId);
    if (placed === undefined) return undefined;
    const terms = this.terms(placed.order.instrumentId);
    return {
      clientOrderId,
      venueOrderId: this.#venueOrderId(placed),
      instrumentId: placed.order.instrumentId,
      side: placed.order.side,
      quantity: placed.order.quantity,
      filledQuantity: terms === undefined ? '0' : quantityText(terms, placed.filled),
      status: placed.status,
      reason: placed.reason,
    };
  }

  reports(after: number, limit: number): readonly VenueReport[] {
    return this.#reports.slice(after, after + Math.min(limit, LIMITS.reportsPerCallMax));
  }

  book(instrumentId: string, depth: number): BookSnapshot | undefined {
    const market = this.#markets.get(instrumentId);
    if (market === undefined) return undefined;
    const side = (of: Side): BookSnapshot['bids'] =>
      market.book.levels(of, Math.min(depth, LIMITS.depthMax)).map(({ ticks, lots }) => ({
        price: priceText(market.terms, ticks),
        quantity: quantityText(market.terms, lots),
      }));
    return { instrumentId, bids: side('buy'), asks: side('sell'), atMs: market.changedAtMs };
  }

  touchesOwn(instrumentId: string, bids: readonly LevelTotal[], asks: readonly LevelTotal[]): boolean {
    return this.#market(instrumentId).book.touchesOwn(bids, asks);
  }

  setLiquidity(
    instrumentId: string,
    bids: readonly LevelTotal[],
    asks: readonly LevelTotal[],
    atMs: number,
    option?: ChargedOption,
  ): void {
    const market = this.#market(instrumentId);
    market.changedAtMs = atMs;
    market.option = option;
    for (const match of market.book.setLiquidity(bids, asks)) this.#tradeMaker(market, match, atMs);
  }

  /**
   * A halted instrument takes no orders and does not match; its orders can be cancelled. Without a name: all
   * of them.
   */
  setHalted(isHalted: boolean, instrumentId?: string): void {
    if (instrumentId === undefined) this.#isHalted = isHalted;
    else this.#market(instrumentId).isHalted = isHalted;
  }

  /**
   * Everything that must survive a crash, as text, for comparison. `own` leaves out levels where only outside
   * liquidity stands: that is given again with the next data.
   */
  describe(which: 'all' | 'own'): readonly string[] {
    return [
      ...this.#byNumber.map(
        (p) => `${p.number} ${p.order.clientOrderId} ${p.body} ${p.filled} ${p.status} ${p.reason}`,
      ),
      ...[...this.#markets.values()].flatMap(({ terms, book, isHalted, isExpired }) =>
        [`halted ${isHalted} expired ${isExpired}`, ...book.describe(which)].map(
          (line) => `${terms.instrumentId} ${line}`,
        ),
      ),
      ...this.#reports.map((report) => JSON.stringify(report)),
    ];
  }

  #market(instrumentId: string): Market {
    const market = this.#markets.get(instrumentId);
    assert(
      market !== undefined,
      () => `Expected an instrument of ${this.#terms.venueId}, was ${instrumentId}`,
    );
    return market;
  }

  #venueOrderId(placed: Placed): string {
    return `${this.#terms.venueId}:o${placed.number}`;
  }

  #answer(placed: Placed): SubmitOutcome {
    return placed.status === 'rejected'
      ? { status: 'rejected', reason: placed.reason || 'other', message: placed.message }
      : { status: 'accepted', venueOrderId: this.#venueOrderId(placed) };
  }

  #refusal(
    order: VenueOrder,
    market: Market | undefined,
    lots: bigint | undefined,
    limit: bigint | undefined,
  ): Refused | undefined {
    if (market === undefined) {
      return {
        reason: 'unknown-instrument',
        message: `Expected a listed instrument, was ${order.instrumentId}`,
      };
    }
    const { terms, book } = market;
    if (this.isHalted(terms.instrumentId))
      return {
        reason: 'halted',
        message: `${order.instrumentId} ${market.isExpired ? 'has expired' : 'is halted'}`,
      };
    if (lots === undefined) {
      const lot = quantityText(terms, 1n);
      return {
        reason: 'invalid-quantity',
        message: `Expected a multiple of ${lot} over 0, was ${order.quantity}`,
      };
    }
    if (lots < terms.minLots) {
      const least = quantityText(terms, terms.minLots);
      return {
        reason: 'below-minimum',
        message: `Expected a quantity of at least ${least}, was ${order.quantity}`,
      };
    }
    if (order.type === 'market') return undefined;
    if (limit === undefined) {
      const tick = priceText(terms, 1n);
      return {
        reason: 'invalid-price',
        message: `Expected a multiple of ${tick} over 0, was ${order.limitPrice}`,
      };
    }
    if (order.timeInForce === 'post-only' && book.wouldTake(order.side, limit)) {
      return { reason: 'would-take', message: `Expected a price that rests, was ${order.limitPrice}` };
    }
    if (order.timeInForce !== 'ioc' && book.restingOrders >= LIMITS.restingOrdersMax) {
      return {
        reason: 'capacity',
        message: `${order.instrumentId} has ${book.restingOrders} resting orders`,
      };
    }
    return undefined;
  }

  #trade(market: Market, taker: Placed, match: Match, atMs: number): void {
    this.#fill(market, taker, match, false, atMs);
    this.#tradeMaker(market, match, atMs);
  }

  #tradeMaker(market: Market, match: Match, atMs: number): void {
    if (match.maker === undefined) return;
    const maker = this.#byNumber[match.maker.orderId - 1];
    assert(maker?.status === 'open', () => `Expected order ${match.maker?.orderId} to be open`);
    this.#fill(market, maker, match, true, atMs);
    assert(
      maker.lots - maker.filled === match.maker.left,
      () => `Expected book and order ${maker.number} to agree`,
    );
  }

  #fill(market: Market, placed: Placed, match: Match, maker: boolean, atMs: number): void {
    const { makerFeePpm, takerFeePpm } = this.#terms;
    placed.filled += match.lots;
    assert(
      placed.filled <= placed.lots,
      () => `Expected order ${placed.number} not to fill beyond its quantity`,
    );
    this.#fills++;
    this.#report(placed, atMs, {
      type: 'filled',
      fillId: `${this.#terms.venueId}:f${this.#fills}`,
      side: placed.order.side,
      quantity: quantityText(market.terms, match.lots),
      price: priceText(market.terms, match.ticks),
      fee: feeText(market.terms, match.ticks, match.lots, maker ? makerFeePpm : takerFeePpm, market.option),
      feeAsset: market.terms.feeAsset,
      maker,
    });
    if (placed.filled === placed.lots) this.#close(market, placed, 'filled', atMs);
  }

  #close(market: Market, placed: Placed, cause: 'filled' | 'cancelled' | 'expired', atMs: number): void {
    placed.status = cause;
    this.#report(placed, atMs, {
      type: 'closed',
      cause,
      filledQuantity: quantityText(market.terms, placed.filled),
      releasedQuantity: quantityText(market.terms, placed.lots - placed.filled),
    });
  }

  #report(placed: Placed, atMs: number, report: WithoutPlace<VenueReport>): void {
    this.#reports.push({
      sequence: this.#reports.length + 1,
      atMs,
      clientOrderId: placed.order.clientOrderId,
      venueOrderId: this.#venueOrderId(placed),
      instrumentId: placed.order.instrumentId,
      ...report,
    });
  }
}
