import { assert } from '@plinth/money';
import type { LogRecord } from './log-record.ts';

export type Verdict =
  /** The event that is due. */
  | 'next'
  /** Applied before: dropped. */
  | 'duplicate'
  /** Of a writer that an earlier epoch left behind: dropped. */
  | 'stale'
  /** Events before it are missing: they are read from the log. */
  | 'gap'
  /** Its link is not known yet: it is compared with the log. */
  | 'unlinked'
  /** It does not follow on what was applied. */
  | 'forked';

/** Links kept of what was applied: far more than a relay has in flight. */
const RECENT = 4_096;

/**
 * What a reader of the backbone has applied, and what it makes of the next record. Pure: the same records
 * give the same verdicts.
 */
export class LogSequence {
  readonly #recent: (Buffer | undefined)[] = Array.from({ length: RECENT });
  #last: bigint;
  #hash: Buffer | undefined;
  #epoch: number;

  /** `hash` is that of the chain up to `after`; undefined when the reader starts from a snapshot. */
  constructor(after: bigint, hash: Buffer | undefined, epoch: number) {
    this.#last = after;
    this.#hash = hash;
    this.#epoch = epoch;
    this.#remember();
  }

  /** Position of the last event that was applied. */
  get last(): bigint {
    return this.#last;
  }

  get hash(): Buffer | undefined {
    return this.#hash;
  }

  judge(record: LogRecord): Verdict {
    const { position, epoch, previous, hash } = record;
    if (position <= this.#last) {
      if (epoch < this.#epoch) return 'stale';
      const known = this.#linkOf(position);
      return known === undefined || known.equals(hash) ? 'duplicate' : 'forked';
    }
    if (position > this.#last + 1n) return epoch < this.#epoch ? 'stale' : 'gap';
    if (this.#hash === undefined) return 'unlinked';
    if (this.#hash.equals(previous)) return 'next';
    return epoch < this.#epoch ? 'stale' : 'forked';
  }

  /** The event at `position` was applied; `hash` is that of the chain with it. */
  advance(position: bigint, hash: Buffer | undefined, epoch = this.#epoch): void {
    assert(position === this.#last + 1n, () => `Expected position ${this.#last + 1n}, was ${position}`);
    this.#last = position;
    this.#hash = hash;
    if (epoch > this.#epoch) this.#epoch = epoch;
    this.#remember();
  }

  /** The link of the last event has become known: its record was compared with the log. */
  link(hash: Buffer): void {
    this.#hash = hash;
    this.#remember();
  }

  #remember(): void {
    this.#recent[slotOf(this.#last)] = this.#hash;
  }

  #linkOf(position: bigint): Buffer | undefined {
    return this.#last - position < BigInt(RECENT) ? this.#recent[slotOf(position)] : undefined;
  }
}

const slotOf = (position: bigint): number => Number(BigInt.asUintN(12, position));
