import { defineService } from '@plinth/eventing';
import { getAccount, listAccounts, listEntries, listPositions } from './account-queries.ts';
import { listTransfers, requestClientTransfer, takeTransfer } from './client-transfers.ts';
import { checkedConfig, type AccountsConfig } from './config.ts';
import { getApiKey, getClient, getPlacement, listAssets, trialBalance } from './directory-queries.ts';
import {
  cancelWithdrawal,
  creditDeposit,
  fundHouse,
  moveCollateral,
  redeemFromPool,
  repayLoan,
  requestTransfer,
  requestWithdrawal,
  supplyToPool,
} from './money-commands.ts';
import { react } from './reactions.ts';
import {
  addWithdrawalDestination,
  issueApiKey,
  listAsset,
  openAccount,
  openClient,
  openSubAccount,
  placeClient,
  removeWithdrawalDestination,
  revokeApiKey,
  setKycState,
} from './reference-commands.ts';
import { accountsViews } from './views.ts';
import { accountsFigures } from './accounts-figures.ts';

/** Clients, accounts and the ledger: every movement of money of a cell is decided here. */
export const AccountsService = (given: AccountsConfig) => {
  const config = checkedConfig(given);
  return defineService({
    name: 'accounts',
    owns: ['asset', 'client', 'account', 'house', 'lending', 'clearing'],
    views: accountsViews,
    react: react(config),
    commands: {
      ListAsset: listAsset,
      PlaceClient: placeClient(config),
      OpenClient: openClient(config),
      SetKycState: setKycState,
      IssueApiKey: issueApiKey,
      RevokeApiKey: revokeApiKey,
      AddWithdrawalDestination: addWithdrawalDestination(config),
      RemoveWithdrawalDestination: removeWithdrawalDestination,
      OpenAccount: openAccount,
      OpenSubAccount: openSubAccount,
      CreditDeposit: creditDeposit,
      RequestWithdrawal: requestWithdrawal(config),
      CancelWithdrawal: cancelWithdrawal,
      RequestTransfer: requestTransfer(config),
      RequestClientTransfer: requestClientTransfer(config),
      TakeTransfer: takeTransfer(config),
      MoveCollateral: moveCollateral,
      SupplyToPool: supplyToPool,
      RedeemFromPool: redeemFromPool,
      RepayLoan: repayLoan,
      FundHouse: fundHouse(config),
    },
    figures: accountsFigures,
    queries: {
      GetClient: getClient,
      GetPlacement: getPlacement,
      GetApiKey: getApiKey,
      ListAssets: listAssets,
      ListAccounts: listAccounts,
      GetAccount: getAccount,
      ListPositions: listPositions,
      ListEntries: listEntries,
      ListTransfers: listTransfers,
      TrialBalance: trialBalance,
    },
    nextDue: (views) => views.holds.nextExpiry,
  });
};
