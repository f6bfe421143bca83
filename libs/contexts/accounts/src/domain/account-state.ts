import type { Instant, NewEvent, StateSnapshot } from '@plinth/eventing';
import { parseClientAccount } from '@plinth/market';
import type { EventData, Posting } from '@plinth/messages';
import { assert } from '@plinth/money';
import { KnownIds, RecentIds } from './known-ids.ts';
import { amountOf } from './ledger-amount.ts';
import { LIMITS } from './limits.ts';
import { contractsOf, type OpenPosition } from './position.ts';

export type AccountEvent =
  | 'AccountOpened'
  | 'SubAccountOpened'
  | 'DepositCredited'
  | 'WithdrawalRequested'
  | 'WithdrawalSettled'
  | 'WithdrawalReleased'
  | 'TransferRequested'
  | 'TransferSent'
  | 'TransferReceived'
  | 'TransferReleased'
  | 'TransferReturned'
  | 'CollateralMoved'
  | 'FillBooked'
  | 'LoanDrawn'
  | 'LoanRepaid'
  | 'InterestCharged'
  | 'InterestEarned'
  | 'PoolSupplied'
  | 'PoolRedeemed'
  | 'FundingPosted'
  | 'ContractSettled'
  | 'LiquidationFeeCharged'
  | 'InsurancePosted'
  | 'BadDebtRecorded'
  | 'CollateralTakenOver';

/** One balance of the account. `amount` is at ledger scale, never zero. */
export type Balance = Readonly<{
  ledgerAccount: string;
  subAccountId: string;
  asset: string;
  location: string;
  amount: bigint;
}>;

/** Money set aside until risk has answered. */
export type Hold = Readonly<{
  kind: 'withdrawal' | 'transfer';
  holdId: string;
  asset: string;
  amount: bigint;
  subAccountId: string;
  location: string;
  destination: string;
  toLocation: string;
  /** Of transfers: where the other account is, and whose it is; empty for this cell and the same client. */
  toCell: string;
  toClientId: string;
  expiresAtMs: Instant;
  valueUsd: bigint;
  requestedAtMs: Instant;
}>;

/** A debt to a pool or a claim on it as of the pool's index `index` (27 digits). */
export type Indexed = Readonly<{ amount: bigint; index: string }>;

/**
 * All that the account's stream says. Every map is copied on the write of that map alone and never changed
 * afterwards: a state that was cached stays valid when an append fails. Id sets share their storage (see
 * KnownIds).
 */
export type AccountState = Readonly<{
  accountId: string;
  /** Empty until the account is open. */
  clientId: string;
  subAccounts: ReadonlySet<string>;
  /** By ledger account. */
  balances: ReadonlyMap<string, Balance>;
  holds: ReadonlyMap<string, Hold>;
  debts: ReadonlyMap<string, Indexed>;
  claims: ReadonlyMap<string, Indexed>;
  /** By `instrument venue`. */
  positions: ReadonlyMap<string, OpenPosition>;
  /** Ids of deposits, withdrawals and transfers: unique for ever. */
  references: KnownIds;
  moves: RecentIds;
  /** Fill ids by venue. */
  fills: ReadonlyMap<string, RecentIds>;
  /**
   * USD value of what left the client (withdrawals, transfers to others) by requests of the latest day (days
   * since 1970) on which there was one.
   */
  withdrawn: Readonly<{ day: number; valueUsd: bigint }>;
}>;

const NO_MAP: ReadonlyMap<string, never> = new Map<string, never>();

export const initialAccount = (): AccountState => ({
  accountId: '',
  clientId: '',
  subAccounts: new Set(),
  balances: NO_MAP,
  holds: NO_MAP,
  debts: NO_MAP,
  claims: NO_MAP,
  positions: NO_MAP,
  references: KnownIds.EMPTY,
  moves: RecentIds.EMPTY,
  fills: NO_MAP,
  withdrawn: { day: 0, valueUsd: 0n },
});

type PlainAccount = Omit<AccountState, 'references' | 'moves' | 'fills'> &
  Readonly<{
    references: readonly string[];
    moves: RecentIds['generations'];
    fills: ReadonlyMap<string, RecentIds['generations']>;
  }>;

