import type { Envelope } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { breach, type Audit, type Breach } from './breach.ts';
import { exact, text } from './decimal-text.ts';

const INTEREST = "borrowers' interest = lenders' interest + reserve + rounding, exactly, at every settlement";
const SUMMED = 'a settlement distributes exactly what its borrowers were charged';
const INDEX = 'the indices of a pool never fall';
const UTILISED = 'utilisation lies between 0 and 1';
const FUND = 'the insurance fund is its credits less its payments, and never negative';
const BAD_DEBT = 'what the fund could not cover is recorded as bad debt, exactly';

const ONE = exact('1');

type Entry = Readonly<{ position: bigint; units: bigint }>;

const enter = (map: Map<string, Entry[]>, asset: string, position: bigint, amount: string): void => {
  const entries = map.get(asset) ?? [];
  entries.push({ position, units: exact(amount) });
  map.set(asset, entries);
};

/** Sum of the entries up to a position, which are then forgotten. */
const takeUpTo = (map: Map<string, Entry[]>, asset: string, position: bigint): bigint => {
  const entries = map.get(asset) ?? [];
  map.set(
    asset,
    entries.filter((entry) => entry.position > position),
  );
  return entries.filter((entry) => entry.position <= position).reduce((sum, { units }) => sum + units, 0n);
};

export class CreditAudit implements Audit {
  readonly invariants = [INTEREST, SUMMED, INDEX, UTILISED, FUND, BAD_DEBT];
  /** Interest charged and earned and not yet distributed, by asset. */
  readonly #charged = new Map<string, Entry[]>();
  readonly #earned = new Map<string, Entry[]>();
  readonly #indices = new Map<string, readonly [bigint, bigint]>();
  #fund = new Map<string, bigint>();
  /** Uncovered shortfalls not yet recorded, by liquidation and asset. */
  readonly #uncovered = new Map<string, bigint>();

  apply(event: Envelope): readonly Breach[] {
    const at = event.position;
    switch (event.type) {
      case 'InterestCharged':
        enter(this.#charged, event.data.asset, at, event.data.amount);
        return [];
      case 'InterestEarned':
        enter(this.#earned, event.data.asset, at, event.data.amount);
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
      case 'BadDebtRecorded': {
        const key = `${event.data.liquidationId} ${event.data.asset}`;
        const due = this.#uncovered.get(key);
        this.#uncovered.delete(key);
        return due === exact(event.data.amount) ? [] : [breach(BAD_DEBT, at, `${key} ${event.data.amount}`)];
      }
      default:
        return [];
    }
  }

  finish(): readonly Breach[] {
    return [...this.#uncovered].map(([key, units]) =>
      breach(BAD_DEBT, 0n, `${key} ${text(units)} never recorded`),
    );
  }

  #distributed(data: EventData<'InterestDistributed'>, at: bigint): readonly Breach[] {
    const { asset, borrowerInterest, lenderInterest, reserve, rounding } = data;
    const found: Breach[] = [];
    if (exact(borrowerInterest) !== exact(lenderInterest) + exact(reserve) + exact(rounding)) {
      found.push(breach(INTEREST, at, asset));
    }
    // Interest that lands between the charges of a settlement and its distribution belongs to the next one.
    const charged = takeUpTo(this.#charged, asset, BigInt(data.throughPosition));
    const earned = takeUpTo(this.#earned, asset, BigInt(data.throughPosition));
    if (charged !== exact(borrowerInterest)) {
      found.push(breach(SUMMED, at, `${asset} charged ${text(charged)}, said ${borrowerInterest}`));
    }
    if (earned !== exact(lenderInterest)) {
      found.push(breach(SUMMED, at, `${asset} earned ${text(earned)}, said ${lenderInterest}`));
    }
    return found;
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
    return units >= 0n && units === exact(said)
      ? []
      : [breach(FUND, at, `${asset} counts ${text(units)}, event says ${said}`)];
  }
}

const plus = (map: Map<string, bigint>, key: string, amount: string): void => {
  const units = amount.startsWith('--') ? exact(amount.slice(2)) : exact(amount === '-0' ? '0' : amount);
  map.set(key, (map.get(key) ?? 0n) + units);
};
