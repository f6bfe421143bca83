import { refill, type Envelope, type Fold, type Instant } from '@plinth/eventing';
import { fields } from '@plinth/views';
import { isMarginEvent, marginAccount, type MarginAccount } from '../domain/margin-account.ts';

export const SERVICE = 'risk';

const FRESH = marginAccount.initialState();

/** The streams margin-{account} as the log has them, and up to when deadlines have been looked at. */
export class MarginAccountsView implements Fold {
  readonly name = 'margin-accounts';
  readonly revision = 1;
  readonly #accounts = new Map<string, MarginAccount>();
  /** Accounts with an open call, and those that are not healthy. */
  readonly #called = new Set<string>();
  readonly #unhealthy = new Set<string>();
  readonly #watched = new Set<string>();
  #firedUntil: Instant = 0;

  apply(event: Envelope): void {
    if (event.type === 'TimerFired' && event.data.service === SERVICE)
      this.#firedUntil = Math.max(this.#firedUntil, event.data.dueAtMs);
    if (!isMarginEvent(event)) return;
    const { accountId } = event.data;
    const account = marginAccount.evolve(this.of(accountId), event);
    this.#accounts.set(accountId, account);
    keep(this.#called, accountId, account.call !== undefined);
    keep(this.#unhealthy, accountId, account.state !== 'healthy');
    keep(this.#watched, accountId, account.state !== 'healthy' || account.call !== undefined);
  }

  of(accountId: string): MarginAccount {
    return this.#accounts.get(accountId) ?? FRESH;
  }

  /** Accounts with an open call. */
  called(): ReadonlySet<string> {
    return this.#called;
  }

  /** Accounts that are not healthy, in the order in which they became so. */
  unhealthy(): ReadonlySet<string> {
    return this.#unhealthy;
  }

  /** Accounts that are not healthy, or called: all others have the state of a new one. */
  watched(): ReadonlySet<string> {
    return this.#watched;
  }

  /** Accounts with an open call whose deadline has passed by `at`. */
  overdue(at: Instant): readonly string[] {
    return [...this.#called].filter((accountId) => (this.of(accountId).call?.deadlineMs ?? Infinity) <= at);
  }

  /** The next deadline of a call that has not been looked at. */
  nextDeadline(): Instant | undefined {
    let next: Instant | undefined;
    for (const accountId of this.#called) {
      const deadlineMs = this.of(accountId).call?.deadlineMs;
      if (deadlineMs === undefined || deadlineMs <= this.#firedUntil) continue;
      if (next === undefined || deadlineMs < next) next = deadlineMs;
    }
    return next;
  }

  *entries(): Iterable<readonly [string, string]> {
    yield ['fired-until', fields(this.#firedUntil)];
    for (const [accountId, a] of this.#accounts) {
      yield [
        `account:${accountId}`,
        fields(
          ...[
            a.state,
            a.call?.id,
            a.call?.amount,
            a.call?.deadlineMs,
            a.calls,
            a.liquidations,
            a.liquidationId,
          ],
          ...[a.deferred, [...a.orders].sort().join(), [...a.payouts].sort().join()],
        ),
      ];
    }
  }

  dump() {
    return {
      accounts: this.#accounts,
      called: this.#called,
      unhealthy: this.#unhealthy,
      watched: this.#watched,
      firedUntil: this.#firedUntil,
    };
  }

  load(state: ReturnType<MarginAccountsView['dump']>): void {
    refill(this.#accounts, state.accounts);
    refill(this.#called, state.called);
    refill(this.#unhealthy, state.unhealthy);
    refill(this.#watched, state.watched);
    this.#firedUntil = state.firedUntil;
  }

  reset(): void {
    this.#accounts.clear();
    this.#called.clear();
    this.#unhealthy.clear();
    this.#watched.clear();
    this.#firedUntil = 0;
  }
}

const keep = (set: Set<string>, id: string, belongs: boolean): void => {
  if (belongs) set.add(id);
  else set.delete(id);
};
