import type { Envelope } from '@plinth/eventing';
import type { Posting } from '@plinth/messages';
import { breach, type Audit, type Breach } from './breach.ts';
import { exact, text } from './decimal-text.ts';
import { Memory, type AuditLimits, type RecentMap } from './memory.ts';

const BALANCED = 'the postings of every entry sum to zero in each asset';
const CONSERVED = 'all ledger accounts together sum to zero in each asset';
const COVERED = 'no client balance is below zero once the reaction to its cause is complete';
const HOLDS = 'every hold is settled or released exactly once';
const MIRRORED = "the pools' loans mirror the clients' debts, their claims what clients supplied";

export class LedgerAudit implements Audit {
  readonly invariants = [BALANCED, CONSERVED, COVERED, HOLDS, MIRRORED];
  readonly memory: Memory;
  /** Of clients and holds, by `account asset`; what is not here is zero. */
  readonly #balances;
  readonly #negative;
  readonly #pending;
  /** Over all ledger accounts by asset, over those of a kind by `kind asset`. */
  readonly #sums;
  readonly #kinds;
  #causation = '';

  constructor(limits: AuditLimits) {
    this.memory = new Memory(limits);
    this.#balances = this.memory.live<bigint>('balances');
    this.#negative = this.memory.live<bigint>('balances below zero');
    this.#pending = this.memory.live<true>('holds');
    this.#sums = this.memory.live<bigint>('assets');
    this.#kinds = this.memory.live<bigint>('kinds of ledger accounts');
  }

  apply(event: Envelope): readonly Breach[] {
    const found: Breach[] = [];
    if (event.causationId !== this.#causation) {
      found.push(...this.#stillNegative());
      for (const [key] of this.#negative.entries()) this.#negative.delete(key);
      this.#causation = event.causationId;
    }
    if ('postings' in event.data) found.push(...this.#post(event.position, event.data.postings));
    found.push(...this.#hold(event));
    return found;
  }

  finish(): readonly Breach[] {
    const sums = [...this.#sums.entries()];
    const of = (kind: Kind, asset: string): bigint => this.#kinds.get(`${kind} ${asset}`) ?? 0n;
    const mirrored = sums.filter(
      ([asset]) =>
        of('debt', asset) + of('loans', asset) !== 0n || of('supplied', asset) + of('claims', asset) !== 0n,
    );
    return [
      ...this.#stillNegative(),
      ...sums.filter(([, sum]) => sum !== 0n).map(([a, sum]) => breach(CONSERVED, 0n, `${a} ${text(sum)}`)),
      ...mirrored.map(([asset]) => breach(MIRRORED, 0n, asset)),
    ];
  }

  #post(at: bigint, postings: readonly Posting[]): readonly Breach[] {
    const sums = new Map<string, bigint>();
    for (const { account, asset, amount } of postings) {
      const units = exact(amount);
      sums.set(asset, (sums.get(asset) ?? 0n) + units);
      const kind = kindOf(account);
      if (kind !== undefined) add(this.#kinds, `${kind} ${asset}`, units);
      if (account.startsWith('client:') || account.startsWith('hold:'))
        this.#cover(`${account} ${asset}`, units, at);
    }
    for (const [asset, sum] of sums) add(this.#sums, asset, sum);
    return [...sums]
      .filter(([, sum]) => sum !== 0n)
      .map(([a, sum]) => breach(BALANCED, at, `${a} ${text(sum)}`));
  }

  #cover(key: string, units: bigint, at: bigint): void {
    const before = this.#balances.get(key);
    // It may have stood at anything when it was forgotten.
    if (before === undefined && !this.#balances.isWhole) return this.memory.leave(COVERED);
    const after = (before ?? 0n) + units;
    if (after === 0n) this.#balances.delete(key);
    else this.#balances.set(key, after);
    if (after < 0n) this.#negative.set(key, at);
    else this.#negative.delete(key);
  }

  #stillNegative(): readonly Breach[] {
    if (this.#negative.size === 0) return [];
    return [...this.#negative.entries()].map(([key, at]) =>
      breach(COVERED, at, `${key} ${text(this.#balances.get(key) ?? 0n)}`),
    );
  }

  #hold({ type, data, position }: Envelope): readonly Breach[] {
    switch (type) {
      case 'WithdrawalRequested':
        return this.#opened(`w ${data.accountId} ${data.withdrawalId}`, position);
      case 'WithdrawalSettled':
      case 'WithdrawalReleased':
        return this.#ended(`w ${data.accountId} ${data.withdrawalId}`, position);
      case 'TransferRequested':
        return this.#opened(`t ${data.accountId} ${data.transferId}`, position);
      case 'TransferSent':
      case 'TransferReleased':
        return this.#ended(`t ${data.accountId} ${data.transferId}`, position);
      default:
        return [];
    }
  }

  #opened(key: string, at: bigint): readonly Breach[] {
    if (this.#pending.has(key)) return [breach(HOLDS, at, `${key} opened twice`)];
    this.#pending.set(key, true);
    return [];
  }

  #ended(key: string, at: bigint): readonly Breach[] {
    if (this.#pending.delete(key)) return [];
    return this.memory.breach(HOLDS, at, `${key} ended without a hold`, this.#pending);
  }
}

const add = (sums: RecentMap<bigint>, key: string, units: bigint): void =>
  sums.set(key, (sums.get(key) ?? 0n) + units);

type Kind = 'debt' | 'loans' | 'supplied' | 'claims';

const kindOf = (account: string): Kind | undefined => {
  if (account.startsWith('debt:')) return 'debt';
  if (account.startsWith('supplied:')) return 'supplied';
  if (!account.startsWith('pool:')) return undefined;
  if (account.endsWith(':loans')) return 'loans';
  return account.endsWith(':claims') ? 'claims' : undefined;
};
