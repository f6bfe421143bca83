import { setTimeout as sleep } from 'node:timers/promises';
import { assert } from '@plinth/money';
import type {
  BookLevel,
  BookOutcome,
  CancelOutcome,
  QueryOutcome,
  ReportsOutcome,
  SubmitOutcome,
  Unavailable,
  Unknown,
  VenueAdapter,
  VenueOrder,
} from '@plinth/market';
import { LIMITS } from './limits.ts';
import { chargedOption, roundedLots, roundedTicks } from './listing-terms.ts';
import type { ListingTerms } from './listing-terms.ts';
import type { LevelTotal } from './matching-book.ts';
import { decodeOperation, encodeOperation } from './operation.ts';
import type { Operation, VenueCondition } from './operation.ts';
import { SimulatedExchange } from './simulated-exchange.ts';
import type { ExchangeTerms } from './simulated-exchange.ts';
import type { VenueJournal } from './venue-journal.ts';

/** What became of a call while the venue times out. */
export type Fate = 'request-lost' | 'answer-lost';

export type SimulatedVenueOptions = ExchangeTerms &
  Readonly<{
    now: () => number;
    /** Most that an option is charged, parts per million of its premium; no cap when absent or 0. */
    optionFeeCapPpm?: number;
    journal: VenueJournal;
    /** One-way delay of every call and of every answer; 0 answers at once. */
    latencyMs?: number;
    /** How to wait for the latency; real time unless said otherwise. */
    wait?: (ms: number) => Promise<void>;
    /**
     * Decides a call's fate under `timeouts`; by default a fixed function of its client order id and the
     * time.
     */
    fate?: (clientOrderId: string, atMs: number) => Fate;
  }>;

const unavailable = (message: string): Unavailable => ({ status: 'unavailable', message });
const unknown = (message: string): Unknown => ({ status: 'unknown', message });

