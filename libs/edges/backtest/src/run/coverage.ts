import { LIMITS } from '../limits.ts';

/** z of a two-sided interval of 95 %. */
const Z = 1.959963984540054;

export type Interval = Readonly<{ low: number; high: number }>;

/** Wilson's interval of a share, 95 %: it stays within 0 and 1 and is right for few failures too. */
export const wilson = (successes: number, count: number): Interval => {
  if (count === 0) return { low: 0, high: 1 };
  const share = successes / count;
  const z2 = Z * Z;
  const centre = (share + z2 / (2 * count)) / (1 + z2 / count);
  const half = (Z / (1 + z2 / count)) * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count * count));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
};

/** Whether requirements were enough, over many books. Shares are NaN when no book was judged. */
export type Coverage = Readonly<{
  books: number;
  /** Books that the model does not margin; they are in none of the other figures. */
  refused: number;
  covered: number;
  share: number;
  interval: Interval;
  breaches: number;
  /** Moments with a breach: books of one moment fail together. */
  breachedMoments: number;
  moments: number;
  /** The largest part of a loss that was not covered: USD, and as a part of the book's size. */
  worstShortfall: number;
  worstRelative: number;
  /** Requirement as a part of the book's size, averaged over books. */
  requirement: number;
}>;

/** Most books whose ratios are kept between two prunings, in multiples of those that can matter. */
const SLACK = 4;

/**
 * By which factor requirements would have to be multiplied to cover just a goal of all books: the quantile of
 * loss over requirement. Models that cover more, or less, are compared by it at equal safety.
 */
export class ScaleToGoal {
  #ratios: number[] = [];
  #books = 0;
  readonly #goal: number;

  constructor(goal: number) {
    this.#goal = goal;
  }

  add(loss: number, available: number): void {
    this.#books++;
    if (loss <= 0) return;
    this.#ratios.push(available > 0 ? loss / available : Infinity);
    const kept = 1 + Math.ceil((1 - this.#goal) * LIMITS.books);
    if (this.#ratios.length < SLACK * kept) return;
    this.#ratios = this.#sorted().slice(0, kept);
  }

  /** Infinite where a requirement of nothing met a loss too often; NaN without books. */
  get factor(): number {
    if (this.#books === 0) return NaN;
    // So many books may stay uncovered; the next one decides.
    const uncovered = Math.floor((1 - this.#goal) * this.#books + 1e-9);
    return this.#sorted()[uncovered] ?? 0;
  }

  #sorted(): number[] {
    return this.#ratios.sort((a, b) => (a === b ? 0 : b - a));
  }
}

/** Adds up books one by one. */
export class CoverageCount {
  #books = 0;
  #refused = 0;
  #covered = 0;
  #worst = 0;
  #relative = 0;
  #shares = 0;
  readonly #moments = new Set<string>();
  readonly #breached = new Set<string>();

  /**
   * @param available what the requirement leaves for losses of marks; NaN when the book was refused
   * @param moment the same for all books that share one
   */
  add(loss: number, required: number, available: number, size: number, moment: string): void {
    if (Number.isNaN(required)) {
      this.#refused++;
      return;
    }
    this.#books++;
    this.#moments.add(moment);
    this.#shares += required / size;
    const missing = loss - available;
    if (missing <= 0) {
      this.#covered++;
      return;
    }
    this.#breached.add(moment);
    this.#worst = Math.max(this.#worst, missing);
    this.#relative = Math.max(this.#relative, missing / size);
  }

  get result(): Coverage {
    const books = this.#books;
    return {
      books,
      refused: this.#refused,
      covered: this.#covered,
      share: books === 0 ? NaN : this.#covered / books,
      interval: wilson(this.#covered, books),
      breaches: books - this.#covered,
      breachedMoments: this.#breached.size,
      moments: this.#moments.size,
      worstShortfall: this.#worst,
      worstRelative: this.#relative,
      requirement: books === 0 ? NaN : this.#shares / books,
    };
  }
}