export const accountSnapshot: StateSnapshot<AccountState> = {
  revision: 2,
  dump: ({ references, moves, fills, ...state }): PlainAccount => ({
    ...state,
    references: references.ids,
    moves: moves.generations,
    fills: new Map([...fills].map(([venueId, ids]) => [venueId, ids.generations])),
  }),
  load: ({ references, moves, fills, ...state }: PlainAccount) => ({
    ...state,
    references: KnownIds.of(references),
    moves: RecentIds.of(moves),
    fills: new Map([...fills].map(([venueId, generations]) => [venueId, RecentIds.of(generations)])),
  }),
};

const DAY_MS = 86_400_000;

export const dayOf = (at: Instant): number => Math.floor(at / DAY_MS);

export const positionKey = (instrumentId: string, venueId: string): string => `${instrumentId} ${venueId}`;

const withEntry = <V>(
  map: ReadonlyMap<string, V>,
  key: string,
  value: V | undefined,
): ReadonlyMap<string, V> => {
  const copy = new Map(map);
  if (value === undefined) copy.delete(key);
  else copy.set(key, value);
  return copy;
};

/** The client balances of this account after an entry; whatever else the entry touches belongs to others. */
const post = (state: AccountState, postings: readonly Posting[]): AccountState => {
  let balances: Map<string, Balance> | undefined;
  for (const { account, amount } of postings) {
    const key = parseClientAccount(account);
    if (key === undefined || key.accountId !== state.accountId) continue;
    balances ??= new Map(state.balances);
    const { subAccountId, asset, location } = key;
    const after = (balances.get(account)?.amount ?? 0n) + amountOf(amount, 'postings.amount');
    if (after === 0n) balances.delete(account);
    else balances.set(account, { ledgerAccount: account, subAccountId, asset, location, amount: after });
  }
  if (balances === undefined) return state;
  assert(balances.size <= LIMITS.balancesPerAccountMax, 'Expected fewer balances in one account');
  return { ...state, balances };
};

const indexed = (amount: string, index: string): Indexed | undefined => {
  const value = amountOf(amount, 'amount');
  return value === 0n ? undefined : { amount: value, index };
};

const putAside = (state: AccountState, hold: Hold): AccountState => ({
  ...state,
  holds: withEntry(state.holds, hold.holdId, hold),
  references: state.references.with(hold.holdId),
});

/** What leaves the client counts against the limit of its day. */
const leaving = (state: AccountState, hold: Hold): AccountState => {
  // A clock that stepped back does not open a new day.
  const day = Math.max(dayOf(hold.requestedAtMs), state.withdrawn.day);
  const before = state.withdrawn.day === day ? state.withdrawn.valueUsd : 0n;
  return { ...putAside(state, hold), withdrawn: { day, valueUsd: before + hold.valueUsd } };
};

const usdOf = (text: string): bigint => (text === '' ? 0n : amountOf(text, 'valueUsd'));

const withdrawalHeld = (state: AccountState, data: EventData<'WithdrawalRequested'>): AccountState => {
  const hold: Hold = {
    kind: 'withdrawal',
    holdId: data.withdrawalId,
    asset: data.asset,
    amount: amountOf(data.amount, 'amount'),
    subAccountId: data.subAccountId,
    location: data.location,
    destination: data.destination,
    ...{ toLocation: '', toCell: '', toClientId: '' },
    expiresAtMs: data.expiresAtMs,
    valueUsd: usdOf(data.valueUsd),
    requestedAtMs: data.requestedAtMs,
  };
  return leaving(state, hold);
};

/** What was not paid out no longer counts against its day. */
const released = (state: AccountState, holdId: string): AccountState => {
  const hold = state.holds.get(holdId);
  assert(hold !== undefined, () => `Expected a hold to release, was ${holdId}`);
  const { day, valueUsd } = state.withdrawn;
  const back = dayOf(hold.requestedAtMs) === day ? hold.valueUsd : 0n;
  const holds = withEntry(state.holds, holdId, undefined);
  return { ...state, holds, withdrawn: { day, valueUsd: valueUsd - back } };
};

const transferHeld = (state: AccountState, data: EventData<'TransferRequested'>): AccountState => {
  const hold: Hold = {
    kind: 'transfer',
    holdId: data.transferId,
    asset: data.asset,
    amount: amountOf(data.amount, 'amount'),
    subAccountId: '',
    location: data.fromLocation,
    destination: data.toAccountId,
    toLocation: data.toLocation,
    toCell: data.toCell,
    toClientId: data.toClientId,
    expiresAtMs: data.expiresAtMs,
    valueUsd: usdOf(data.valueUsd),
    requestedAtMs: data.requestedAtMs,
  };
  return data.toClientId === '' ? putAside(state, hold) : leaving(state, hold);
};

