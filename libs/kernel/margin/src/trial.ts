import { Book } from './book.ts';
import { applyEffect, effectOf, type FillEffect, type LineFill } from './fills.ts';
import { settleFills } from './settled.ts';

/** A fill that is tried, and its fee: amount and key of the balance that it is taken from. */
export type TrialFill = LineFill & Readonly<{ fee: number; feeFrom: number }>;

/**
 * One account apart from its book, on which fills are tried: each trial begins with what it held at first.
 * What a fill does is worked out once, so whoever asks many times hands in the same objects again.
 */
export class Trial {
  readonly book: Book;
  readonly account = 0;
  /** What it held at first, where nothing is tried. */
  readonly #first: Book;
  readonly #effects = new Map<TrialFill, FillEffect>();
  /** Lines of the trial under way. */
  readonly #lines = new Set<number>();

  constructor(book: Book, account: number) {
    this.#first = aloneIn(book, account);
    this.book = aloneIn(book, account);
  }

  /** Books fills on what was held at first: as `bookFills`, their fees before. */
  try(fills: readonly TrialFill[]): void {
    const { book, account } = this;
    book.copy(account, this.#first, 0);
    for (const { fee, feeFrom } of fills) if (fee !== 0) book.addAt(account, feeFrom, -fee);
    this.#lines.clear();
    for (const fill of fills) {
      // A second fill of a line stands on the first one.
      const isFirst = !this.#lines.has(fill.line);
      this.#lines.add(fill.line);
      applyEffect(book, account, fill.line, isFirst ? this.#effectOf(fill) : effectOf(book, account, fill));
    }
    settleFills(book, account, fills);
  }

  #effectOf(fill: TrialFill): FillEffect {
    const known = this.#effects.get(fill);
    if (known !== undefined) return known;
    const effect = effectOf(this.#first, 0, fill);
    this.#effects.set(fill, effect);
    return effect;
  }

  /** Quantity of a line that was held at first. */
  heldAtFirst(line: number): number {
    const { positions } = this.#first;
    const row = positions.find(0, line);
    return positions.holds(0, row, line) ? positions.value[row]! : 0;
  }
}

/** A book that holds nothing but this account, at index 0. */
const aloneIn = (book: Book, account: number): Book => {
  const alone = new Book(book.catalogue);
  alone.copy(alone.addAccount('alone'), book, account);
  return alone;
};
