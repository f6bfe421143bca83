import { refuse } from './checks.ts';
import { LIMITS } from './limits.ts';

const STEP = 0.0005;
const LOWEST = 0.5;
const BUCKETS = 2_000;
const NONE = -1;

const bucketOf = (ratio: number): number =>
  Math.min(BUCKETS - 1, Math.max(0, Math.floor((ratio - LOWEST) / STEP)));

/**
 * Accounts waiting for a factor's highest ratio to rise above, or its lowest to fall below, a level: like stop orders.
 * Levels are kept in buckets of 5 basis points, each a doubly linked list of slots, so that waiting, leaving and being
 * called cost the same however many wait. A slot is one account's interest in one factor.
 */
export class TriggerLists {
  #heads = [new Int32Array(0), new Int32Array(0)];
  readonly #next = [new Int32Array(0), new Int32Array(0)];
  readonly #previous = [new Int32Array(0), new Int32Array(0)];
  /** Level above which, below which, the slot is called. */
  #levels = [new Float64Array(0), new Float64Array(0)];
  #factor = new Int32Array(0);
  #account = new Int32Array(0);
  /** First slot of each account and the number in use; a segment grows by moving to the end. */
  #start = new Int32Array(0);
  #count = new Int32Array(0);
  #room = new Int32Array(0);
  #used = 0;
  /** Highest and lowest ratio that slots were last checked against. */
  #high = new Float64Array(0);
  #low = new Float64Array(0);

  get bytes(): number {
    return this.#factor.length * 40 + this.#start.length * 12;
  }

  /** Forgets every slot. */
  reset(factorCount: number): void {
    this.#heads = [0, 1].map(() => new Int32Array(factorCount * BUCKETS).fill(NONE));
    this.#high = new Float64Array(factorCount).fill(1);
    this.#low = new Float64Array(factorCount).fill(1);
    this.#start.fill(0);
    this.#count.fill(0);
    this.#room.fill(0);
    this.#used = 0;
  }

  /** Takes the account out of every list. */
  leave(account: number): void {
    const from = this.#start[account] ?? 0;
    const count = this.#count[account] ?? 0;
    for (let slot = from; slot < from + count; slot++) {
      this.#unlink(slot, 0);
      this.#unlink(slot, 1);
    }
    if (count > 0) this.#count[account] = 0;
  }

  /** Lets the account wait for one factor; it must have left before, and `factors` bounds how many calls follow. */
  wait(account: number, factors: number, factor: number, above: number, below: number): void {
    this.#reserve(account, factors);
    const slot = this.#start[account]! + this.#count[account]!;
    this.#count[account]!++;
    this.#factor[slot] = factor;
    this.#account[slot] = account;
    this.#levels[0]![slot] = above;
    this.#levels[1]![slot] = below;
    this.#link(slot, 0);
    this.#link(slot, 1);
  }

  /** Calls every account whose level the factor's ratios have passed since the last call; they stay in the lists. */
  pass(factor: number, high: number, low: number, call: (account: number) => void): void {
    const base = factor * BUCKETS;
    if (high > this.#high[factor]!)
      for (let b = bucketOf(this.#high[factor]!); b <= bucketOf(high); b++)
        for (let slot = this.#heads[0]![base + b]!; slot !== NONE; slot = this.#next[0]![slot]!)
          if (this.#levels[0]![slot]! < high) call(this.#account[slot]!);
    if (low < this.#low[factor]!)
      for (let b = bucketOf(this.#low[factor]!); b >= bucketOf(low); b--)
        for (let slot = this.#heads[1]![base + b]!; slot !== NONE; slot = this.#next[1]![slot]!)
          if (this.#levels[1]![slot]! > low) call(this.#account[slot]!);
    this.#high[factor] = high;
    this.#low[factor] = low;
  }

  /** Calls everyone who waits for the factor, at whatever level. */
  callAll(factor: number, call: (account: number) => void): void {
    for (let b = factor * BUCKETS; b < (factor + 1) * BUCKETS; b++)
      for (let slot = this.#heads[0]![b]!; slot !== NONE; slot = this.#next[0]![slot]!)
        call(this.#account[slot]!);
  }

  /** The ratios from which the next `pass` looks: after a new base, or when a level was set against them. */
  startFrom(factor: number, high: number, low: number): void {
    this.#high[factor] = high;
    this.#low[factor] = low;
  }

  #link(slot: number, side: 0 | 1): void {
    const head = this.#factor[slot]! * BUCKETS + bucketOf(this.#levels[side]![slot]!);
    const heads = this.#heads[side]!;
    const first = heads[head]!;
    this.#next[side]![slot] = first;
    // A negative entry names the head that points here: −2 − head.
    this.#previous[side]![slot] = -2 - head;
    if (first !== NONE) this.#previous[side]![first] = slot;
    heads[head] = slot;
  }

  #unlink(slot: number, side: 0 | 1): void {
    const next = this.#next[side]![slot]!;
    const previous = this.#previous[side]![slot]!;
    if (previous <= -2) this.#heads[side]![-2 - previous] = next;
    else this.#next[side]![previous] = next;
    if (next !== NONE) this.#previous[side]![next] = previous;
  }

  #reserve(account: number, factors: number): void {
    if (account >= this.#start.length) {
      const capacity = Math.min(LIMITS.accounts, Math.max(64, 2 * (account + 1)));
      this.#start = widened(this.#start, capacity);
      this.#count = widened(this.#count, capacity);
      this.#room = widened(this.#room, capacity);
    }
    if (this.#room[account]! >= factors) return;
    if (this.#count[account]! > 0) refuse('factors', 'Expected the account to have left its lists first');
    this.#grow(this.#used + factors);
    this.#start[account] = this.#used;
    this.#room[account] = factors;
    this.#used += factors;
  }

  #grow(needed: number): void {
    if (needed <= this.#factor.length) return;
    if (needed > LIMITS.rows)
      refuse('slots', `Expected at most ${LIMITS.rows} slots in all; the table is full`);
    const capacity = Math.min(LIMITS.rows, Math.ceil(1.5 * needed) + 1024);
    for (const side of [0, 1] as const) {
      this.#next[side] = widened(this.#next[side]!, capacity);
      this.#previous[side] = widened(this.#previous[side]!, capacity);
      const levels = new Float64Array(capacity);
      levels.set(this.#levels[side]!);
      this.#levels[side] = levels;
    }
    this.#factor = widened(this.#factor, capacity);
    this.#account = widened(this.#account, capacity);
  }
}

const widened = (old: Int32Array, capacity: number): Int32Array<ArrayBuffer> => {
  const next = new Int32Array(capacity);
  next.set(old);
  return next;
};
