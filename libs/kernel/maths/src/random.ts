/**
 * Seeded randomness for simulations: the same seed gives the same numbers on every machine. SplitMix32 over
 * 32-bit integer arithmetic only; statistical quality is enough to draw paths and choices, not for secrets.
 */
export class Random {
  #state: number;

  private constructor(state: number) {
    this.#state = state;
  }

  /** An independent generator for every list of words: adding a draw in one place moves no other. */
  static of(...words: readonly (number | string)[]): Random {
    let hash = 2_166_136_261;
    for (const char of words.join(' ')) {
      hash = Math.imul(hash ^ char.charCodeAt(0), 16_777_619);
    }
    const random = new Random(hash >>> 0);
    random.uniform();
    return random;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    this.#state = (this.#state + 0x9e37_79b9) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 4_294_967_296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** Whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('Expected at least one item to pick from');
    return item;
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** Standard normal up to 6 in size: twelve uniforms less six. Additions only, so exact on every machine. */
  normal(): number {
    let sum = -6;
    for (let i = 0; i < 12; i += 1) sum += this.uniform();
    return sum;
  }
}
