import { poolCash, reserveAccount } from '@plinth/market';
import type { RateCurve } from '@plinth/messages';
import { textToFloat, unitsToFloat } from '@plinth/money';
import type { LedgerView, PoolsView } from '@plinth/views';

type Sources = Readonly<{ ledger: LedgerView; pools: PoolsView }>;

/** The utilisation beyond which a curve lends nothing more; 1 for a curve without a stop. */
const stopOf = (curve: RateCurve | undefined): number =>
  curve?.stopsBorrowing === true ? textToFloat(curve.kink2, 'kink2') : 1;

/**
 * What a pool can lend now, in units of its asset: its cash, and no more than keeps the utilisation at the
 * stop of its curve. Below zero when the utilisation is beyond the stop already.
 */
export const borrowRoom = ({ ledger, pools }: Sources, asset: string): number => {
  const scale = ledger.scaleOf(asset);
  const cash = unitsToFloat(ledger.balance(poolCash(asset), asset), scale);
  const stop = stopOf(pools.opened.get(asset)?.curve);
  if (stop >= 1) return cash;
  const reserve = unitsToFloat(ledger.balance(reserveAccount(asset), asset), scale);
  const debt = totalDebt({ ledger, pools }, asset);
  return Math.min(cash, stop * Math.max(debt, cash + debt - Math.max(0, reserve)) - debt);
};

/** Debts of all accounts at the index of the last accrual. Asked only for pools that can stop. */
const totalDebt = ({ ledger, pools }: Sources, asset: string): number => {
  const now = textToFloat(pools.borrowIndex(asset));
  const scale = ledger.scaleOf(asset);
  let total = 0;
  for (const accountId of ledger.accountIds()) {
    const debt = ledger.debtsOf(accountId).get(asset);
    if (debt !== undefined) total += unitsToFloat(debt.units, scale) * (now / textToFloat(debt.indexThen));
  }
  return total;
};
