/**
 * Keeps at most twice `size` evenly spaced samples of a sequence whose length is not known: when there are
 * too many, every second is dropped and from then on only every second is taken. A function of the sequence
 * alone.
 */
export class EvenSamples<T> {
  readonly #size: number;
  #kept: T[] = [];
  #stride = 1;
  #seen = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Whether the next sample would be kept: measuring what is dropped can be left out. */
  get isDue(): boolean {
    return this.#seen % this.#stride === 0;
  }

  /** Counts one more; `measure` is asked only when it is due. */
  offer(measure: () => T): T | undefined {
    const due = this.isDue;
    this.#seen += 1;
    if (!due) return undefined;
    const sample = measure();
    this.#kept.push(sample);
    if (this.#kept.length >= 2 * this.#size) {
      this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
      this.#stride *= 2;
    }
    return sample;
  }

  get samples(): readonly T[] {
    return this.#kept;
  }
}
