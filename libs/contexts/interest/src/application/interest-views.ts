import { poolCash, reserveAccount } from '@plinth/market';
import { lendingIndexOf } from '@plinth/money';
import { LedgerView, PoolsView, ReferenceView } from '@plinth/views';
import type { PoolAmounts } from '../domain/rates.ts';
import { FundingView } from './funding-view.ts';
import { PoolTotalsView } from './pool-totals-view.ts';

export type InterestViews = Readonly<{
  reference: ReferenceView;
  ledger: LedgerView;
  pools: PoolsView;
  totals: PoolTotalsView;
  funding: FundingView;
}>;

/** The order is the order of folding: totals read the ledger. */
export const interestViews = (): InterestViews => {
  const ledger = new LedgerView();
  return {
    reference: new ReferenceView(),
    ledger,
    pools: new PoolsView(),
    totals: new PoolTotalsView(ledger),
    funding: new FundingView(),
  };
};

/** What a pool holds and is owed, at the indices of its last accrual. */
export const amountsOf = ({ ledger, pools, totals }: InterestViews, asset: string): PoolAmounts => ({
  cash: ledger.balance(poolCash(asset), asset),
  reserve: ledger.balance(reserveAccount(asset), asset),
  debt: totals.total('debts', asset, lendingIndexOf(pools.borrowIndex(asset))),
  supplied: totals.total('supplied', asset, lendingIndexOf(pools.supplyIndex(asset))),
});
