import type { Instant } from '@plinth/eventing';
import type { InstrumentKind } from '@plinth/market';
import type { EventData } from '@plinth/messages';
import type { KycState } from './client.ts';
import type { AssetTerms } from './loans.ts';

/**
 * Amounts are over zero, at ledger scale, and fit their asset's scale: the application has checked the text.
 */
export type OpenAccount = Readonly<{
  type: 'OpenAccount';
  accountId: string;
  clientId: string;
  name: string;
}>;

export type OpenSubAccount = Readonly<{ type: 'OpenSubAccount'; subAccountId: string; name: string }>;

export type CreditDeposit = Readonly<{
  type: 'CreditDeposit';
  subAccountId: string;
  depositId: string;
  terms: AssetTerms;
  amount: bigint;
  location: string;
}>;

export type RequestWithdrawal = Readonly<{
  type: 'RequestWithdrawal';
  subAccountId: string;
  withdrawalId: string;
  asset: string;
  amount: bigint;
  location: string;
  destination: string;
  requestedAtMs: Instant;
  expiresAtMs: Instant;
  /** What the policies look at. */
  facts: WithdrawalFacts;
}>;

export type WithdrawalFacts = Readonly<{
  kyc: KycState;
  /** Undefined when the client has no such destination. */
  destinationUsableAtMs: Instant | undefined;
  /** USD at the mark, rounded up, at ledger scale; undefined when the asset has no mark. */
  valueUsd: bigint | undefined;
  limitUsdPerDay: bigint;
}>;

export type RequestTransfer = Readonly<{
  type: 'RequestTransfer';
  transferId: string;
  toAccountId: string;
  asset: string;
  amount: bigint;
  fromLocation: string;
  toLocation: string;
  expiresAtMs: Instant;
}>;

/** To an account of another client: what leaves a client leaves under the rules of a withdrawal. */
export type RequestClientTransfer = Omit<RequestTransfer, 'type'> &
  Readonly<{
    type: 'RequestClientTransfer';
    toClientId: string;
    /** Empty: this cell. */
    toCell: string;
    requestedAtMs: Instant;
    facts: WithdrawalFacts;
  }>;

export type MoveCollateral = Readonly<{
  type: 'MoveCollateral';
  moveId: string;
  fromSubAccountId: string;
  toSubAccountId: string;
  asset: string;
  amount: bigint;
  fromLocation: string;
  toLocation: string;
}>;

export type SupplyToPool = Readonly<{
  type: 'SupplyToPool';
  terms: AssetTerms;
  amount: bigint;
  location: string;
}>;

export type RedeemFromPool = Readonly<{
  type: 'RedeemFromPool';
  terms: AssetTerms;
  amount: bigint | 'all';
  location: string;
  /** Cash of the pool that is asked for in the same append: the most that `all` may take. */
  granted: bigint;
}>;

/** A liquidation calls a claim back; the pool has granted this much cash. Always answered. */
export type RecallClaim = Readonly<{
  type: 'RecallClaim';
  liquidationId: string;
  terms: AssetTerms;
  granted: bigint;
  location: string;
}>;

/** USD per unit at ledger scale. */
export type PricedAsset = Readonly<{ terms: AssetTerms; price: bigint }>;

/** What no venue trades goes to the house at these prices, as much of it as the debts need. */
export type TakeOverCollateral = Readonly<{
  type: 'TakeOverCollateral';
  liquidationId: string;
  collateral: readonly PricedAsset[];
  debts: readonly PricedAsset[];
}>;

export type RepayLoan = Readonly<{
  type: 'RepayLoan';
  terms: AssetTerms;
  amount: bigint | 'all';
  location: string;
}>;

/**
 * Reactions: facts that cannot be refused. Doing nothing is the answer to a race that another fact has won.
 */
export type SettleWithdrawal = Readonly<{ type: 'SettleWithdrawal'; withdrawalId: string }>;

export type ReleaseHold = Readonly<{
  type: 'ReleaseHold';
  holdId: string;
  terms: AssetTerms;
  cause: 'refused' | 'expired' | 'cancelled';
  reason: string;
}>;

export type CancelWithdrawal = Readonly<{
  type: 'CancelWithdrawal';
  withdrawalId: string;
  terms: AssetTerms;
}>;

/** `clearing` is the ledger account of the cell that the money goes to. */
export type SendTransfer = Readonly<{ type: 'SendTransfer'; transferId: string; clearing: string }>;

export type ReceiveTransfer = Readonly<{
  type: 'ReceiveTransfer';
  transferId: string;
  fromAccountId: string;
  terms: AssetTerms;
  amount: bigint;
  location: string;
  clearing: string;
  /** Of another client's transfer; empty otherwise. */
  fromClientId: string;
  /** Empty: this cell. */
  fromCell: string;
}>;

/** The other cell has declined: the money comes back from `clearing`. */
export type ReturnTransfer = Readonly<{
  type: 'ReturnTransfer';
  transferId: string;
  toCell: string;
  toAccountId: string;
  terms: AssetTerms;
  amount: bigint;
  location: string;
  clearing: string;
  code: string;
  reason: string;
}>;

export type FillInstrument = Readonly<{
  kind: InstrumentKind;
  underlying: string;
  quoteAsset: string;
  contractSize: string;
  inverse: boolean;
  /** Options only; empty otherwise. */
  strike: string;
  optionType: '' | 'call' | 'put';
}>;

export type BookFill = Readonly<{
  type: 'BookFill';
  fill: EventData<'ChildFilled'>;
  subAccountId: string;
  instrument: FillInstrument;
  /** Of the base, quote or settlement, and fee asset. */
  terms: ReadonlyMap<string, AssetTerms>;
}>;

export type PostFunding = Readonly<{
  type: 'PostFunding';
  funding: EventData<'FundingRateSet'>;
  instrument: FillInstrument;
  /** Signed 1e-8 contracts when the rate was set. */
  units: bigint;
  terms: AssetTerms;
}>;

/** Every position that the account has in these contracts ends at the settlement price. */
export type SettleContracts = Readonly<{
  type: 'SettleContracts';
  settlementId: string;
  price: string;
  contracts: ReadonlyMap<string, FillInstrument>;
  /** Of the settlement assets. */
  terms: ReadonlyMap<string, AssetTerms>;
}>;

export type AccrueInterest = Readonly<{ type: 'AccrueInterest'; terms: AssetTerms }>;

export type ChargeLiquidationFee = Readonly<{
  type: 'ChargeLiquidationFee';
  liquidationId: string;
  terms: AssetTerms;
  amount: bigint;
}>;

export type CoverShortfall = Readonly<{
  type: 'CoverShortfall';
  liquidationId: string;
  terms: AssetTerms;
  /** What the insurance fund pays, and what is written off. */
  insured: bigint;
  uncovered: bigint;
}>;

export type AccountCommand =
  | OpenAccount
  | OpenSubAccount
  | CreditDeposit
  | RequestWithdrawal
  | CancelWithdrawal
  | RequestTransfer
  | RequestClientTransfer
  | MoveCollateral
  | SupplyToPool
  | RedeemFromPool
  | RepayLoan
  | SettleWithdrawal
  | ReleaseHold
  | SendTransfer
  | ReceiveTransfer
  | ReturnTransfer
  | BookFill
  | PostFunding
  | SettleContracts
  | AccrueInterest
  | ChargeLiquidationFee
  | CoverShortfall
  | RecallClaim
  | TakeOverCollateral;
