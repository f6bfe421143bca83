type Due = Readonly<{ id: string; at: number }>;

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.id < b.id);

/** A binary heap of what falls due when. Removal is lazy: the owner skips what is no longer pending. */
export class DueQueue {
  #heap: Due[] = [];

  get first(): Due | undefined {
    return this.#heap[0];
  }

  add(id: string, at: number): void {
    const heap = this.#heap;
    let i = heap.push({ id, at }) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(heap[i] as Due, heap[parent] as Due)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let i = 0; ;) {
      const least = this.#leastOf(i);
      if (least === i) return;
      this.#swap(i, least);
      i = least;
    }
  }

  clear(): void {
    this.#heap = [];
  }

  #leastOf(i: number): number {
    let least = i;
    for (const child of [2 * i + 1, 2 * i + 2]) {
      const item = this.#heap[child];
      if (item !== undefined && before(item, this.#heap[least] as Due)) least = child;
    }
    return least;
  }

  #swap(i: number, j: number): void {
    const held = this.#heap[i] as Due;
    this.#heap[i] = this.#heap[j] as Due;
    this.#heap[j] = held;
  }
}
