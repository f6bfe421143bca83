import type { Side } from './nouns.ts';

/**
 * What the outside world looks like to the services: venues, price sources, chains. Amounts, quantities and
 * prices are plain decimal text here, times are milliseconds since 1970 UTC. Every call takes a signal that
 * carries its deadline.
 *
 * Three answers are never mixed up:
 * - `unavailable`: this call certainly had no effect (it was never sent). It says nothing about earlier
 * calls.
 * - `unknown`: no answer came in time; the call may or may not have had its effect. Ask (`query`), never
 * assume.
 * - anything else is the other side's word.
 */
export type Unavailable = Readonly<{ status: 'unavailable'; message: string }>;
export type Unknown = Readonly<{ status: 'unknown'; message: string }>;

/**
 * `gtc` rests until cancelled, `ioc` fills what it can at once, `post-only` is refused when it would take.
 */
export type TimeInForce = 'gtc' | 'ioc' | 'post-only';

export type VenueOrder = Readonly<{
  /** Made by the router, unique at the venue for ever. The same id with the same body is the same order. */
  clientOrderId: string;
  instrumentId: string;
  side: Side;
  /** In units of the instrument, > 0, a whole number of the listing's lots. */
  quantity: string;
}> &
  (Readonly<{ type: 'market' }> | Readonly<{ type: 'limit'; limitPrice: string; timeInForce: TimeInForce }>);

export type VenueRefusal =
  | 'unknown-instrument'
  | 'invalid-id'
  | 'invalid-quantity'
  | 'invalid-price'
  | 'below-minimum'
  | 'would-take'
  | 'halted'
  | 'id-reused'
  | 'insufficient-funds'
  | 'capacity'
  | 'other';

export type SubmitOutcome =
  /** The venue has the order. Fills come as reports, also when it filled at once. */
  | Readonly<{ status: 'accepted'; venueOrderId: string }>
  /**
   * The venue's final word: no order under this id trades, now or later (`id-reused`: the earlier order
   * stands).
   */
  | Readonly<{ status: 'rejected'; reason: VenueRefusal; message: string }>
  | Unavailable
  | Unknown;

export type CancelOutcome =
  /** No longer open; what is unfilled is free again. A `closed` report tells how much was filled before. */
  | Readonly<{ status: 'cancelled' }>
  /** It had been filled, cancelled, expired or rejected before. */
  | Readonly<{ status: 'not-open' }>
  | Readonly<{ status: 'not-found' }>
  | Unavailable
  | Unknown;

export type VenueOrderStatus = 'open' | 'filled' | 'cancelled' | 'expired' | 'rejected';

export type VenueOrderState = Readonly<{
  clientOrderId: string;
  venueOrderId: string;
  instrumentId: string;
  side: Side;
  quantity: string;
  filledQuantity: string;
  status: VenueOrderStatus;
  /** Why it was rejected, cancelled or expired; empty otherwise. */
  reason: string;
}>;

export type QueryOutcome =
  | Readonly<{ status: 'found'; order: VenueOrderState }>
  /**
   * The venue never had it and will not get it any more: an adapter whose requests may still be on the way
   * answers `unknown`.
   */
  | Readonly<{ status: 'not-found' }>
  | Unavailable
  | Unknown;

/** One report of a venue. Sequence numbers rise by one per venue, from 1, and never change. */
export type VenueReport = Readonly<{
  sequence: number;
  atMs: number;
  clientOrderId: string;
  venueOrderId: string;
  instrumentId: string;
}> &
  (
    | Readonly<{ type: 'accepted' }>
    | Readonly<{ type: 'rejected'; reason: VenueRefusal; message: string }>
    | Readonly<{
        type: 'filled';
        /** Unique at the venue for this side of the trade. */
        fillId: string;
        side: Side;
        quantity: string;
        price: string;
        /** Signed: positive is charged, negative is a rebate. */
        fee: string;
        feeAsset: string;
        maker: boolean;
      }>
    | Readonly<{
        type: 'closed';
        cause: Exclude<VenueOrderStatus, 'open' | 'rejected'>;
        filledQuantity: string;
        /** Unfilled quantity that is free again. */
        releasedQuantity: string;
      }>
  );

export type ReportsOutcome = Readonly<{ status: 'reports'; reports: readonly VenueReport[] }> | Unavailable;

