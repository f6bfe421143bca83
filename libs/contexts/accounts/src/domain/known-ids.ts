/**
 * A set that only grows, shared by the states that follow one another: adding to the newest state costs O(1),
 * and an older state still sees just its own ids, because each id carries the place at which it was added.
 * Adding to a state that has been overtaken (an append that failed) copies what that state can see.
 */
export class KnownIds {
  static readonly EMPTY = new KnownIds(new Map(), 0);
  readonly #places: Map<string, number>;
  readonly size: number;

  private constructor(places: Map<string, number>, size: number) {
    this.#places = places;
    this.size = size;
  }

  static of(ids: Iterable<string>): KnownIds {
    const places = new Map<string, number>();
    for (const id of ids) places.set(id, places.size);
    return new KnownIds(places, places.size);
  }

  /** In the order in which they were added. */
  get ids(): readonly string[] {
    return [...this.#places].flatMap(([id, place]) => (place < this.size ? [id] : []));
  }

  has(id: string): boolean {
    const place = this.#places.get(id);
    return place !== undefined && place < this.size;
  }

  with(id: string): KnownIds {
    const place = this.#places.get(id);
    if (place !== undefined && place < this.size) return this;
    // A decision is evolved twice, when it is taken and when it is kept: the second time the id is there
    // already.
    if (place === this.size) return new KnownIds(this.#places, this.size + 1);
    const newest = this.size > 0 && this.#places.size === this.size;
    const places = newest
      ? this.#places
      : new Map([...this.#places].filter(([, place]) => place < this.size));
    places.set(id, this.size);
    return new KnownIds(places, this.size + 1);
  }
}

/**
 * Remembers at least the latest `least` ids, at most twice as many: a full generation replaces the one before
 * it.
 */
export class RecentIds {
  static readonly EMPTY = new RecentIds(KnownIds.EMPTY, KnownIds.EMPTY);
  readonly #young: KnownIds;
  readonly #old: KnownIds;

  private constructor(young: KnownIds, old: KnownIds) {
    this.#young = young;
    this.#old = old;
  }

  static of([young, old]: readonly (readonly string[])[]): RecentIds {
    return new RecentIds(KnownIds.of(young ?? []), KnownIds.of(old ?? []));
  }

  /** Of the present generation, and of the one before it. */
  get generations(): readonly (readonly string[])[] {
    return [this.#young.ids, this.#old.ids];
  }

  has(id: string): boolean {
    return this.#young.has(id) || this.#old.has(id);
  }

  with(id: string, least: number): RecentIds {
    return this.#young.size < least
      ? new RecentIds(this.#young.with(id), this.#old)
      : new RecentIds(KnownIds.EMPTY.with(id), this.#young);
  }
}
