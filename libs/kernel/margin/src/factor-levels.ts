import { refuse } from './checks.ts';
import { LIMITS } from './limits.ts';

/**
 * The box of every account: for each price factor that it depends on, the level that the factor's highest
 * ratio must not rise above and the one that its lowest must not fall below. Accounts side by side in flat
 * arrays; a segment grows by moving to the end.
 */
export class FactorLevels {
  #start = new Int32Array(0);
  #count = new Int32Array(0);
  #room = new Int32Array(0);
  #factor = new Int16Array(0);
  #above = new Float64Array(0);
  #below = new Float64Array(0);
  #used = 0;

  get bytes(): number {
    return this.#factor.length * 18 + this.#start.length * 12;
  }

  /** Forgets every box. */
  reset(): void {
    this.#start.fill(0);
    this.#count.fill(0);
    this.#room.fill(0);
    this.#used = 0;
  }

  /** The account depends on these factors from now on; `place` gives it its box. */
  enlist(account: number, factors: Int32Array, count: number): void {
    this.#reserve(account, count);
    this.#count[account] = count;
    const from = this.#start[account]!;
    for (let n = 0; n < count; n++) this.#factor[from + n] = factors[n]!;
  }

  /**
   * A box of ±radius about the factors as they stand. The line that stands lowest may rise by the radius from
   * there, the highest fall: then no line has moved by more than it. Returns the largest spread, highest over
   * lowest, of the factors.
   */
  place(account: number, radius: number, factors: FactorRange): number {
    const { high, low, spread } = factors;
    const from = this.#start[account]!;
    const to = from + this.#count[account]!;
    let widest = 0;
    for (let slot = from; slot < to; slot++) {
      const f = this.#factor[slot]!;
      this.#above[slot] = low[f]! * (1 + radius);
      this.#below[slot] = high[f]! * (1 - radius);
      if (spread[f]! > widest) widest = spread[f]!;
    }
    return widest;
  }

  /**
   * The share of travel that is left: while each ratio grows or falls by no more than that, counted tick by
   * tick and added up, all of them stay inside the box. 0 or less: one has left it.
   */
  left(account: number, { high, low }: FactorRange): number {
    const from = this.#start[account]!;
    const to = from + this.#count[account]!;
    let left = 1;
    for (let slot = from; slot < to && left > 0; slot++) {
      const f = this.#factor[slot]!;
      // Π(1 + δ) ≤ e^Σδ, and ln(above / high) ≥ 1 − high / above.
      const up = 1 - high[f]! / this.#above[slot]!;
      const down = 1 - this.#below[slot]! / low[f]!;
      if (up < left) left = up;
      if (down < left) left = down;
    }
    return left;
  }

  /** Whether the account depends on a factor that is marked. */
  dependsOn(account: number, marks: Uint8Array): boolean {
    const from = this.#start[account]!;
    const to = from + this.#count[account]!;
    for (let slot = from; slot < to; slot++) if (marks[this.#factor[slot]!] === 1) return true;
    return false;
  }

  #reserve(account: number, count: number): void {
    if (account >= this.#start.length) {
      const capacity = Math.min(LIMITS.accounts, Math.max(64, 2 * (account + 1)));
      this.#start = widened(new Int32Array(capacity), this.#start);
      this.#count = widened(new Int32Array(capacity), this.#count);
      this.#room = widened(new Int32Array(capacity), this.#room);
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
    this.#factor = widened(new Int16Array(capacity), this.#factor);
    this.#above = widened(new Float64Array(capacity), this.#above);
    this.#below = widened(new Float64Array(capacity), this.#below);
  }
}

/** Highest and lowest ratio of each factor's lines to their bases, and the one over the other. */
export type FactorRange = Readonly<{ high: Float64Array; low: Float64Array; spread: Float64Array }>;

const widened = <T extends Int16Array | Int32Array | Float64Array>(next: T, old: T): T => {
  next.set(old);
  return next;
};
