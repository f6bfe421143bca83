import { refuse } from './checks.ts';
import { LIMITS } from './limits.ts';

const SMALLEST_SEGMENT = 4;
const SMALLEST_TABLE = 64;

/** Rows of one account by slot, and the slots in order of rank. */
export interface OrderedRows {
  readonly order: readonly number[];
  readonly keys: readonly number[];
  readonly value: Float64Array;
  readonly extra: Float64Array;
}

/**
 * Rows of many accounts in flat arrays: account k owns `count[k]` rows from `start[k]`, sorted by rank. A
 * segment that is full moves to the end with twice the room; when half of the array is holes, everything is
 * moved together.
 */
export class RowTable {
  readonly #noun: string;
  readonly #rowsPerAccount: number;
  readonly #rank: (key: number) => number;
  start = new Int32Array(0);
  count = new Int32Array(0);
  #room = new Int32Array(0);
  /** What the row is about: an index, or two packed together. */
  key = new Int32Array(0);
  value = new Float64Array(0);
  /** Second value of the row: the entry price of a position. */
  extra = new Float64Array(0);
  #used = 0;
  #holes = 0;

  constructor(noun: string, rowsPerAccount: number, rank: (key: number) => number) {
    this.#noun = noun;
    this.#rowsPerAccount = rowsPerAccount;
    this.#rank = rank;
  }

  /** Bytes held by the arrays. */
  get bytes(): number {
    return this.start.byteLength * 3 + this.key.byteLength + this.value.byteLength + this.extra.byteLength;
  }

  openAccount(account: number): void {
    if (account < this.start.length) return;
    const capacity = Math.min(LIMITS.accounts, Math.max(64, 2 * (account + 1)));
    this.start = widened(this.start, capacity);
    this.count = widened(this.count, capacity);
    this.#room = widened(this.#room, capacity);
  }

  find(account: number, key: number): number {
    const rank = this.#rank(key);
    let low = this.start[account]!;
    let high = low + this.count[account]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#rank(this.key[middle]!) < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  holds(account: number, row: number, key: number): boolean {
    return row < this.start[account]! + this.count[account]! && this.key[row] === key;
  }

  /** Writes one row; a value of 0 removes it. */
  set(account: number, key: number, value: number, extra: number): void {
    const row = this.find(account, key);
    if (this.holds(account, row, key)) {
      if (value === 0) this.#remove(account, row);
      else {
        this.value[row] = value;
        this.extra[row] = extra;
      }
    } else if (value !== 0) this.#insert(account, row, key, value, extra);
  }

  #remove(account: number, row: number): void {
    const end = this.start[account]! + this.count[account]!;
    this.#shift(row + 1, end, row);
    this.count[account]!--;
  }

  #insert(account: number, row: number, key: number, value: number, extra: number): void {
    const count = this.count[account]!;
    if (count >= this.#rowsPerAccount)
      refuse(this.#noun, `Expected at most ${this.#rowsPerAccount} per account; close one first`);
    const offset = row - this.start[account]!;
    if (count === this.#room[account]!) this.#move(account, Math.max(SMALLEST_SEGMENT, 2 * count));
    const at = this.start[account]! + offset;
    this.#shift(at, this.start[account]! + count, at + 1);
    this.key[at] = key;
    this.value[at] = value;
    this.extra[at] = extra;
    this.count[account] = count + 1;
  }

  #shift(from: number, to: number, target: number): void {
    this.key.copyWithin(target, from, to);
    this.value.copyWithin(target, from, to);
    this.extra.copyWithin(target, from, to);
  }

  #move(account: number, room: number): void {
    const from = this.start[account]!;
    const own = this.#room[account]!;
    // The last segment has nothing behind it: it grows where it stands.
    if (own > 0 && from + own === this.#used) {
      this.#reserve(room - own);
      this.#used += room - own;
      this.#room[account] = room;
      return;
    }
    this.#reserve(room);
    this.#shift(from, from + this.count[account]!, this.#used);
    this.start[account] = this.#used;
    this.#used += room;
    this.#holes += own;
    this.#room[account] = room;
    if (this.#holes > 1024 && 2 * this.#holes > this.#used) this.#compact();
  }

  #reserve(room: number): void {
    const needed = this.#used + room;
    if (needed <= this.key.length) return;
    if (needed > LIMITS.rows)
      refuse(this.#noun, `Expected at most ${LIMITS.rows} rows in all; the table is full`);
    const capacity = Math.min(LIMITS.rows, Math.max(SMALLEST_TABLE, Math.ceil(1.5 * needed)));
    this.key = widened(this.key, capacity);
    const value = new Float64Array(capacity);
    value.set(this.value);
    this.value = value;
    const extra = new Float64Array(capacity);
    extra.set(this.extra);
    this.extra = extra;
  }

  /** Closes the holes; accounts end up in order, so that a pass over all of them reads memory forward. */
  #compact(): void {
    const old = { key: this.key, value: this.value, extra: this.extra };
    this.key = new Int32Array(old.key.length);
    this.value = new Float64Array(old.value.length);
    this.extra = new Float64Array(old.extra.length);
    let at = 0;
    for (let account = 0; account < this.start.length; account++) {
      const from = this.start[account]!;
      const to = from + this.count[account]!;
      this.key.set(old.key.subarray(from, to), at);
      this.value.set(old.value.subarray(from, to), at);
      this.extra.set(old.extra.subarray(from, to), at);
      this.start[account] = at;
      at += this.#room[account]!;
    }
    this.#used = at;
    this.#holes = 0;
  }

  rankOf(key: number): number {
    return this.#rank(key);
  }

  /** Gives an account these rows in place of its own; those of 0 are left out. */
  replace(account: number, { order, keys, value, extra }: OrderedRows): void {
    const most = order.length;
    this.clear(account);
    if (most > this.#room[account]!) this.#move(account, most);
    const start = this.start[account]!;
    let count = 0;
    for (let n = 0; n < most; n++) {
      const slot = order[n]!;
      if (value[slot] === 0) continue;
      this.key[start + count] = keys[slot]!;
      this.value[start + count] = value[slot]!;
      this.extra[start + count] = extra[slot]!;
      count++;
    }
    if (count > this.#rowsPerAccount)
      refuse(this.#noun, `Expected at most ${this.#rowsPerAccount} per account; close one first`);
    this.count[account] = count;
  }

  /** Gives an account the rows that an account of another table has, in place of its own. */
  copy(account: number, from: RowTable, other: number): void {
    const count = from.count[other]!;
    this.clear(account);
    if (count > this.#room[account]!) this.#move(account, count);
    const at = this.start[account]!;
    const start = from.start[other]!;
    for (let n = 0; n < count; n++) {
      this.key[at + n] = from.key[start + n]!;
      this.value[at + n] = from.value[start + n]!;
      this.extra[at + n] = from.extra[start + n]!;
    }
    this.count[account] = count;
  }

  clear(account: number): void {
    this.count[account] = 0;
  }
}

const widened = (old: Int32Array, capacity: number): Int32Array<ArrayBuffer> => {
  const next = new Int32Array(capacity);
  next.set(old);
  return next;
};
