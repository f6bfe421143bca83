import type { Envelope } from '@plinth/eventing';
import type { Posting } from '@plinth/messages';
import { breach, type Audit, type Breach } from './breach.ts';
import { exact, text } from './decimal-text.ts';

const BALANCED = 'the postings of every entry sum to zero in each asset';
const CONSERVED = 'all ledger accounts together sum to zero in each asset';
const COVERED = 'no client balance is below zero once the reaction to its cause is complete';
const HOLDS = 'every hold is settled or released exactly once';
const MIRRORED = "the pools' loans mirror the clients' debts, their claims what clients supplied";

export class LedgerAudit implements Audit {
  readonly invariants = [BALANCED, CONSERVED, COVERED, HOLDS, MIRRORED];
  /** By `account asset`. */
  readonly #balances = new Map<string, bigint>();
  readonly #negative = new Map<string, bigint>();
  readonly #pending = new Set<string>();
  #causation = '';

  apply(event: Envelope): readonly Breach[] {
    const found: Breach[] = [];
    if (event.causationId !== this.#causation) {
      found.push(...this.#stillNegative());
      this.#negative.clear();
      this.#causation = event.causationId;
    }
    if ('postings' in event.data) found.push(...this.#post(event.position, event.data.postings));
    found.push(...this.#hold(event));
    return found;
  }

  finish(): readonly Breach[] {
    const sums = new Map<string, bigint>();
    const kinds = new Map<string, bigint>();
    for (const [key, units] of this.#balances) {
      const asset = key.slice(key.lastIndexOf(' ') + 1);
      sums.set(asset, (sums.get(asset) ?? 0n) + units);
      const kind = kindOf(key);
      if (kind !== undefined) kinds.set(`${kind} ${asset}`, (kinds.get(`${kind} ${asset}`) ?? 0n) + units);
    }
    const mirrored = [...sums.keys()].filter(
      (asset) =>
        (kinds.get(`debt ${asset}`) ?? 0n) + (kinds.get(`loans ${asset}`) ?? 0n) !== 0n ||
        (kinds.get(`supplied ${asset}`) ?? 0n) + (kinds.get(`claims ${asset}`) ?? 0n) !== 0n,
    );
    return [
      ...this.#stillNegative(),
      ...[...sums]
        .filter(([, sum]) => sum !== 0n)
        .map(([a, sum]) => breach(CONSERVED, 0n, `${a} ${text(sum)}`)),
      ...mirrored.map((asset) => breach(MIRRORED, 0n, asset)),
    ];
  }

  #post(at: bigint, postings: readonly Posting[]): readonly Breach[] {
    const sums = new Map<string, bigint>();
    for (const { account, asset, amount } of postings) {
      const units = exact(amount);
      sums.set(asset, (sums.get(asset) ?? 0n) + units);
      const key = `${account} ${asset}`;
      const after = (this.#balances.get(key) ?? 0n) + units;
      this.#balances.set(key, after);
      if (!account.startsWith('client:') && !account.startsWith('hold:')) continue;
      if (after < 0n) this.#negative.set(key, at);
      else this.#negative.delete(key);
    }
    return [...sums]
      .filter(([, sum]) => sum !== 0n)
      .map(([a, sum]) => breach(BALANCED, at, `${a} ${text(sum)}`));
  }

  #stillNegative(): readonly Breach[] {
    if (this.#negative.size === 0) return [];
    return [...this.#negative].map(([key, at]) =>
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
    this.#pending.add(key);
    return [];
  }

  #ended(key: string, at: bigint): readonly Breach[] {
    return this.#pending.delete(key) ? [] : [breach(HOLDS, at, `${key} ended without a hold`)];
  }
}

const kindOf = (key: string): 'debt' | 'loans' | 'supplied' | 'claims' | undefined => {
  if (key.startsWith('debt:')) return 'debt';
  if (key.startsWith('supplied:')) return 'supplied';
  if (!key.startsWith('pool:')) return undefined;
  if (key.includes(':loans ')) return 'loans';
  return key.includes(':claims ') ? 'claims' : undefined;
};
