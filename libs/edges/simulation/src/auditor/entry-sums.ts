type Entry = Readonly<{ from: bigint; position: bigint; units: bigint }>;

/**
 * Amounts by their positions, until they are taken. When there are too many, the oldest half is added up: it
 * can then only be taken as a whole.
 */
export class EntrySums {
  readonly #max: number;
  #entries: Entry[] = [];
  /** A sum was split that could not be: what was too much of it last time is too little this time. */
  #isSplit = false;

  constructor(max: number) {
    this.#max = Math.max(2, max);
  }

  get size(): number {
    return this.#entries.length;
  }

  add(position: bigint, units: bigint): void {
    this.#entries.push({ from: position, position, units });
    if (this.#entries.length <= this.#max) return;
    const half = Math.floor(this.#max / 2) + 1;
    const oldest = this.#entries.slice(0, half);
    const [first, last] = [oldest[0], oldest.at(-1)];
    if (first === undefined || last === undefined) return;
    const sum = oldest.reduce((total, one) => total + one.units, 0n);
    this.#entries = [{ from: first.from, position: last.position, units: sum }, ...this.#entries.slice(half)];
  }

  /** Sum of the amounts up to a position, which are then forgotten; and whether it is of these alone. */
  takeUpTo(position: bigint): Readonly<{ units: bigint; isWhole: boolean }> {
    const wasSplit = this.#isSplit;
    const taken = this.#entries.filter(({ from }) => from <= position);
    this.#isSplit = taken.some((one) => one.position > position);
    this.#entries = this.#entries.filter(({ from }) => from > position);
    const units = taken.reduce((sum, one) => sum + one.units, 0n);
    return { units, isWhole: !wasSplit && !this.#isSplit };
  }
}
