import { reject, type Decider, type NewEvent, type Rejection } from '@plinth/eventing';
import { clientAccount, EXTERNAL } from '@plinth/market';
import type {
  AccountCommand,
  CreditDeposit,
  MoveCollateral,
  OpenSubAccount,
  RedeemFromPool,
  RepayLoan,
  SupplyToPool,
} from './account-commands.ts';
import { AccountDraft } from './account-draft.ts';
import {
  accountUnknown,
  insufficient,
  referenceExists,
  subAccountUnknown,
  tooMany,
} from './account-refusals.ts';
import {
  accountSnapshot,
  evolveAccount,
  initialAccount,
  type AccountEvent,
  type AccountState,
  type Balance,
} from './account-state.ts';
import { requestClientTransfer, returnTransfer } from './client-transfers.ts';
import type { AccountsCode } from './codes.ts';
import { bookVenueFill, postFunding } from './fills.ts';
import {
  cancelWithdrawal,
  receiveTransfer,
  releaseHold,
  requestTransfer,
  requestWithdrawal,
  sendTransfer,
  settleWithdrawal,
} from './holds.ts';
import { amountText, minAmount } from './ledger-amount.ts';
import { LIMITS } from './limits.ts';
import { chargeLiquidationFee, coverShortfall } from './liquidation-entries.ts';
import { chargeInterest, creditInterest, moveBetween, redeem, repayFrom, settle, supply } from './loans.ts';
import { move } from './postings.ts';
import { recallClaim, takeOverCollateral } from './takeover.ts';
import { settleContracts } from './settlement.ts';

type Refusal = Rejection<AccountsCode> | undefined | void;

const openSubAccount = (draft: AccountDraft, { subAccountId, name }: OpenSubAccount): Refusal => {
  const { accountId, subAccounts } = draft.state;
  if (subAccounts.has(subAccountId)) {
    return reject('SUB_ACCOUNT_EXISTS', `Expected a new sub-account, was ${subAccountId}`, {
      field: 'sub_account_id',
      reason: 'exists',
    });
  }
  if (subAccounts.size >= LIMITS.subAccountsPerAccountMax) return tooMany('sub-accounts');
  draft.add({ type: 'SubAccountOpened', data: { accountId, subAccountId, name } });
};

const creditDeposit = (draft: AccountDraft, command: CreditDeposit): Refusal => {
  const { accountId, subAccounts, references } = draft.state;
  const { subAccountId, depositId, terms, amount, location } = command;
  if (subAccountId !== '' && !subAccounts.has(subAccountId)) return subAccountUnknown('sub_account_id');
  if (references.has(depositId)) return referenceExists('deposit_id', depositId);
  if (references.size >= LIMITS.referencesPerAccountMax) return tooMany('references of one account');
  const { asset } = terms;
  const to = clientAccount(accountId, subAccountId, asset, location);
  const postings = [...move(EXTERNAL, to, asset, amount)];
  draft.add({
    type: 'DepositCredited',
    data: { accountId, subAccountId, depositId, asset, amount: amountText(amount), location, postings },
  });
  settle(draft, terms, depositId);
};

const moveCollateral = (draft: AccountDraft, command: MoveCollateral): Refusal => {
  const { accountId, subAccounts, balances, moves } = draft.state;
  const { moveId, fromSubAccountId, toSubAccountId, asset, amount, fromLocation, toLocation } = command;
  for (const [field, id] of [
    ['from_sub_account_id', fromSubAccountId],
    ['to_sub_account_id', toSubAccountId],
  ] as const) {
    if (id !== '' && !subAccounts.has(id)) return subAccountUnknown(field);
  }
  if (moves.has(moveId)) return referenceExists('move_id', moveId);
  const place = (subAccountId: string, location: string) => ({
    ledgerAccount: clientAccount(accountId, subAccountId, asset, location),
    subAccountId,
    asset,
    location,
  });
  const from = place(fromSubAccountId, fromLocation);
  const free = balances.get(from.ledgerAccount)?.amount ?? 0n;
  if (free < amount) return insufficient(asset, free);
  moveBetween(draft, from, place(toSubAccountId, toLocation), amount, moveId);
};

const freeAt = (draft: AccountDraft, asset: string, location: string): Balance | undefined =>
  draft.state.balances.get(clientAccount(draft.state.accountId, '', asset, location));

const supplyToPool = (draft: AccountDraft, { terms, amount, location }: SupplyToPool): Refusal => {
  const free = freeAt(draft, terms.asset, location)?.amount ?? 0n;
  if (free < amount) return insufficient(terms.asset, free);
  supply(draft, terms, amount, { subAccountId: '', location });
};