const fillBooked = (state: AccountState, data: EventData<'FillBooked'>): AccountState => {
  const ids = (state.fills.get(data.venueId) ?? RecentIds.EMPTY).with(data.fillId, LIMITS.recentIdsMin);
  const next = { ...state, fills: withEntry(state.fills, data.venueId, ids) };
  if (data.positionQuantity === '') return next;
  const units = contractsOf(data.positionQuantity, 'positionQuantity');
  const position = units === 0n ? undefined : { units, cost: amountOf(data.entryCost, 'entryCost') };
  const positions = withEntry(state.positions, positionKey(data.instrumentId, data.venueId), position);
  assert(positions.size <= LIMITS.positionsPerAccountMax, 'Expected fewer positions in one account');
  return { ...next, positions };
};

const writtenDown = (state: AccountState, data: EventData<'InsurancePosted'>): AccountState => {
  const amount = amountOf(data.amount, 'amount');
  if (amount === 0n) return state;
  const debt = state.debts.get(data.asset);
  assert(debt !== undefined && debt.amount >= amount, 'Expected a debt of at least what is written down');
  const left = debt.amount - amount;
  const after = left === 0n ? undefined : { ...debt, amount: left };
  return { ...state, debts: withEntry(state.debts, data.asset, after) };
};

const takenOver = (state: AccountState, { taken }: EventData<'CollateralTakenOver'>): AccountState => {
  let { debts, claims } = state;
  const lessened = (map: ReadonlyMap<string, Indexed>, asset: string, text: string) => {
    const before = map.get(asset);
    const left = (before?.amount ?? 0n) - amountOf(text, 'amount');
    assert(left >= 0n, () => `Expected at most what there is of ${asset} to be taken over`);
    return withEntry(
      map,
      asset,
      before === undefined || left === 0n ? undefined : { ...before, amount: left },
    );
  };
  for (const { asset, kind, amount, debtAsset, credited } of taken) {
    if (kind === 'claim') claims = lessened(claims, asset, amount);
    debts = lessened(debts, debtAsset, credited);
  }
  return { ...state, debts, claims };
};

const facts = (state: AccountState, event: NewEvent<AccountEvent>): AccountState => {
  switch (event.type) {
    case 'AccountOpened':
      return { ...state, accountId: event.data.accountId, clientId: event.data.clientId };
    case 'SubAccountOpened':
      return { ...state, subAccounts: new Set([...state.subAccounts, event.data.subAccountId]) };
    case 'DepositCredited':
      return { ...state, references: state.references.with(event.data.depositId) };
    case 'WithdrawalRequested':
      return withdrawalHeld(state, event.data);
    case 'TransferRequested':
      return transferHeld(state, event.data);
    case 'WithdrawalReleased':
      return released(state, event.data.withdrawalId);
    case 'WithdrawalSettled':
      return { ...state, holds: withEntry(state.holds, event.data.withdrawalId, undefined) };
    case 'TransferReleased':
      return released(state, event.data.transferId);
    case 'TransferSent':
      return { ...state, holds: withEntry(state.holds, event.data.transferId, undefined) };
    case 'CollateralMoved':
      return { ...state, moves: state.moves.with(event.data.moveId, LIMITS.recentIdsMin) };
    case 'FillBooked':
      return fillBooked(state, event.data);
    case 'LoanDrawn':
    case 'LoanRepaid':
    case 'InterestCharged': {
      const debt = indexed(event.data.debt, event.data.indexThen);
      return { ...state, debts: withEntry(state.debts, event.data.asset, debt) };
    }
    case 'PoolSupplied':
    case 'PoolRedeemed':
    case 'InterestEarned': {
      const claim = indexed(event.data.supplied, event.data.indexThen);
      return { ...state, claims: withEntry(state.claims, event.data.asset, claim) };
    }
    case 'ContractSettled': {
      const key = positionKey(event.data.instrumentId, event.data.venueId);
      return { ...state, positions: withEntry(state.positions, key, undefined) };
    }
    case 'InsurancePosted':
    case 'BadDebtRecorded':
      return writtenDown(state, event.data);
    case 'CollateralTakenOver':
      return takenOver(state, event.data);
    case 'TransferReceived':
    case 'TransferReturned':
    case 'FundingPosted':
    case 'LiquidationFeeCharged':
      return state;
  }
};

export const evolveAccount = (state: AccountState, event: NewEvent<AccountEvent>): AccountState => {
  const next = facts(state, event);
  return 'postings' in event.data ? post(next, event.data.postings) : next;
};
