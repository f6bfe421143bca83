import { refill, type Envelope, type Fold, type Instant } from '@plinth/eventing';
import type { Posting } from '@plinth/messages';
import { fields, postingsOf } from '@plinth/views';
import { LIMITS } from '../domain/limits.ts';

export type Entry = Readonly<{
  position: bigint;
  at: Instant;
  event: string;
  reference: string;
  postings: readonly Posting[];
}>;

type Statement = { entries: Entry[]; forgotten: bigint };

const EMPTY: Readonly<{ entries: readonly Entry[]; forgotten: bigint }> = { entries: [], forgotten: 0n };

const referenceOf = (event: Envelope): string => {
  switch (event.type) {
    case 'DepositCredited':
      return event.data.depositId;
    case 'WithdrawalRequested':
    case 'WithdrawalSettled':
    case 'WithdrawalReleased':
      return event.data.withdrawalId;
    case 'TransferRequested':
    case 'TransferSent':
    case 'TransferReceived':
    case 'TransferReleased':
    case 'TransferReturned':
      return event.data.transferId;
    case 'CollateralMoved':
      return event.data.moveId;
    case 'FillBooked':
      return event.data.fillId;
    case 'FundingPosted':
      return event.data.fundingId;
    case 'ContractSettled':
      return event.data.settlementId;
    case 'LiquidationFeeCharged':
    case 'InsurancePosted':
    case 'BadDebtRecorded':
    case 'CollateralTakenOver':
      return event.data.liquidationId;
    default:
      return '';
  }
};

const ACCOUNT_STREAM = 'account-';

/**
 * The latest journal entries of every account, for statements. Bounded: the oldest are forgotten here (never
 * in the log), first those of an account that has too many, then the oldest of all.
 */
export class StatementView implements Fold {
  readonly name = 'accounts-statements';
  readonly revision = 1;
  readonly #accounts = new Map<string, Statement>();
  /**
   * Accounts of the kept entries, oldest first, from #first on; an account forgotten meanwhile is skipped.
   */
  #order: { accountId: string; position: bigint }[] = [];
  #first = 0;
  #count = 0;

  apply(event: Envelope): void {
    const postings = postingsOf(event);
    if (postings === undefined || postings.length === 0 || !event.stream.startsWith(ACCOUNT_STREAM)) return;
    const accountId = event.stream.slice(ACCOUNT_STREAM.length);
    const statement = this.#accounts.get(accountId) ?? { entries: [], forgotten: 0n };
    this.#accounts.set(accountId, statement);
    const { position, occurredAt: at, type } = event;
    statement.entries.push({ position, at, event: type, reference: referenceOf(event), postings });
    this.#order.push({ accountId, position });
    this.#count += 1;
    if (statement.entries.length > LIMITS.statementEntriesPerAccountMax) this.#forget(statement);
    // The order also names entries that their account has forgotten already; it is bounded by itself.
    const full = LIMITS.statementEntriesMax;
    while (this.#count > full || this.#order.length - this.#first > 2 * full) this.#forgetOldest();
  }

  of(accountId: string): Readonly<{ entries: readonly Entry[]; forgotten: bigint }> {
    return this.#accounts.get(accountId) ?? EMPTY;
  }

  /** Half at a time, so that forgetting costs O(1) per entry. */
  #forget(statement: Statement): void {
    const gone = statement.entries.splice(0, Math.ceil(statement.entries.length / 2));
    statement.forgotten = gone.at(-1)?.position ?? statement.forgotten;
    this.#count -= gone.length;
  }

  #forgetOldest(): void {
    const oldest = this.#order[this.#first];
    if (oldest === undefined) return;
    this.#first += 1;
    if (this.#first > LIMITS.statementEntriesMax) {
      this.#order = this.#order.slice(this.#first);
      this.#first = 0;
    }
    const statement = this.#accounts.get(oldest.accountId);
    if (statement === undefined || oldest.position <= statement.forgotten) return;
    // Entries of one account are in order, so its oldest is among those up to this position.
    const kept = statement.entries.findIndex((entry) => entry.position > oldest.position);
    const gone = kept < 0 ? statement.entries.length : kept;
    statement.entries.splice(0, gone);
    statement.forgotten = oldest.position;
    this.#count -= gone;
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [accountId, { entries, forgotten }] of this.#accounts) {
      yield [`statement:${accountId}`, fields(forgotten, ...entries.map((entry) => entry.position))];
    }
  }

  dump() {
    return { accounts: this.#accounts, order: this.#order.slice(this.#first) };
  }

  load(state: ReturnType<StatementView['dump']>): void {
    refill(this.#accounts, state.accounts);
    this.#order = state.order;
    for (const { entries } of this.#accounts.values()) this.#count += entries.length;
  }

  reset(): void {
    this.#accounts.clear();
    this.#order = [];
    this.#first = 0;
    this.#count = 0;
  }
}