const redeemFromPool = (draft: AccountDraft, command: RedeemFromPool): Refusal => {
  const { terms, location, granted } = command;
  const { asset } = terms;
  creditInterest(draft, terms);
  const claim = draft.state.claims.get(asset)?.amount ?? 0n;
  if (claim === 0n) {
    return reject('NOTHING_SUPPLIED', `Expected an asset that the account has supplied, was ${asset}`, {
      field: 'asset',
    });
  }
  const amount = command.amount === 'all' ? minAmount(claim, granted) : command.amount;
  if (amount > claim) return insufficient(asset, claim);
  redeem(draft, terms, amount, { subAccountId: '', location }, { granted: amountText(granted) });
  settle(draft, terms, 'redeem');
};

/**
 * Free balances first (the named location, then by name), then the claim, which needs no cash of the pool.
 */
const repayLoan = (draft: AccountDraft, command: RepayLoan): Refusal => {
  const { terms, location } = command;
  const { asset } = terms;
  chargeInterest(draft, terms);
  const owed = draft.state.debts.get(asset)?.amount ?? 0n;
  if (owed === 0n) {
    return reject('NOTHING_OWED', `Expected an asset that the account owes, was ${asset}`, {
      field: 'asset',
    });
  }
  const wanted = command.amount === 'all' ? owed : command.amount;
  const target = minAmount(wanted, owed);
  const free = draft.balancesOf(asset, 1);
  const ordered = [
    ...free.filter((b) => b.location === location),
    ...free.filter((b) => b.location !== location),
  ];
  const rest = target - repayFrom(draft, terms, ordered, target);
  if (rest === 0n) return;
  creditInterest(draft, terms);
  const part = minAmount(rest, draft.state.claims.get(asset)?.amount ?? 0n);
  // `all` takes what there is; an amount is repaid whole or not at all.
  if (part === 0n || (part < rest && command.amount !== 'all'))
    return insufficient(asset, target - rest + part);
  redeem(draft, terms, part, { subAccountId: '', location });
  const redeemed = freeAt(draft, asset, location);
  if (redeemed !== undefined) repayFrom(draft, terms, [redeemed], part);
};

const apply = (draft: AccountDraft, command: Exclude<AccountCommand, { type: 'OpenAccount' }>): Refusal => {
  switch (command.type) {
    case 'OpenSubAccount':
      return openSubAccount(draft, command);
    case 'CreditDeposit':
      return creditDeposit(draft, command);
    case 'RequestWithdrawal':
      return requestWithdrawal(draft, command);
    case 'CancelWithdrawal':
      return cancelWithdrawal(draft, command);
    case 'RequestTransfer':
      return requestTransfer(draft, command);
    case 'RequestClientTransfer':
      return requestClientTransfer(draft, command);
    case 'MoveCollateral':
      return moveCollateral(draft, command);
    case 'SupplyToPool':
      return supplyToPool(draft, command);
    case 'RedeemFromPool':
      return redeemFromPool(draft, command);
    case 'RepayLoan':
      return repayLoan(draft, command);
    case 'SettleWithdrawal':
      return settleWithdrawal(draft, command);
    case 'ReleaseHold':
      return releaseHold(draft, command);
    case 'SendTransfer':
      return sendTransfer(draft, command);
    case 'ReceiveTransfer':
      return receiveTransfer(draft, command);
    case 'ReturnTransfer':
      return returnTransfer(draft, command);
    case 'BookFill':
      return bookVenueFill(draft, command);
    case 'PostFunding':
      return postFunding(draft, command);
    case 'SettleContracts':
      return settleContracts(draft, command);
    case 'AccrueInterest':
      chargeInterest(draft, command.terms);
      return creditInterest(draft, command.terms);
    case 'ChargeLiquidationFee':
      return chargeLiquidationFee(draft, command);
    case 'CoverShortfall':
      return coverShortfall(draft, command);
    case 'RecallClaim':
      return recallClaim(draft, command);
    case 'TakeOverCollateral':
      return takeOverCollateral(draft, command);
  }
};

const decide = (
  command: AccountCommand,
  state: AccountState,
): readonly NewEvent<AccountEvent>[] | Rejection<AccountsCode> => {
  const isOpen = state.accountId !== '';
  if (command.type === 'OpenAccount') {
    const { accountId, clientId, name } = command;
    return isOpen
      ? reject('ACCOUNT_EXISTS', `Expected a new account id, was ${accountId}`, {
          field: 'account_id',
          reason: 'exists',
        })
      : [{ type: 'AccountOpened', data: { accountId, clientId, name } }];
  }
  if (!isOpen) return accountUnknown;
  const draft = new AccountDraft(state);
  return apply(draft, command) ?? draft.events;
};

/**
 * Stream account-{account}: the unit of margin. Each decision is a list of journal entries, each summing to
 * zero, that leaves no balance below zero and no debt beside a free balance of its asset.
 */
export const accountDecider: Decider<AccountState, AccountCommand, AccountEvent, AccountsCode> = {
  initialState: initialAccount,
  decide,
  evolve: evolveAccount,
  snapshot: accountSnapshot,
};
