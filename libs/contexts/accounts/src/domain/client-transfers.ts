import type { Rejection } from '@plinth/eventing';
import { clientAccount, holdAccount } from '@plinth/market';
import type { RequestClientTransfer, ReturnTransfer } from './account-commands.ts';
import type { AccountDraft } from './account-draft.ts';
import { insufficient } from './account-refusals.ts';
import type { AccountsCode } from './codes.ts';
import { mayHold } from './holds.ts';
import { amountText } from './ledger-amount.ts';
import { settle } from './loans.ts';
import { move } from './postings.ts';
import { WITHDRAWAL_POLICIES } from './withdrawal-policies.ts';

/** The destination on a client's list by which it may send money to an account of another client. */
export const accountDestination = (clientId: string, accountId: string): string =>
  `account:${clientId}/${accountId}`;

/** As a withdrawal: the amount leaves the balance for a hold; risk answers. */
export const requestClientTransfer = (
  draft: AccountDraft,
  command: RequestClientTransfer,
): Rejection<AccountsCode> | undefined => {
  const { accountId, balances } = draft.state;
  const { transferId, toAccountId, toClientId, toCell, asset, amount, fromLocation, toLocation } = command;
  const refused = mayHold(draft.state, transferId, 'transfer_id');
  if (refused !== undefined) return refused;
  for (const policy of WITHDRAWAL_POLICIES) {
    const refusal = policy(command, draft.state);
    if (refusal !== undefined) return refusal;
  }
  const from = clientAccount(accountId, '', asset, fromLocation);
  const free = balances.get(from)?.amount ?? 0n;
  if (free < amount) return insufficient(asset, free);
  draft.add({
    type: 'TransferRequested',
    data: {
      ...{ accountId, transferId, toAccountId, toClientId, toCell, asset, amount: amountText(amount) },
      ...{ fromLocation, toLocation, expiresAtMs: command.expiresAtMs },
      postings: [...move(from, holdAccount(accountId, transferId, asset), asset, amount)],
      valueUsd: amountText(command.facts.valueUsd ?? 0n),
      requestedAtMs: command.requestedAtMs,
    },
  });
  return undefined;
};

/** The money comes back to where it was, and repays a debt of its asset that arose meanwhile. */
export const returnTransfer = (draft: AccountDraft, command: ReturnTransfer): void => {
  const { accountId } = draft.state;
  const { transferId, toCell, toAccountId, terms, amount, location, clearing, code, reason } = command;
  const { asset } = terms;
  draft.add({
    type: 'TransferReturned',
    data: {
      ...{ accountId, transferId, toCell, toAccountId, asset, amount: amountText(amount), location },
      ...{ code, reason },
      postings: [...move(clearing, clientAccount(accountId, '', asset, location), asset, amount)],
    },
  });
  settle(draft, terms, transferId);
};
