import type { AccountSet } from './account-set.ts';
import { LIMITS } from './limits.ts';

/** No account waits for more travel than this. */
export const LONGEST_WAIT = 0.1;
/** Buckets of travel, of a width that is a power of two: sums and their remainders are exact. */
const PER_SHARE = 32_768;
const RING = 8_192;
/** Travel once around the ring: more than twice as much as an account may wait. */
const ROUND = RING / PER_SHARE;
const NONE = -1;
/** Covers the rounding of sums of travel. */
const SHORTER = 1 - 1e-9;
const EARLIER = 1e-12;

/**
 * Accounts in the order in which they must be looked at again. Time is how far prices have travelled: over
 * ticks, the sum of the largest relative move of any of them. An account waits for a share of travel and is
 * called before prices have travelled that far; it costs the same to wait, to leave and to be called however
 * many wait. Buckets in a ring, each a doubly linked list.
 */
export class TravelQueue {
  readonly #heads = new Int32Array(RING).fill(NONE);
  #next = new Int32Array(0);
  /** The account before; −2 − bucket for the first of a bucket; −1 for one that does not wait. */
  #previous = new Int32Array(0);
  /** Since the last full round. */
  #travelled = 0;

  get bytes(): number {
    return 8 * this.#next.length;
  }

  reset(): void {
    this.#heads.fill(NONE);
    this.#previous.fill(NONE);
    this.#travelled = 0;
  }

  /** The account waits for so much travel from now on, at most LONGEST_WAIT. */
  wait(account: number, travel: number): void {
    if (account >= this.#next.length) this.#widen(account);
    this.leave(account);
    const wait = Math.max(0, SHORTER * Math.min(LONGEST_WAIT, travel) - EARLIER);
    const bucket = Math.floor((this.#travelled + wait) * PER_SHARE) % RING;
    const first = this.#heads[bucket]!;
    this.#next[account] = first;
    this.#previous[account] = -2 - bucket;
    if (first !== NONE) this.#previous[first] = account;
    this.#heads[bucket] = account;
  }

  leave(account: number): void {
    const previous = this.#previous[account] ?? NONE;
    if (previous === NONE) return;
    const next = this.#next[account]!;
    if (previous <= -2) this.#heads[-2 - previous] = next;
    else this.#next[previous] = next;
    if (next !== NONE) this.#previous[next] = previous;
    this.#previous[account] = NONE;
  }

  /** Prices have travelled on. Adds those whose wait may be over to the set; they wait no longer. */
  travel(share: number, over: AccountSet): void {
    const from = Math.floor(this.#travelled * PER_SHARE);
    const travelled = this.#travelled + share;
    // The bucket that travel stands in holds some that wait for less than its width: it is called every time.
    const count = Math.min(RING, Math.floor(travelled * PER_SHARE) - from + 1);
    this.#travelled = travelled - ROUND * Math.floor(travelled / ROUND);
    for (let n = 0; n < count; n++) {
      const bucket = (from + n) % RING;
      let account = this.#heads[bucket]!;
      this.#heads[bucket] = NONE;
      while (account !== NONE) {
        const next = this.#next[account]!;
        this.#previous[account] = NONE;
        over.add(account);
        account = next;
      }
    }
  }

  #widen(account: number): void {
    const capacity = Math.min(LIMITS.accounts, Math.max(64, 2 * (account + 1)));
    const next = new Int32Array(capacity);
    next.set(this.#next);
    this.#next = next;
    const previous = new Int32Array(capacity).fill(NONE);
    previous.set(this.#previous);
    this.#previous = previous;
  }
}
