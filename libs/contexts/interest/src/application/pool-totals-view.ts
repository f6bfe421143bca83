import { refill, type Envelope, type Fold } from '@plinth/eventing';
import { lendingIndexOf, type Index } from '@plinth/money';
import { fields, type IndexedAmount, type LedgerView } from '@plinth/views';
import { scaledOf, totalOf, type ScaledSide } from '../domain/scaled.ts';

type Side = { sum: bigint; readonly byAccount: Map<string, bigint> };

/**
 * Totals of every pool's debts and claims in O(1) per event and per question: sums of scaled amounts. It
 * reads what the event left in the ledger, so it stands after the ledger view wherever both are folded.
 */
export class PoolTotalsView implements Fold {
  readonly name = 'pool-totals';
  readonly revision = 1;
  readonly #ledger: LedgerView;
  readonly #sides: Readonly<Record<ScaledSide, Map<string, Side>>> = {
    debts: new Map(),
    supplied: new Map(),
  };

  constructor(ledger: LedgerView) {
    this.#ledger = ledger;
  }

  apply(event: Envelope): void {
    switch (event.type) {
      case 'LoanDrawn':
      case 'LoanRepaid':
      case 'InterestCharged':
      case 'InsurancePosted':
      case 'BadDebtRecorded': {
        const { accountId, asset } = event.data;
        return this.#set('debts', asset, accountId, this.#ledger.debtsOf(accountId).get(asset));
      }
      case 'PoolSupplied':
      case 'PoolRedeemed':
      case 'InterestEarned': {
        const { accountId, asset } = event.data;
        return this.#set('supplied', asset, accountId, this.#ledger.suppliedOf(accountId).get(asset));
      }
      case 'CollateralTakenOver': {
        const { accountId, taken } = event.data;
        for (const { asset, debtAsset } of taken) {
          this.#set('supplied', asset, accountId, this.#ledger.suppliedOf(accountId).get(asset));
          this.#set('debts', debtAsset, accountId, this.#ledger.debtsOf(accountId).get(debtAsset));
        }
        return;
      }
      default:
        return;
    }
  }

  scaled(side: ScaledSide, asset: string): bigint {
    return this.#sides[side].get(asset)?.sum ?? 0n;
  }

  /** Smallest units at the given index; debts rounded up, claims down (bounds in `scaled.ts`). */
  total(side: ScaledSide, asset: string, indexNow: Index): bigint {
    return totalOf(side, this.scaled(side, asset), indexNow);
  }

  accounts(side: ScaledSide, asset: string): number {
    return this.#sides[side].get(asset)?.byAccount.size ?? 0;
  }

  #set(which: ScaledSide, asset: string, accountId: string, amount: IndexedAmount | undefined): void {
    const sides = this.#sides[which];
    const side = sides.get(asset) ?? { sum: 0n, byAccount: new Map<string, bigint>() };
    sides.set(asset, side);
    const scaled =
      amount === undefined ? 0n : scaledOf(which, amount.units, lendingIndexOf(amount.indexThen));
    side.sum += scaled - (side.byAccount.get(accountId) ?? 0n);
    if (amount === undefined) side.byAccount.delete(accountId);
    else side.byAccount.set(accountId, scaled);
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [which, sides] of Object.entries(this.#sides)) {
      for (const [asset, side] of sides) yield [`${which}:${asset}`, fields(side.sum, side.byAccount.size)];
    }
  }

  dump() {
    return { debts: this.#sides.debts, supplied: this.#sides.supplied };
  }

  load(state: ReturnType<PoolTotalsView['dump']>): void {
    refill(this.#sides.debts, state.debts);
    refill(this.#sides.supplied, state.supplied);
  }

  reset(): void {
    this.#sides.debts.clear();
    this.#sides.supplied.clear();
  }
}
