import type { OrderedRows, RowTable } from './row-table.ts';

const SMALLEST = 32;

export type Row = Readonly<{ value: number; extra: number }>;

/**
 * Rows of one account that are changed again and again from what they were at first. A key keeps its slot,
 * so nobody looks it up twice; a value of 0 is no row.
 */
export class SlotRows implements OrderedRows {
  readonly #table: RowTable;
  readonly #slots = new Map<number, number>();
  readonly keys: number[] = [];
  readonly order: number[] = [];
  value = new Float64Array(SMALLEST);
  extra = new Float64Array(SMALLEST);
  #firstValue = new Float64Array(SMALLEST);
  #firstExtra = new Float64Array(SMALLEST);

  /** Keys of the table. */
  constructor(table: RowTable) {
    this.#table = table;
  }

  /** What there is at first. */
  begin(slot: number, value: number, extra: number): void {
    this.value[slot] = this.#firstValue[slot] = value;
    this.extra[slot] = this.#firstExtra[slot] = extra;
  }

  reset(): void {
    const { value, extra } = this;
    for (let slot = 0; slot < this.keys.length; slot++) {
      value[slot] = this.#firstValue[slot]!;
      extra[slot] = this.#firstExtra[slot]!;
    }
  }

  first(slot: number): Row {
    return { value: this.#firstValue[slot]!, extra: this.#firstExtra[slot]! };
  }

  now(slot: number): Row {
    return { value: this.value[slot]!, extra: this.extra[slot]! };
  }

  find(key: number): number | undefined {
    return this.#slots.get(key);
  }

  /** A key that is new has nothing at first. */
  slotOf(key: number): number {
    return this.#slots.get(key) ?? this.#open(key);
  }

  #open(key: number): number {
    const slot = this.keys.length;
    if (slot === this.value.length) this.#widen();
    this.keys.push(key);
    this.#slots.set(key, slot);
    const rank = this.#table.rankOf(key);
    let at = slot;
    while (at > 0 && this.#table.rankOf(this.keys[this.order[at - 1]!]!) > rank) at--;
    this.order.splice(at, 0, slot);
    return slot;
  }

  #widen(): void {
    this.value = widened(this.value);
    this.extra = widened(this.extra);
    this.#firstValue = widened(this.#firstValue);
    this.#firstExtra = widened(this.#firstExtra);
  }
}

const widened = (old: Float64Array): Float64Array<ArrayBuffer> => {
  const next = new Float64Array(2 * old.length);
  next.set(old);
  return next;
};
