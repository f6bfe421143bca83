import type { LiquidationStory, StateSample } from '../driver/observer.ts';

/**
 * What a run comes to: plain data, a function of its log, its plan and the proof of its log. Money is USD:
 * float64 where it was measured, decimal text where it was recorded.
 */
export type RunFigures = Readonly<{
  run: RunName;
  accounts: readonly StyleFigures[];
  states: Readonly<{ end: Readonly<Record<string, number>>; samples: readonly StateSample[] }>;
  calls: Readonly<{ made: number; cured: number; escalated: number }>;
  liquidations: LiquidationFigures;
  orders: OrderFigures;
  interest: readonly InterestFigures[];
  funding: readonly FundingFigures[];
  settlements: SettlementFigures;
  ledger: readonly LedgerFigures[];
  invariants: InvariantFigures;
  proof: ProofFigures;
  events: Readonly<{ total: number; byType: readonly Readonly<{ type: string; count: number }>[] }>;
  prices: readonly PricePath[];
  book: readonly BookSample[];
  efficiency: readonly EfficiencyMoment[];
  refusals: RefusalFigures;
}>;

export type RunName = Readonly<{
  name: string;
  /** Where the market's figures come from. */
  sources: readonly string[];
  seed: number;
  /** Of the first and the last round of marks. */
  startMs: number;
  endMs: number;
  rounds: number;
}>;

export type StyleFigures = Readonly<{
  style: string;
  accounts: number;
  /** Accounts that were called, and that were liquidated, at least once. */
  called: number;
  liquidated: number;
  equityEnd: number;
  badDebt: string;
}>;

export type LiquidationRow = Readonly<LiquidationStory> & Readonly<{ style: string }>;

export type LiquidationFigures = Readonly<{
  rows: readonly LiquidationRow[];
  byCause: Readonly<Record<string, number>>;
  byOutcome: Readonly<Record<string, number>>;
  /** Times that prices or venues did not allow one. */
  deferred: number;
  paused: number;
  reducedNotional: string;
  slippage: string;
  liquidationFees: string;
  fundPaid: string;
  badDebt: string;
  fundEnd: readonly Readonly<{ asset: string; amount: string }>[];
}>;

/** Execution costs, weighted by notional; positive = worse than the price at which the order arrived. */
export type CostFigures = Readonly<{
  orders: number;
  notional: number;
  shortfallBps: number;
  feesBps: number;
  /** What the best single venue would have cost more; over the orders for which one could take everything. */
  savedBps: number;
  compared: number;
}>;

export type OrderFigures = Readonly<{
  placed: number;
  refused: number;
  filled: number;
  unfilled: number;
  cancelled: number;
  open: number;
  fills: number;
  /** Outcomes that a venue left unknown for a while. */
  unknown: number;
  clients: CostFigures;
  liquidations: CostFigures;
}>;

export type InterestFigures = Readonly<{
  asset: string;
  settlements: number;
  borrowers: string;
  lenders: string;
  reserve: string;
  rounding: string;
  /** Zero when borrowers = lenders + reserve + rounding. */
  difference: string;
}>;

export type FundingFigures = Readonly<{
  asset: string;
  payments: number;
  received: string;
  paid: string;
  net: string;
}>;

export type SettlementFigures = Readonly<{
  /** Settlements that had to wait for live prices. */
  deferred: number;
  /** Orders of structured products by outcome. */
  products: Readonly<Record<string, number>>;
  /** By instrument that expired. */
  rows: readonly Readonly<{
    settlementId: string;
    instrumentId: string;
    price: string;
    atMs: number;
    positions: number;
    contracts: string;
    received: string;
    paid: string;
  }>[];
}>;

/** Σ of the ledger accounts of one asset by kind; `sum` over all of them is zero or money was made up. */
export type LedgerFigures = Readonly<{
  asset: string;
  clients: string;
  debts: string;
  pools: string;
  house: string;
  venues: string;
  outside: string;
  sum: string;
}>;

export type InvariantFigures = Readonly<{
  checked: readonly string[];
  breaches: number;
  /** Times that an invariant could not be judged: more was under way than the auditor remembers. */
  unjudged: number;
  found: readonly Readonly<{ invariant: string; position: string; detail: string }>[];
}>;

/** What the proof of the log came to; made by whoever holds the tree heads. */
export type ProofFigures = Readonly<{
  /** Hex; of all leaves. */
  root: string;
  size: string;
  checks: readonly Readonly<{ what: string; ok: boolean; detail: string }>[];
}>;

export type PricePath = Readonly<{
  instrumentId: string;
  first: number;
  lowest: number;
  highest: number;
  last: number;
  points: readonly Readonly<{ atMs: number; price: number }>[];
}>;

export type BookSample = Readonly<{
  atMs: number;
  equity: number;
  initial: number;
  maintenance: number;
  grossNotional: number;
}>;

export type Requirement = Readonly<{
  initial: number;
  maintenance: number;
  /** Parts of the maintenance margin. */
  scan: number;
  basis: number;
  concentration: number;
  venueCredit: number;
  coverage: number;
}>;

/** The same book margined account by account as one portfolio, and line by line. */
export type Comparison = Readonly<{
  accounts: number;
  lines: number;
  portfolio: Requirement;
  isolated: Requirement;
}>;

export type EfficiencyMoment = Readonly<{
  name: 'before' | 'worst' | 'end';
  atMs: number;
  equity: number;
  total: Comparison;
  byStyle: readonly (Comparison & Readonly<{ style: string }>)[];
}>;

export type RefusalFigures = Readonly<{
  sent: number;
  refused: number;
  byCode: readonly Readonly<{ what: string; code: string; count: number; example: string }>[];
}>;
