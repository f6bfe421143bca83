import { DistanceIndex, FIGURE_COUNT, marginAll, type Book, type MarginKernel } from '@plinth/margin';

/** Figures of a whole book, kept between questions; each answer is what valuing everybody now would give. */
export class Valuations {
  #figures = new Float64Array(0);
  #valuedBy: MarginKernel | undefined;
  #valuedAt = -1;
  readonly #touched = new Set<number>();
  /** Made when it is first asked for: who never asks for suspects does not pay for it. */
  #index: DistanceIndex | undefined;
  readonly #suspects = new Set<number>();

  /** The account's content changed. */
  touch(account: number): void {
    this.#touched.add(account);
    this.#index?.invalidate(account);
  }

  /** Another kernel, or another book: nothing that is kept is worth anything. */
  forget(): void {
    this.#valuedBy = undefined;
    this.#touched.clear();
    this.#index = undefined;
    this.#suspects.clear();
  }

  /** FIGURE_COUNT figures for each account, in the order of the book. */
  all(kernel: MarginKernel, book: Book): Float64Array {
    const size = book.size * FIGURE_COUNT;
    if (this.#figures.length < size) {
      const wider = new Float64Array(Math.max(64 * FIGURE_COUNT, 2 * size));
      wider.set(this.#figures);
      this.#figures = wider;
    }
    const { model } = kernel;
    model.refresh();
    if (this.#valuedBy !== kernel || this.#valuedAt !== model.market.version) {
      marginAll(kernel, book, this.#figures);
      this.#valuedBy = kernel;
      this.#valuedAt = model.market.version;
    } else {
      for (const account of this.#touched)
        this.#figures.set(kernel.value(book, account), account * FIGURE_COUNT);
    }
    this.#touched.clear();
    return this.#figures;
  }

  /** Accounts that may be anything but healthy, in the order of the book. */
  suspects(kernel: MarginKernel, book: Book): readonly number[] {
    this.#index ??= new DistanceIndex(kernel, book);
    this.#index.update((account, _from, to) => {
      if (to > 0) this.#suspects.add(account);
      else this.#suspects.delete(account);
    });
    return [...this.#suspects].sort((a, b) => a - b);
  }
}
