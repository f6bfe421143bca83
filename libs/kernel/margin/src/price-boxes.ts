import { AccountSet } from './account-set.ts';
import { FactorLevels } from './factor-levels.ts';
import type { PriceFactors } from './price-factors.ts';
import { TravelQueue } from './travel-queue.ts';

/**
 * Boxes of accounts: who is told that its prices may move by ±radius is called as soon as one has moved
 * further. An account waits until prices have travelled so far that one may have left its box; then the box
 * is looked at, and it waits for what is left.
 */
export class PriceBoxes {
  readonly #factors: PriceFactors;
  readonly #levels = new FactorLevels();
  readonly #queue = new TravelQueue();
  readonly #over = new AccountSet();

  constructor(factors: PriceFactors) {
    this.#factors = factors;
  }

  get bytes(): number {
    return this.#levels.bytes + this.#queue.bytes + this.#over.bytes;
  }

  reset(): void {
    this.#levels.reset();
    this.#queue.reset();
  }

  /** The account depends on these factors from now on, and has no box before it is placed. */
  enlist(account: number, factors: Int32Array, count: number): void {
    this.#queue.leave(account);
    this.#levels.enlist(account, factors, count);
  }

  /**
   * A box of ±radius, at most LONGEST_WAIT, about the prices as they stand. False when the lines of one
   * factor stand further apart than the box is wide: then nothing is certain, and nobody is called again.
   */
  place(account: number, radius: number): boolean {
    const spread = this.#levels.place(account, radius, this.#factors);
    // As `left` would say of the box just placed.
    const left = 1 - Math.max(spread / (1 + radius), spread * (1 - radius));
    if (left > 0) this.#queue.wait(account, left);
    else this.#queue.leave(account);
    return left > 0;
  }

  /** After an update of the factors: calls, in no order, each of `size` accounts that has left its box. */
  look(size: number, call: (account: number) => void): void {
    const factors = this.#factors;
    if (factors.broken.includes(1)) {
      for (let account = 0; account < size; account++)
        if (this.#levels.dependsOn(account, factors.broken)) call(account);
      factors.broken.fill(0);
    }
    this.#queue.travel(factors.travel, this.#over);
    for (const account of this.#over.take()) {
      const left = this.#levels.left(account, factors);
      if (left > 0) this.#queue.wait(account, left);
      else call(account);
    }
  }
}