export type BookLevel = Readonly<{ price: string; quantity: string }>;

/** Bids fall, asks rise; empty sides are possible; never crossed. */
export type BookSnapshot = Readonly<{
  instrumentId: string;
  bids: readonly BookLevel[];
  asks: readonly BookLevel[];
  /** When the venue's book last changed. */
  atMs: number;
}>;

export type BookOutcome =
  Readonly<{ status: 'book'; book: BookSnapshot }> | Readonly<{ status: 'not-found' }> | Unavailable;

/** A place to trade. One implementation per venue; all pass the contract suite of the connectors. */
export interface VenueAdapter {
  readonly venueId: string;
  submit(order: VenueOrder, signal: AbortSignal): Promise<SubmitOutcome>;
  cancel(clientOrderId: string, signal: AbortSignal): Promise<CancelOutcome>;
  query(clientOrderId: string, signal: AbortSignal): Promise<QueryOutcome>;
  /** Reports with sequence > `after`, in order, without gaps, at most `limit`. The cursor is the caller's. */
  reports(after: number, limit: number, signal: AbortSignal): Promise<ReportsOutcome>;
  /** The best `depth` levels of each side. */
  orderBook(instrumentId: string, depth: number, signal: AbortSignal): Promise<BookOutcome>;
}

/** A price as its source gives it, before any judgement. */
export type SourceQuote = Readonly<{
  instrumentId: string;
  price: string;
  /** Half the width of the source's own uncertainty (half the spread of a book), in price. */
  confidence: string;
  /** When the source says it saw this. */
  sourceTimeMs: number;
  /** Best bid and ask behind the price, when there is a book: a crossed one is not used. */
  bid?: string;
  ask?: string;
  /** Trade volume or depth behind it in base units; empty when unknown. */
  volume: string;
}>;

export type QuotesOutcome = Readonly<{ status: 'quotes'; quotes: readonly SourceQuote[] }> | Unavailable;

/** A source of prices. Sources of one `group` (one operator, or copies of one another) count as one vote. */
export interface PriceSource {
  readonly name: string;
  readonly group: string;
  /** The latest quote of each instrument that the source knows, at most one per instrument. */
  quotes(signal: AbortSignal): Promise<QuotesOutcome>;
}

/** One report of a chain's watcher. Sequence numbers rise by one per chain, from 1, and never change. */
export type ChainReport = Readonly<{ sequence: number; atMs: number; asset: string; amount: string }> &
  (
    | Readonly<{ type: 'deposit-seen'; depositId: string; address: string }>
    /** Deep enough that it will not be undone: credit it now. */
    | Readonly<{ type: 'deposit-final'; depositId: string; address: string }>
    /** The chain was reorganised and the deposit is gone. Only possible before it was final. */
    | Readonly<{ type: 'deposit-gone'; depositId: string; address: string }>
    | Readonly<{ type: 'withdrawal-final'; withdrawalId: string; transactionId: string }>
    | Readonly<{ type: 'withdrawal-failed'; withdrawalId: string; reason: string }>
  );

export type ChainWithdrawal = Readonly<{
  /** Unique on the chain's side for ever: the same id is the same withdrawal. */
  withdrawalId: string;
  asset: string;
  amount: string;
  address: string;
}>;

export type WithdrawOutcome =
  Readonly<{ status: 'accepted' }> | Readonly<{ status: 'rejected'; reason: string }> | Unavailable | Unknown;

export type WithdrawalOutcome =
  Readonly<{ status: 'pending' | 'final' | 'failed' | 'not-found' }> | Unavailable | Unknown;

export type ChainReportsOutcome =
  Readonly<{ status: 'reports'; reports: readonly ChainReport[] }> | Unavailable;

/** Custody on a chain: deposits that arrive, withdrawals that leave. */
export interface Chain {
  readonly chainId: string;
  withdraw(withdrawal: ChainWithdrawal, signal: AbortSignal): Promise<WithdrawOutcome>;
  withdrawal(withdrawalId: string, signal: AbortSignal): Promise<WithdrawalOutcome>;
  /** Reports with sequence > `after`, in order, without gaps, at most `limit`. */
  reports(after: number, limit: number, signal: AbortSignal): Promise<ChainReportsOutcome>;
}
