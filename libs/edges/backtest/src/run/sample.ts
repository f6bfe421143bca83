import { Random } from '@plinth/maths';
import { assert } from '@plinth/money';
import { drawBook } from '../books/draw.ts';
import type { DrawnBook } from '../books/drawn-book.ts';
import { Moment } from '../books/moment.ts';
import { grossOf, realisedLoss } from '../books/realised-loss.ts';
import { STYLES, type Style } from '../books/styles.ts';
import type { History } from '../data/history.ts';
import { LIMITS } from '../limits.ts';

export type SampleOptions = Readonly<{
  seed: number;
  /** Books of each style at each moment, and most moments of a data set; evenly spread. */
  booksPerStyle: number;
  momentsMax: number;
  /** Liquidation horizon over which losses are realised. */
  horizonMs: number;
  /** Kinds of books; all of them when absent. */
  styles?: readonly Style[];
}>;

/** Books of one history with what they lost: the same for every model and every parameter set. */
export type Sample = Readonly<{
  history: History;
  /** Steps over which losses were realised. */
  horizonSteps: number;
  moments: number;
  books: readonly DrawnBook[];
  /** By book: Σ |notional|, worst loss within the horizon, loss at its end; USD. */
  gross: Float64Array;
  worst: Float64Array;
  atEnd: Float64Array;
  /** Books without any step at which all of it had a price: not judged. */
  unobserved: number;
}>;

/** Hours that volatilities get before the first book, so that they rest on more than their prior. */
const WARM_UP_MS = 6 * 3_600_000;
/** A history too short for the usual horizon is judged over this part of its length instead. */
const SHORT_PART = 5;

export const drawSample = (history: History, options: SampleOptions): Sample => {
  const { stepMs, times } = history;
  const usual = Math.max(1, Math.round(options.horizonMs / stepMs));
  const horizonSteps = Math.min(usual, Math.max(1, Math.floor(times.length / SHORT_PART)));
  const warmedUp = Math.min(Math.round(WARM_UP_MS / stepMs), Math.floor(times.length / SHORT_PART));
  const steps = pricedSteps(history)
    .slice(warmedUp)
    .filter((step) => step + horizonSteps < times.length);
  const count = Math.min(options.momentsMax, steps.length);
  assert(count <= LIMITS.moments, `Expected at most ${LIMITS.moments} moments, was ${count}`);
  const books: DrawnBook[] = [];
  const losses: (readonly [gross: number, worst: number, atEnd: number])[] = [];
  let unobserved = 0;
  for (let n = 0; n < count; n++) {
    const step = steps[Math.floor((n * steps.length) / count)] as number;
    const moment = new Moment(history, step);
    for (const style of options.styles ?? STYLES)
      for (let k = 0; k < options.booksPerStyle; k++) {
        const random = Random.of(options.seed, history.name, step, style, k);
        const book = drawBook(moment, style, random);
        const loss = book && realisedLoss(history, book, horizonSteps);
        if (book === undefined) continue;
        if (loss === undefined) unobserved++;
        else {
          books.push(book);
          losses.push([grossOf(history, book), loss.worst, loss.atEnd]);
        }
      }
  }
  const column = (n: 0 | 1 | 2): Float64Array => Float64Array.from(losses, (row) => row[n]);
  const sums = { gross: column(0), worst: column(1), atEnd: column(2) };
  return { history, horizonSteps, moments: count, books, ...sums, unobserved };
};

/** Steps at which at least one contract has a fresh price. */
const pricedSteps = ({ times, marks }: History): readonly number[] =>
  [...times.keys()].filter((step) => marks.some((path) => !Number.isNaN(path[step])));
