import { refill, type Envelope, type Fold } from '@plinth/eventing';
import { assert } from '@plinth/money';
import { fields } from '@plinth/views';
import { LIMITS } from './limits.ts';

/**
 * Money that waits to leave an account. Until its release is approved it is still the client's collateral.
 */
export type Hold = Readonly<{ asset: string; amount: string; location: string; isApproved: boolean }>;

const NONE: ReadonlyMap<string, Hold> = new Map<string, Hold>();

/**
 * Withdrawals and transfers between their request and their end. Ids are `withdrawal:{id}` and
 * `transfer:{id}`.
 */
export class HoldsView implements Fold {
  readonly name = 'holds';
  readonly revision = 1;
  readonly #accounts = new Map<string, Map<string, Hold>>();
  #count = 0;

  apply(event: Envelope): void {
    switch (event.type) {
      case 'WithdrawalRequested': {
        const { accountId, withdrawalId, asset, amount, location } = event.data;
        return this.#add(accountId, withdrawalHold(withdrawalId), {
          asset,
          amount,
          location,
          isApproved: false,
        });
      }
      case 'TransferRequested': {
        const { accountId, transferId, asset, amount, fromLocation: location } = event.data;
        return this.#add(accountId, transferHold(transferId), { asset, amount, location, isApproved: false });
      }
      case 'WithdrawalApproved':
        return this.#approve(event.data.accountId, withdrawalHold(event.data.withdrawalId));
      case 'TransferApproved':
        return this.#approve(event.data.accountId, transferHold(event.data.transferId));
      case 'WithdrawalSettled':
      case 'WithdrawalReleased':
        return this.#remove(event.data.accountId, withdrawalHold(event.data.withdrawalId));
      case 'TransferSent':
      case 'TransferReleased':
        return this.#remove(event.data.accountId, transferHold(event.data.transferId));
      default:
        return;
    }
  }

  of(accountId: string): ReadonlyMap<string, Hold> {
    return this.#accounts.get(accountId) ?? NONE;
  }

  #add(accountId: string, id: string, hold: Hold): void {
    assert(this.#count < LIMITS.holdsMax, 'Expected fewer holds in this cell');
    const holds = this.#accounts.get(accountId) ?? new Map<string, Hold>();
    const before = holds.size;
    holds.set(id, hold);
    this.#accounts.set(accountId, holds);
    this.#count += holds.size - before;
  }

  #approve(accountId: string, id: string): void {
    const holds = this.#accounts.get(accountId);
    const hold = holds?.get(id);
    if (hold !== undefined) holds?.set(id, { ...hold, isApproved: true });
  }

  #remove(accountId: string, id: string): void {
    const holds = this.#accounts.get(accountId);
    if (holds === undefined || !holds.delete(id)) return;
    this.#count -= 1;
    if (holds.size === 0) this.#accounts.delete(accountId);
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [accountId, holds] of this.#accounts) {
      for (const [id, h] of holds)
        yield [`hold:${accountId}:${id}`, fields(h.asset, h.amount, h.location, h.isApproved)];
    }
  }

  dump() {
    return { accounts: this.#accounts };
  }

  load(state: ReturnType<HoldsView['dump']>): void {
    refill(this.#accounts, state.accounts);
    for (const holds of this.#accounts.values()) this.#count += holds.size;
  }

  reset(): void {
    this.#accounts.clear();
    this.#count = 0;
  }
}

export const withdrawalHold = (withdrawalId: string): string => `withdrawal:${withdrawalId}`;
export const transferHold = (transferId: string): string => `transfer:${transferId}`;
