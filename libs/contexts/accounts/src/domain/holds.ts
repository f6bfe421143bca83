import { reject, type Rejection } from '@plinth/eventing';
import { clientAccount, EXTERNAL, holdAccount } from '@plinth/market';
import { assert } from '@plinth/money';
import type {
  CancelWithdrawal,
  ReceiveTransfer,
  ReleaseHold,
  RequestTransfer,
  RequestWithdrawal,
  SendTransfer,
  SettleWithdrawal,
} from './account-commands.ts';
import type { AccountDraft } from './account-draft.ts';
import type { AccountState, Hold } from './account-state.ts';
import { insufficient, referenceExists, subAccountUnknown, tooMany } from './account-refusals.ts';
import type { AccountsCode } from './codes.ts';
import { amountText } from './ledger-amount.ts';
import { LIMITS } from './limits.ts';
import { settle } from './loans.ts';
import { move } from './postings.ts';
import { WITHDRAWAL_POLICIES } from './withdrawal-policies.ts';

type Refusal = Rejection<AccountsCode> | undefined;

export const mayHold = (state: AccountState, id: string, field: string): Refusal => {
  if (state.references.has(id)) return referenceExists(field, id);
  if (state.references.size >= LIMITS.referencesPerAccountMax) return tooMany('references of one account');
  if (state.holds.size >= LIMITS.holdsPerAccountMax) return tooMany('withdrawals and transfers under way');
  return undefined;
};

/** The amount leaves the balance for a hold; risk answers. */
export const requestWithdrawal = (draft: AccountDraft, command: RequestWithdrawal): Refusal => {
  const { accountId, balances, subAccounts } = draft.state;
  const { subAccountId, withdrawalId, asset, amount, location, destination } = command;
  if (subAccountId !== '' && !subAccounts.has(subAccountId)) return subAccountUnknown('sub_account_id');
  const refused = mayHold(draft.state, withdrawalId, 'withdrawal_id');
  if (refused !== undefined) return refused;
  for (const policy of WITHDRAWAL_POLICIES) {
    const refusal = policy(command, draft.state);
    if (refusal !== undefined) return refusal;
  }
  const from = clientAccount(accountId, subAccountId, asset, location);
  const free = balances.get(from)?.amount ?? 0n;
  if (free < amount) return insufficient(asset, free);
  draft.add({
    type: 'WithdrawalRequested',
    data: {
      accountId,
      subAccountId,
      withdrawalId,
      asset,
      amount: amountText(amount),
      location,
      destination,
      expiresAtMs: command.expiresAtMs,
      postings: [...move(from, holdAccount(accountId, withdrawalId, asset), asset, amount)],
      valueUsd: amountText(command.facts.valueUsd ?? 0n),
      requestedAtMs: command.requestedAtMs,
    },
  });
  return undefined;
};

export const requestTransfer = (draft: AccountDraft, command: RequestTransfer): Refusal => {
  const { accountId, balances } = draft.state;
  const { transferId, toAccountId, asset, amount, fromLocation, toLocation, expiresAtMs } = command;
  const refused = mayHold(draft.state, transferId, 'transfer_id');
  if (refused !== undefined) return refused;
  const from = clientAccount(accountId, '', asset, fromLocation);
  const free = balances.get(from)?.amount ?? 0n;
  if (free < amount) return insufficient(asset, free);
  draft.add({
    type: 'TransferRequested',
    data: {
      accountId,
      transferId,
      toAccountId,
      asset,
      amount: amountText(amount),
      fromLocation,
      toLocation,
      expiresAtMs,
      postings: [...move(from, holdAccount(accountId, transferId, asset), asset, amount)],
      ...{ toCell: '', toClientId: '', valueUsd: '', requestedAtMs: 0 },
    },
  });
  return undefined;
};

/**
 * A hold that is over already was cancelled, or had expired, before this answer: then there is nothing to do.
 */
const pending = (state: AccountState, id: string, kind: Hold['kind']): Hold | undefined => {
  const hold = state.holds.get(id);
  assert(hold?.kind === kind || state.references.has(id), () => `Expected a known ${kind}, was ${id}`);
  return hold;
};

