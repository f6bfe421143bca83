import { refill, type Envelope, type Fold, type Instant } from '@plinth/eventing';
import { assert } from '@plinth/money';
import { fields } from '@plinth/views';
import { LIMITS } from '../domain/limits.ts';
import { DueQueue } from './due-queue.ts';

export type PendingHold = Readonly<{
  kind: 'withdrawal' | 'transfer';
  accountId: string;
  holdId: string;
  asset: string;
  amount: string;
  subAccountId: string;
  location: string;
  /** Address of a withdrawal, account of a transfer. */
  destination: string;
  toLocation: string;
  /** Of transfers: where the other account is and whose it is; empty for this cell and the same client. */
  toCell: string;
  toClientId: string;
  expiresAtMs: Instant;
}>;

const keyOf = (accountId: string, holdId: string): string => `${accountId} ${holdId}`;
const NONE: ReadonlyMap<string, PendingHold> = new Map();

/**
 * Withdrawals and transfers that wait for an answer. The first answer in log order counts (risk's, or the
 * passing of time): it takes the hold out of here at once, before the reaction to it is appended, so that a
 * second answer finds nothing. A transfer has no other way to end, so what is answered here is certain to be
 * there in the account's stream.
 */
export class HoldsView implements Fold {
  readonly name = 'accounts-holds';
  readonly revision = 2;
  readonly #accounts = new Map<string, Map<string, PendingHold>>();
  readonly #due = new DueQueue();
  #answered: readonly PendingHold[] = [];

  /** Holds that the event applied last has answered. */
  get answered(): readonly PendingHold[] {
    return this.#answered;
  }

  apply(event: Envelope): void {
    this.#answered = [];
    switch (event.type) {
      case 'WithdrawalRequested': {
        const { withdrawalId: holdId, accountId, asset, amount, subAccountId, location } = event.data;
        const { destination, expiresAtMs } = event.data;
        const facts = { accountId, holdId, asset, amount, subAccountId, location, destination, expiresAtMs };
        return this.#add({ kind: 'withdrawal', toLocation: '', toCell: '', toClientId: '', ...facts });
      }
      case 'TransferRequested': {
        const {
          transferId: holdId,
          toAccountId: destination,
          fromLocation: location,
          toLocation,
        } = event.data;
        const { accountId, asset, amount, expiresAtMs, toCell, toClientId } = event.data;
        const facts = { accountId, holdId, asset, amount, location, destination, toLocation, expiresAtMs };
        return this.#add({ kind: 'transfer', subAccountId: '', toCell, toClientId, ...facts });
      }
      case 'WithdrawalApproved':
      case 'WithdrawalRefused':
        return this.#answer(event.data.accountId, event.data.withdrawalId, 'withdrawal');
      case 'TransferApproved':
      case 'TransferRefused':
        return this.#answer(event.data.accountId, event.data.transferId, 'transfer');
      case 'WithdrawalReleased':
      case 'WithdrawalSettled':
        this.#remove(event.data.accountId, event.data.withdrawalId);
        return;
      case 'TransferReleased':
      case 'TransferSent':
        this.#remove(event.data.accountId, event.data.transferId);
        return;
      case 'TimerFired':
        if (event.data.service === 'accounts') this.#expire(event.data.dueAtMs);
        return;
      default:
        return;
    }
  }

  of(accountId: string): ReadonlyMap<string, PendingHold> {
    return this.#accounts.get(accountId) ?? NONE;
  }

  /** What every hold that waits is for. */
  *kinds(): Iterable<PendingHold['kind']> {
    for (const holds of this.#accounts.values()) for (const { kind } of holds.values()) yield kind;
  }

  get nextExpiry(): Instant | undefined {
    this.#skipEnded();
    return this.#due.first?.at;
  }

  #add(hold: PendingHold): void {
    const holds = this.#accounts.get(hold.accountId) ?? new Map<string, PendingHold>();
    this.#accounts.set(hold.accountId, holds.set(hold.holdId, hold));
    this.#due.add(keyOf(hold.accountId, hold.holdId), hold.expiresAtMs);
  }

  #remove(accountId: string, holdId: string): PendingHold | undefined {
    const holds = this.#accounts.get(accountId);
    const hold = holds?.get(holdId);
    if (holds === undefined || hold === undefined) return undefined;
    holds.delete(holdId);
    if (holds.size === 0) this.#accounts.delete(accountId);
    return hold;
  }

  #answer(accountId: string, holdId: string, kind: PendingHold['kind']): void {
    if (this.of(accountId).get(holdId)?.kind !== kind) return;
    const hold = this.#remove(accountId, holdId);
    if (hold !== undefined) this.#answered = [hold];
  }

  #expire(dueAtMs: Instant): void {
    const answered: PendingHold[] = [];
    while (answered.length < LIMITS.expiriesPerTimerMax) {
      this.#skipEnded();
      const first = this.#due.first;
      if (first === undefined || first.at > dueAtMs) break;
      const hold = this.#pending(first.id);
      assert(hold !== undefined, 'Expected a pending hold at the head of the queue');
      this.#due.removeFirst();
      this.#remove(hold.accountId, hold.holdId);
      answered.push(hold);
    }
    this.#answered = answered;
  }

  #pending(key: string): PendingHold | undefined {
    const [accountId = '', holdId = ''] = key.split(' ');
    return this.of(accountId).get(holdId);
  }

  #skipEnded(): void {
    for (let first = this.#due.first; first !== undefined; first = this.#due.first) {
      if (this.#pending(first.id) !== undefined) return;
      this.#due.removeFirst();
    }
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const holds of this.#accounts.values()) {
      for (const h of holds.values()) {
        const { kind, asset, amount, subAccountId, location, destination, toLocation, expiresAtMs } = h;
        const text = fields(
          kind,
          asset,
          amount,
          subAccountId,
          location,
          destination,
          toLocation,
          expiresAtMs,
          // Empty fields would change the hash of what was there before other cells.
          ...(h.toClientId === '' ? [] : [h.toCell, h.toClientId]),
        );
        yield [`hold:${h.accountId}:${h.holdId}`, text];
      }
    }
  }

  dump() {
    return { accounts: this.#accounts };
  }

  load(state: ReturnType<HoldsView['dump']>): void {
    refill(this.#accounts, state.accounts);
    for (const holds of this.#accounts.values()) {
      for (const hold of holds.values()) this.#due.add(keyOf(hold.accountId, hold.holdId), hold.expiresAtMs);
    }
  }

  reset(): void {
    this.#accounts.clear();
    this.#due.clear();
    this.#answered = [];
  }
}
