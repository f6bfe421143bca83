import type { Intent } from '@plinth/eventing';
import { poolCash } from '@plinth/market';
import { ofAssetUnits } from '../domain/ledger-amount.ts';
import { interestOn } from '../domain/loans.ts';
import { onLending } from './streams.ts';
import { assetTerms } from './terms.ts';
import type { AccountsViews } from './views.ts';

/** An account's claim on a pool with its interest so far, at ledger scale. */
export const claimOf = (accountId: string, asset: string, views: AccountsViews): bigint => {
  const claim = views.ledger.suppliedOf(accountId).get(asset);
  if (claim === undefined) return 0n;
  const { scale, supplyIndex } = assetTerms(asset, views);
  const booked = { amount: ofAssetUnits(claim.units, scale), index: claim.indexThen };
  return booked.amount + interestOn(booked, supplyIndex, scale, 'down');
};

/** The question to the pool's own stream, with its cash and what that cash already lacks of all grants. */
export const askForCash = (
  accountId: string,
  asset: string,
  amount: bigint,
  liquidationId: string,
  views: AccountsViews,
): Intent =>
  onLending({
    type: 'GrantCash',
    ...{ asset, accountId, liquidationId, amount },
    cash: ofAssetUnits(views.ledger.balance(poolCash(asset), asset), views.reference.scaleOf(asset)),
    reflected: views.lending.reflected(asset),
  });