/** FNV-1a over the id and the time: even loses the request, odd loses the answer. */
const hashedFate = (clientOrderId: string, atMs: number): Fate => {
  let hash = 0x811c9dc5;
  for (const character of `${clientOrderId}@${atMs}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  // The lowest bit of FNV only mixes lowest bits, so a higher one decides.
  return (hash >>> 15) % 2 === 0 ? 'request-lost' : 'answer-lost';
};

const grid = (
  terms: ListingTerms,
  levels: readonly BookLevel[],
  rounding: 'floor' | 'ceil',
): readonly LevelTotal[] => {
  assert(levels.length <= LIMITS.levelsMax, `Expected at most ${LIMITS.levelsMax} levels`);
  const isBetter = (a: bigint, b: bigint): boolean => (rounding === 'floor' ? a > b : a < b);
  const rounded = levels
    .map(({ price, quantity }) => ({
      ticks: roundedTicks(terms, price, rounding),
      lots: roundedLots(terms, quantity),
    }))
    .filter(({ ticks, lots }) => ticks > 0n && lots > 0n);
  rounded.sort((a, b) => (isBetter(a.ticks, b.ticks) ? -1 : a.ticks === b.ticks ? 0 : 1));
  const merged: { ticks: bigint; lots: bigint }[] = [];
  for (const level of rounded) {
    const last = merged.at(-1);
    if (last?.ticks === level.ticks) last.lots += level.lots;
    else merged.push(level);
  }
  return merged;
};

/**
 * A simulated venue behind the venue port. Its exchange outlives its client: every operation is in the
 * journal before it has its effect, and opening the same journal again gives the same orders, fills and
 * report numbers.
 */
export class SimulatedVenue implements VenueAdapter {
  readonly venueId: string;
  readonly #options: SimulatedVenueOptions;
  readonly #exchange: SimulatedExchange;
  #condition: VenueCondition = 'up';
  /** Time of the latest liquidity per instrument, and the operation while nothing has depended on it yet. */
  readonly #liquidityAtMs = new Map<string, number>();
  readonly #unwritten = new Map<string, Operation>();

  constructor(options: SimulatedVenueOptions) {
    this.venueId = options.venueId;
    this.#options = options;
    this.#exchange = new SimulatedExchange(options);
    const { venueId, makerFeePpm, takerFeePpm, listings } = options;
    // An expiry may be learnt later: it is no part of what a journal was begun with.
    const lasting = listings.map(({ expiresAtMs: _expiresAtMs, ...rest }) => rest);
    const terms = JSON.stringify({ venueId, makerFeePpm, takerFeePpm, listings: lasting });
    let number = 0;
    for (const line of options.journal.lines()) this.#replay(decodeOperation(line, ++number), number, terms);
    if (number === 0) this.#write({ op: 'open', format: 1, venueId, terms });
  }

  get condition(): VenueCondition {
    return this.#condition;
  }

  /** The exchange's durable state as text: equal after a restart. `all` adds the latest outside liquidity. */
  describe(which: 'all' | 'own' = 'own'): readonly string[] {
    return [`condition ${this.#condition}`, ...this.#exchange.describe(which)];
  }

  setCondition(condition: VenueCondition): void {
    if (condition === this.#condition) return;
    this.#perform({ op: 'condition', atMs: this.#options.now(), condition });
  }

  setHalted(instrumentId: string, isHalted: boolean): void {
    this.#perform({ op: 'halt', atMs: this.#options.now(), instrumentId, isHalted });
  }

  /**
   * The market's own orders at time `atMs` (rising per instrument), best first or in any order: replaces the
   * outside liquidity given before and trades with our resting orders where it crosses them. Given again for
   * the same or an earlier time it does nothing, so that a data set can be fed again after a crash. Returns
   * whether it was taken; a halted market takes none. Of an option `indexPrice` is the underlying's price in
   * the fee asset: with it and a cap of the venue's, fills are charged by both until the next liquidity.
   */
  setLiquidity(
    instrumentId: string,
    bids: readonly BookLevel[],
    asks: readonly BookLevel[],
    atMs: number = this.#options.now(),
    indexPrice?: string,
  ): boolean {
    const terms = this.#exchange.terms(instrumentId);
    assert(terms !== undefined, () => `Expected an instrument of ${this.venueId}, was ${instrumentId}`);
    this.#closeExpired();
    if (atMs <= (this.#liquidityAtMs.get(instrumentId) ?? -Infinity)) return false;
    if (this.#exchange.isHalted(instrumentId)) return false;
    const option = chargedOption(indexPrice, this.#options.optionFeeCapPpm ?? 0);
    const operation: Operation = {
      op: 'liquidity',
      atMs,
      instrumentId,
      bids: grid(terms, bids, 'floor'),
      asks: grid(terms, asks, 'ceil'),
      ...(option === undefined ? {} : { option }),
    };
    const [bid, ask] = [operation.bids[0], operation.asks[0]];
    assert(
      bid === undefined || ask === undefined || bid.ticks < ask.ticks,
      () =>
        `Expected uncrossed liquidity of ${instrumentId}, was bid ${bids[0]?.price} ask ${asks[0]?.price}`,
    );
    if (this.#exchange.touchesOwn(instrumentId, operation.bids, operation.asks)) {
      this.#unwritten.delete(instrumentId);
      this.#perform(operation);
    } else {
      // Nothing durable depends on it until an order comes: most of the data never needs to be written.
      this.#apply(operation);
      this.#unwritten.set(instrumentId, operation);
    }
    return true;
  }

  submit(order: VenueOrder, signal: AbortSignal): Promise<SubmitOutcome> {
    return this.#call(order.clientOrderId, signal, () => {
      const known = this.#exchange.knownAnswer(order);
      if (known !== undefined) return known;
      const atMs = this.#options.now();
      const liquidity = this.#unwritten.get(order.instrumentId);
      if (liquidity !== undefined) {
        this.#write(liquidity);
        this.#unwritten.delete(order.instrumentId);
      }
      this.#write({ op: 'submit', atMs, order });
      return this.#exchange.submit(order, atMs);
    });
  }

  cancel(clientOrderId: string, signal: AbortSignal): Promise<CancelOutcome> {
    return this.#call(clientOrderId, signal, () => {
      const atMs = this.#options.now();
      if (this.#exchange.order(clientOrderId)?.status === 'open')
        this.#write({ op: 'cancel', atMs, clientOrderId });
      return this.#exchange.cancel(clientOrderId, atMs);
    });
  }

  query(clientOrderId: string, signal: AbortSignal): Promise<QueryOutcome> {
    return this.#read(signal, () => {
      const order = this.#exchange.order(clientOrderId);
      return order === undefined ? { status: 'not-found' } : { status: 'found', order };
    });
  }

  reports(after: number, limit: number, signal: AbortSignal): Promise<ReportsOutcome> {
    return this.#read(signal, () => ({ status: 'reports', reports: this.#exchange.reports(after, limit) }));
  }

  orderBook(instrumentId: string, depth: number, signal: AbortSignal): Promise<BookOutcome> {
    return this.#read(signal, () => {
      const book = this.#exchange.book(instrumentId, depth);
      return book === undefined ? { status: 'not-found' } : { status: 'book', book };
    });
  }

  close(): void {
    this.#options.journal.close();
  }

  /** A contract ends by the venue's own clock, seen at the next thing that anybody asks of the venue. */
  #closeExpired(): void {
    const { listings, now } = this.#options;
    for (const { instrumentId, expiresAtMs } of listings) {
      if (expiresAtMs === undefined || this.#exchange.isExpired(instrumentId) || now() < expiresAtMs)
        continue;
      this.#unwritten.delete(instrumentId);
      this.#perform({ op: 'expire', atMs: expiresAtMs, instrumentId });
    }
  }

  #write(operation: Operation): void {
    this.#options.journal.append(encodeOperation(operation));
  }

  #perform(operation: Operation): void {
    this.#write(operation);
    this.#apply(operation);
  }

  #apply(operation: Operation): void {
    switch (operation.op) {
      case 'open':
        return;
      case 'submit':
        this.#exchange.submit(operation.order, operation.atMs);
        return;
      case 'cancel':
        this.#exchange.cancel(operation.clientOrderId, operation.atMs);
        return;
      case 'liquidity': {
        const { instrumentId, bids, asks, atMs, option } = operation;
        this.#liquidityAtMs.set(instrumentId, atMs);
        this.#exchange.setLiquidity(instrumentId, bids, asks, atMs, option);
        return;
      }
      case 'condition':
        this.#condition = operation.condition;
        this.#exchange.setHalted(operation.condition === 'halted');
        return;
      case 'halt':
        this.#exchange.setHalted(operation.isHalted, operation.instrumentId);
        return;
      case 'expire':
        this.#exchange.expire(operation.instrumentId, operation.atMs);
    }
  }

  #replay(operation: Operation, number: number, terms: string): void {
    assert(
      (operation.op === 'open') === (number === 1),
      `Expected line ${number} of the venue journal in its place`,
    );
    if (operation.op === 'open') {
      assert(
        operation.terms === terms,
        `Expected a journal of the same venue and listings, was ${operation.venueId}`,
      );
    }
    this.#apply(operation);
  }

  /** A call that changes something: it may be lost on the way there or on the way back. */
  async #call<T>(
    clientOrderId: string,
    signal: AbortSignal,
    run: () => T,
  ): Promise<T | Unavailable | Unknown> {
    this.#closeExpired();
    if (signal.aborted || this.#condition === 'down') return unavailable(`${this.venueId} cannot be reached`);
    const atVenue = (): T | Unknown => {
      switch (this.#condition) {
        case 'down':
          return unknown(`${this.venueId} went down before it answered`);
        case 'timeouts': {
          const fate = (this.#options.fate ?? hashedFate)(clientOrderId, this.#options.now());
          if (fate === 'answer-lost') run();
          return unknown(`${this.venueId} did not answer in time`);
        }
        case 'halted':
        case 'up':
          return run();
      }
    };
    return this.#withLatency(signal, atVenue, () => unknown(`${this.venueId} did not answer in time`));
  }

  async #read<T>(signal: AbortSignal, run: () => T): Promise<T | Unavailable> {
    const gone = (): Unavailable => unavailable(`${this.venueId} cannot be reached`);
    this.#closeExpired();
    if (signal.aborted) return gone();
    return this.#withLatency(signal, () => (this.#condition === 'down' ? gone() : run()), gone);
  }

  /**
   * The request travels on when its caller has stopped waiting: what it does at the venue happens all the
   * same.
   */
  async #withLatency<T, L>(signal: AbortSignal, atVenue: () => T, late: () => L): Promise<T | L> {
    const { latencyMs = 0, wait = (ms: number) => sleep(ms) } = this.#options;
    if (latencyMs === 0) return atVenue();
    const answered = wait(latencyMs).then(atVenue);
    const back = answered.then((answer) => wait(latencyMs).then(() => answer));
    const deadline = Promise.withResolvers<L>();
    const onAbort = (): void => deadline.resolve(late());
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([back, deadline.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
