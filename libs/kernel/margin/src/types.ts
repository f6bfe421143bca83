/**
 * What the risk engine must know of the world: plain data with string ids. Amounts are float64, in the units
 * named.
 */

export type PriceState = 'live' | 'degraded' | 'halted';

/**
 * A unit of account. With `underlying` its price is shocked by scenarios; without, it enters equity after a
 * haircut.
 */
export type AssetSpec = Readonly<{
  id: string;
  /** Price factor that moves this asset, e.g. BTC for BTC and for wrapped BTC. Absent: not shocked. */
  underlying?: string;
}>;

/** Where collateral stands. A venue can default, halt and demand margin; custody cannot. */
export type LocationSpec = Readonly<{ id: string; kind: 'venue' | 'custody' }>;

/**
 * `linear`: pays contractSize × (price − entry) in the settlement asset, one unit of quote for one of
 * settlement. `inverse`: pays contractSize × (1/entry − 1/price) in the settlement asset, contractSize being
 * in quote units.
 */
export type InstrumentForm = 'linear' | 'inverse';

export type InstrumentSpec = Readonly<
  {
    id: string;
    /** Location of kind `venue` where it trades; the same contract on two venues is two instruments. */
    venue: string;
    underlying: string;
    quote: string;
    settlement: string;
    contractSize: number;
  } & (
    | { kind: 'spot'; base: string }
    | { kind: 'perpetual' | 'future'; form: InstrumentForm }
    | { kind: 'option'; form: InstrumentForm; right: 'call' | 'put'; strike: number; expiryMs: number }
  )
>;

/**
 * One mark with its conservative pair: `low` values collateral, `high` values liabilities; low ≤ mark ≤ high.
 */
export type MarkInput = Readonly<{ mark: number; low: number; high: number; state: PriceState }>;

/** A signed holding in a derivative; `entryPrice` is in quote units, average over its fills. */
export type PositionContent = Readonly<{ instrument: string; quantity: number; entryPrice: number }>;
/** An amount of an asset at a place; negative amounts are liabilities there. */
export type BalanceContent = Readonly<{ asset: string; location: string; amount: number }>;
/** Owed to the house, accrued interest included; positive. */
export type DebtContent = Readonly<{ asset: string; amount: number }>;

/** Everything that margin depends on for one account. */
export type AccountContent = Readonly<{
  positions: readonly PositionContent[];
  balances: readonly BalanceContent[];
  debts: readonly DebtContent[];
}>;

export const ACCOUNT_STATES = ['healthy', 'restricted', 'call', 'liquidation', 'insolvent'] as const;
export type AccountState = (typeof ACCOUNT_STATES)[number];

/**
 * Expected marginal cost of unwinding one more unit, as a fraction of its mark: straight lines between knots.
 * `quantities` start at 0 and rise; `marginalCosts` are ≥ 0 and never fall. Beyond the last knot the books
 * absorb nothing: every further unit costs the cap of the parameters.
 */
export type UnwindCurve = Readonly<{ quantities: readonly number[]; marginalCosts: readonly number[] }>;
/** `sell` unwinds what is long, `buy` what is short or owed. */
export type UnwindSide = 'sell' | 'buy';
