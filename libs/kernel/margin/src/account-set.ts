import { LIMITS } from './limits.ts';

/** From this share of the accounts on, all marks are read to put the marked in order. */
const FEW = 1 / 16;

/** Accounts noted in any order, taken in theirs, which is that of memory. Nothing is allocated in between. */
export class AccountSet {
  #isIn = new Uint8Array(0);
  #list = new Int32Array(0);
  #spare = new Int32Array(0);
  #count = 0;

  get bytes(): number {
    return 9 * this.#isIn.length;
  }

  add(account: number): void {
    if (account >= this.#isIn.length) this.#widen(account);
    if (this.#isIn[account] === 1) return;
    this.#isIn[account] = 1;
    this.#list[this.#count++] = account;
  }

  /** The accounts in their order; the set is empty afterwards. Good until the next call. */
  take(): Int32Array {
    const taken = this.#list.subarray(0, this.#count);
    if (this.#count < FEW * this.#isIn.length) {
      taken.sort();
      for (const account of taken) this.#isIn[account] = 0;
    } else this.#sweep(taken);
    [this.#list, this.#spare] = [this.#spare, this.#list];
    this.#count = 0;
    return taken;
  }

  #sweep(taken: Int32Array): void {
    for (let account = 0, n = 0; n < taken.length; account++) {
      if (this.#isIn[account] === 0) continue;
      this.#isIn[account] = 0;
      taken[n++] = account;
    }
  }

  #widen(account: number): void {
    const capacity = Math.min(LIMITS.accounts, Math.max(64, 2 * (account + 1)));
    const isIn = new Uint8Array(capacity);
    isIn.set(this.#isIn);
    const list = new Int32Array(capacity);
    list.set(this.#list);
    this.#isIn = isIn;
    this.#list = list;
    this.#spare = new Int32Array(capacity);
  }
}
