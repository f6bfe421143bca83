import { POOLS_LOCATION, type AccountContent } from '@plinth/margin';
import { textToFloat, unitsToFloat } from '@plinth/money';
import { QUANTITY_SCALE, type LedgerView, type PoolsView, type PositionsView } from '@plinth/views';
import type { HoldsView } from './holds.ts';
import { lineOf } from './lines.ts';

export type Books = Readonly<{
  ledger: LedgerView;
  pools: PoolsView;
  positions: PositionsView;
  holds: HoldsView;
}>;

/**
 * What the ledger says an account holds and owes now: holds that may still be refused and accrued interest
 * included.
 */
export const bookedContent = (
  { ledger, pools, positions, holds }: Books,
  accountId: string,
): AccountContent => {
  const units = new Map<string, { asset: string; location: string; units: bigint }>();
  for (const balance of ledger.balancesOf(accountId).values()) {
    const { asset, location } = balance;
    const key = `${location} ${asset}`;
    units.set(key, { asset, location, units: (units.get(key)?.units ?? 0n) + balance.units });
  }
  const balances = [...units.values()].map(({ asset, location, units: sum }) => ({
    asset,
    location,
    amount: unitsToFloat(sum, ledger.scaleOf(asset)),
  }));
  for (const { asset, amount, location, isApproved } of holds.of(accountId).values()) {
    if (!isApproved) balances.push({ asset, location, amount: textToFloat(amount) });
  }
  // A claim now = amount · index now / index then; a debt likewise.
  const grown = (asset: string, amount: bigint, now: string, then: string): number =>
    unitsToFloat(amount, ledger.scaleOf(asset)) * (textToFloat(now) / textToFloat(then));
  for (const [asset, { units: amount, indexThen }] of ledger.suppliedOf(accountId)) {
    balances.push({
      asset,
      location: POOLS_LOCATION,
      amount: grown(asset, amount, pools.supplyIndex(asset), indexThen),
    });
  }
  return {
    positions: [...positions.of(accountId).values()].map(
      ({ instrumentId, venueId, units: contracts, entryPrice }) => ({
        instrument: lineOf(instrumentId, venueId),
        quantity: unitsToFloat(contracts, QUANTITY_SCALE),
        entryPrice: textToFloat(entryPrice),
      }),
    ),
    balances: summed(balances),
    debts: [...ledger.debtsOf(accountId)].map(([asset, { units: amount, indexThen }]) => ({
      asset,
      amount: grown(asset, amount, pools.borrowIndex(asset), indexThen),
    })),
  };
};

type Balance = AccountContent['balances'][number];

/** One row per place and asset. */
const summed = (balances: readonly Balance[]): readonly Balance[] => {
  const rows = new Map<string, Balance>();
  for (const balance of balances) {
    const key = `${balance.location} ${balance.asset}`;
    rows.set(key, { ...balance, amount: (rows.get(key)?.amount ?? 0) + balance.amount });
  }
  return [...rows.values()];
};
