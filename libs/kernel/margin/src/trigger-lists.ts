import { refuse } from './checks.ts';
import { LIMITS } from './limits.ts';

const STEP = 0.002;
const LOWEST = 0.5;
const BUCKETS = 500;
const NONE = -1;
const SIDES = [0, 1] as const;
type Side = (typeof SIDES)[number];

const bucketOf = (ratio: number): number => {
  const bucket = Math.floor((ratio - LOWEST) / STEP);
  return bucket < 0 ? 0 : bucket < BUCKETS ? bucket : BUCKETS - 1;
};

/**
 * Accounts waiting for a factor's highest ratio to rise above, or its lowest to fall below, a level: like
 * stop orders. A slot is one account's interest in one factor. Slots stand in buckets of 20 basis points,
 * each a doubly linked list, so that waiting, leaving and being called cost the same however many wait. A
 * slot whose level moved away from the price stays where it is and is put right when its bucket is reached;
 * only one that moved nearer is moved at once.
 */
export class TriggerLists {
  #heads = SIDES.map(() => new Int32Array(0));
  readonly #next = SIDES.map(() => new Int32Array(0));
  readonly #previous = SIDES.map(() => new Int32Array(0));
  /** Bucket that a slot stands in. */
  readonly #bucket = SIDES.map(() => new Int16Array(0));
  /** Level above which (side 0), below which (side 1), the slot is called. */
  readonly #level = SIDES.map(() => new Float64Array(0));
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
    return this.#factor.length * 44 + this.#start.length * 12;
  }

  /** Forgets every slot. */
  reset(factorCount: number): void {
    this.#heads = SIDES.map(() => new Int32Array(factorCount * BUCKETS).fill(NONE));
    this.#high = new Float64Array(factorCount).fill(1);
    this.#low = new Float64Array(factorCount).fill(1);
    this.#start.fill(0);
    this.#count.fill(0);
    this.#room.fill(0);
    this.#used = 0;
  }

  /**
   * True when the account's slots are for these factors, in this order: then `place` may set their levels.
   */
  standsFor(account: number, factors: Int32Array, count: number): boolean {
    if ((this.#count[account] ?? 0) !== count) return false;
    const from = this.#start[account]!;
    for (let n = 0; n < count; n++) if (this.#factor[from + n] !== factors[n]) return false;
    return true;
  }

  /**
   * Takes the account out of every list and gives it slots for these factors instead, to be placed one by
   * one.
   */
  enlist(account: number, factors: Int32Array, count: number): void {
    const old = this.#start[account] ?? 0;
    for (let slot = old; slot < old + (this.#count[account] ?? 0); slot++)
      for (const side of SIDES) this.#unlink(slot, side);
    this.#reserve(account, count);
    this.#count[account] = count;
    const from = this.#start[account]!;
    for (let n = 0; n < count; n++) {
      const slot = from + n;
      this.#factor[slot] = factors[n]!;
      this.#account[slot] = account;
      // At the far end of its side, where nothing is called before the first `place`.
      this.#link(slot, 0, BUCKETS - 1);
      this.#link(slot, 1, 0);
    }
  }

  /** Sets the levels of the account's nth slot. */
  place(account: number, n: number, above: number, below: number): void {
    const slot = this.#start[account]! + n;
    this.#level[0]![slot] = above;
    this.#level[1]![slot] = below;
    const factor = this.#factor[slot]!;
    this.#settle(slot, 0, bucketOf(above), bucketOf(this.#high[factor]!));
    this.#settle(slot, 1, bucketOf(below), bucketOf(this.#low[factor]!));
  }

  /** A slot may wait anywhere between the bucket that is looked at next and its own. */
  #settle(slot: number, side: Side, own: number, next: number): void {
    const stands = this.#bucket[side]![slot]!;
    const waits = side === 0 ? stands >= next && stands <= own : stands <= next && stands >= own;
    if (!waits) this.#move(slot, side, own);
  }

  /** Calls every account whose level the factor's ratios have passed; they stay in the lists. */
  pass(factor: number, high: number, low: number, call: (account: number) => void): void {
    if (high > this.#high[factor]!)
      for (let b = bucketOf(this.#high[factor]!); b <= bucketOf(high); b++)
        this.#walk(factor, 0, b, high, call);
    if (low < this.#low[factor]!)
      for (let b = bucketOf(this.#low[factor]!); b >= bucketOf(low); b--) this.#walk(factor, 1, b, low, call);
    this.#high[factor] = high;
    this.#low[factor] = low;
  }

  #walk(factor: number, side: Side, bucket: number, ratio: number, call: (account: number) => void): void {
    const levels = this.#level[side]!;
    let slot = this.#heads[side]![factor * BUCKETS + bucket]!;
    while (slot !== NONE) {
      const next = this.#next[side]![slot]!;
      const level = levels[slot]!;
      if (side === 0 ? level < ratio : level > ratio) call(this.#account[slot]!);
      else if (bucketOf(level) !== bucket) this.#move(slot, side, bucketOf(level));
      slot = next;
    }
  }

  /** Calls everyone who waits for the factor, at whatever level, and looks from these ratios on. */
  callAll(factor: number, high: number, low: number, call: (account: number) => void): void {
    for (let b = factor * BUCKETS; b < (factor + 1) * BUCKETS; b++)
      for (let slot = this.#heads[0]![b]!; slot !== NONE; slot = this.#next[0]![slot]!)
        call(this.#account[slot]!);
    this.#high[factor] = high;
    this.#low[factor] = low;
  }

  #move(slot: number, side: Side, bucket: number): void {
    this.#unlink(slot, side);
    this.#link(slot, side, bucket);
  }

  #link(slot: number, side: Side, bucket: number): void {
    const head = this.#factor[slot]! * BUCKETS + bucket;
    const heads = this.#heads[side]!;
    const first = heads[head]!;
    this.#bucket[side]![slot] = bucket;
    this.#next[side]![slot] = first;
    // A negative entry names the head that points here: −2 − head.
    this.#previous[side]![slot] = -2 - head;
    if (first !== NONE) this.#previous[side]![first] = slot;
    heads[head] = slot;
  }

  #unlink(slot: number, side: Side): void {
    const next = this.#next[side]![slot]!;
    const previous = this.#previous[side]![slot]!;
    if (previous <= -2) this.#heads[side]![-2 - previous] = next;
    else this.#next[side]![previous] = next;
    if (next !== NONE) this.#previous[side]![next] = previous;
  }

  #reserve(account: number, count: number): void {
    if (account >= this.#start.length) {
      const capacity = Math.min(LIMITS.accounts, Math.max(64, 2 * (account + 1)));
      this.#start = widened(this.#start, capacity);
      this.#count = widened(this.#count, capacity);
      this.#room = widened(this.#room, capacity);
    }
    if (this.#room[account]! >= count) return;
    this.#grow(this.#used + count);
    this.#start[account] = this.#used;
    this.#room[account] = count;
    this.#used += count;
  }

  #grow(needed: number): void {
    if (needed <= this.#factor.length) return;
    if (needed > LIMITS.rows)
      refuse('slots', `Expected at most ${LIMITS.rows} slots in all; the table is full`);
    const capacity = Math.min(LIMITS.rows, Math.ceil(1.25 * needed) + 1024);
    for (const side of SIDES) {
      this.#next[side] = widened(this.#next[side]!, capacity);
      this.#previous[side] = widened(this.#previous[side]!, capacity);
      const bucket = new Int16Array(capacity);
      bucket.set(this.#bucket[side]!);
      this.#bucket[side] = bucket;
      const level = new Float64Array(capacity);
      level.set(this.#level[side]!);
      this.#level[side] = level;
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
