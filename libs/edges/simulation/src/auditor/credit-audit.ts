import type { Envelope } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { breach, type Audit, type Breach } from './breach.ts';
import { exact, text } from './decimal-text.ts';
import { EntrySums } from './entry-sums.ts';
import { Memory, type AuditLimits, type RecentMap } from './memory.ts';

const INTEREST = "borrowers' interest = lenders' interest + reserve + rounding, exactly, at every settlement";
const SUMMED = 'a settlement distributes exactly what its borrowers were charged';
const INDEX = 'the indices of a pool never fall';
const UTILISED = 'utilisation lies between 0 and 1';
const FUND = 'the insurance fund is its credits less its payments, and never negative';
const BAD_DEBT = 'what the fund could not cover is recorded as bad debt, exactly';

const ONE = exact('1');

/** Charges (or earnings) of one asset that are kept one by one. */
const ENTRIES_MAX = 20_000;

export class CreditAudit implements Audit {
  readonly invariants = [INTEREST, SUMMED, INDEX, UTILISED, FUND, BAD_DEBT];
  readonly memory: Memory;
  /** Interest charged and earned and not yet distributed, by asset. */
  readonly #charged;
  readonly #earned;
  readonly #indices;
  readonly #fund;
  /** Uncovered shortfalls not yet recorded, by liquidation and asset. */
  readonly #uncovered;

  constructor(limits: AuditLimits) {
    this.memory = new Memory(limits);
    this.#charged = this.memory.live<EntrySums>('assets with interest charged');
    this.#earned = this.memory.live<EntrySums>('assets with interest earned');
    this.#indices = this.memory.live<readonly [bigint, bigint]>('indices of pools');
    this.#fund = this.memory.live<bigint>('assets of the fund');
    this.#uncovered = this.memory.live<bigint>('uncovered shortfalls');
  }

  apply(event: Envelope): readonly Breach[] {
    const at = event.position;
    switch (event.type) {
      case 'InterestCharged':
        this.#enter(this.#charged, event.data, at);
        return [];
      case 'InterestEarned':
        this.#enter(this.#earned, event.data, at);
        return [];
      case 'InterestDistributed':
        return this.#distributed(event.data, at);
      case 'PoolAccrued':
        return this.#accrued(event.data, at);
      case 'FundCredited':
        plus(this.#fund, event.data.asset, event.data.amount);
        return this.#fundAfter(event.data.asset, event.data.fundAfter, at);
      case 'ShortfallCovered': {
        const { asset, amount, uncovered, fundAfter, liquidationId } = event.data;
        plus(this.#fund, asset, `-${amount}`);
        if (exact(uncovered) !== 0n) this.#uncovered.set(`${liquidationId} ${asset}`, exact(uncovered));
        return this.#fundAfter(asset, fundAfter, at);
      }
      case 'BadDebtRecorded':
        return this.#recorded(event.data, at);
      default:
        return [];
    }
  }

  finish(): readonly Breach[] {
    return [...this.#uncovered.entries()].map(([key, units]) =>
      breach(BAD_DEBT, 0n, `${key} ${text(units)} never recorded`),
    );
  }

  #enter(
    sums: RecentMap<EntrySums>,
    { asset, amount }: Readonly<{ asset: string; amount: string }>,
    at: bigint,
  ): void {
    let entries = sums.get(asset);
    if (entries === undefined) {
      entries = new EntrySums(Math.min(ENTRIES_MAX, this.memory.limits.recent));
      sums.set(asset, entries);
    }
    entries.add(at, exact(amount));
  }

  #recorded({ liquidationId, asset, amount }: EventData<'BadDebtRecorded'>, at: bigint): readonly Breach[] {
    const key = `${liquidationId} ${asset}`;
    const due = this.#uncovered.get(key);
    this.#uncovered.delete(key);
    if (due === undefined) return this.memory.breach(BAD_DEBT, at, `${key} ${amount}`, this.#uncovered);
    return due === exact(amount) ? [] : [breach(BAD_DEBT, at, `${key} ${amount}`)];
  }

  #distributed(data: EventData<'InterestDistributed'>, at: bigint): readonly Breach[] {
    const { asset, borrowerInterest, lenderInterest, reserve, rounding } = data;
    const found: Breach[] = [];
    if (exact(borrowerInterest) !== exact(lenderInterest) + exact(reserve) + exact(rounding)) {
      found.push(breach(INTEREST, at, asset));
    }
    // Interest that lands between the charges of a settlement and its distribution belongs to the next one.
    const through = BigInt(data.throughPosition);
    const [charged, earned] = [this.#charged.get(asset), this.#earned.get(asset)];
    found.push(
      ...this.#summed(charged, through, borrowerInterest, at, `${asset} charged`),
      ...this.#summed(earned, through, lenderInterest, at, `${asset} earned`),
    );
    return found;
  }

  #summed(
    entries: EntrySums | undefined,
    through: bigint,
    said: string,
    at: bigint,
    what: string,
  ): readonly Breach[] {
    const { units, isWhole } = entries?.takeUpTo(through) ?? { units: 0n, isWhole: true };
    if (units === exact(said)) return [];
    const needed = [{ isWhole }, this.#charged, this.#earned];
    return this.memory.breach(SUMMED, at, `${what} ${text(units)}, said ${said}`, ...needed);
  }

  #accrued(data: EventData<'PoolAccrued'>, at: bigint): readonly Breach[] {
    const before = this.#indices.get(data.asset) ?? [ONE, ONE];
    const now = [exact(data.borrowIndex), exact(data.supplyIndex)] as const;
    this.#indices.set(data.asset, now);
    const found: Breach[] = [];
    if (now[0] < before[0] || now[1] < before[1]) found.push(breach(INDEX, at, data.asset));
    const utilisation = exact(data.utilisation);
    if (utilisation < 0n || utilisation > ONE)
      found.push(breach(UTILISED, at, `${data.asset} ${data.utilisation}`));
    return found;
  }

  #fundAfter(asset: string, said: string, at: bigint): readonly Breach[] {
    const units = this.#fund.get(asset) ?? 0n;
    if (units >= 0n && units === exact(said)) return [];
    const detail = `${asset} counts ${text(units)}, event says ${said}`;
    return this.memory.breach(FUND, at, detail, this.#fund);
  }
}

const plus = (map: RecentMap<bigint>, key: string, amount: string): void => {
  const units = amount.startsWith('--') ? exact(amount.slice(2)) : exact(amount === '-0' ? '0' : amount);
  map.set(key, (map.get(key) ?? 0n) + units);
};