export const settleWithdrawal = (draft: AccountDraft, { withdrawalId }: SettleWithdrawal): void => {
  const { accountId } = draft.state;
  const hold = pending(draft.state, withdrawalId, 'withdrawal');
  if (hold === undefined) return;
  const { asset, amount } = hold;
  const postings = [...move(holdAccount(accountId, withdrawalId, asset), EXTERNAL, asset, amount)];
  draft.add({
    type: 'WithdrawalSettled',
    data: { accountId, withdrawalId, asset, amount: amountText(amount), postings },
  });
};

export const cancelWithdrawal = (draft: AccountDraft, command: CancelWithdrawal): Refusal => {
  const { withdrawalId, terms } = command;
  if (draft.state.holds.get(withdrawalId)?.kind !== 'withdrawal') {
    return reject('WITHDRAWAL_UNKNOWN', 'Expected the id of a withdrawal that is still waiting', {
      field: 'withdrawal_id',
      reason: 'missing',
    });
  }
  releaseHold(draft, { type: 'ReleaseHold', holdId: withdrawalId, terms, cause: 'cancelled', reason: '' });
  return undefined;
};

/** The money goes back to where it came from, and repays a debt of its asset that arose meanwhile. */
export const releaseHold = (draft: AccountDraft, command: ReleaseHold): void => {
  const { holdId, terms, cause, reason } = command;
  const hold = draft.state.holds.get(holdId);
  assert(
    hold !== undefined || draft.state.references.has(holdId),
    () => `Expected a known hold, was ${holdId}`,
  );
  if (hold === undefined) return;
  const { accountId } = draft.state;
  const { kind, asset, amount, subAccountId, location } = hold;
  assert(asset === terms.asset, () => `Expected terms of ${asset}, was ${terms.asset}`);
  const to = clientAccount(accountId, subAccountId, asset, location);
  const postings = [...move(holdAccount(accountId, holdId, asset), to, asset, amount)];
  const facts = { accountId, asset, amount: amountText(amount), cause, reason, postings };
  if (kind === 'withdrawal')
    draft.add({ type: 'WithdrawalReleased', data: { ...facts, withdrawalId: holdId } });
  else draft.add({ type: 'TransferReleased', data: { ...facts, transferId: holdId } });
  settle(draft, terms, holdId);
};

/**
 * Inside a cell appended together with the other account's ReceiveTransfer: `clearing` is zero before and
 * after. To another cell by itself: `clearing` has the money until it has arrived there.
 */
export const sendTransfer = (draft: AccountDraft, { transferId, clearing }: SendTransfer): void => {
  const { accountId, clientId, holds } = draft.state;
  const hold = holds.get(transferId);
  assert(hold?.kind === 'transfer', () => `Expected a transfer that waits, was ${transferId}`);
  const { asset, amount, destination, toCell, toClientId, location, toLocation } = hold;
  const far = { toCell, fromClientId: clientId, toClientId, fromLocation: location, toLocation };
  const near = { toCell: '', fromClientId: '', toClientId: '', fromLocation: '', toLocation: '' };
  draft.add({
    type: 'TransferSent',
    data: {
      accountId,
      transferId,
      toAccountId: destination,
      asset,
      amount: amountText(amount),
      postings: [...move(holdAccount(accountId, transferId, asset), clearing, asset, amount)],
      ...(toCell === '' ? near : far),
    },
  });
};

export const receiveTransfer = (draft: AccountDraft, command: ReceiveTransfer): void => {
  const { accountId } = draft.state;
  const { transferId, fromAccountId, terms, amount, location, clearing, fromClientId, fromCell } = command;
  const { asset } = terms;
  draft.add({
    type: 'TransferReceived',
    data: {
      accountId,
      transferId,
      fromAccountId,
      asset,
      amount: amountText(amount),
      location,
      postings: [...move(clearing, clientAccount(accountId, '', asset, location), asset, amount)],
      ...{ fromClientId, fromCell },
    },
  });
  settle(draft, terms, transferId);
};
