import type { UnwindCurve } from '@plinth/margin';
import type { DepthKnot, EventData } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import type { BookDepth, DepthView, MarksView, ReferenceView } from '@plinth/views';
import { lineOf, type Lines } from './lines.ts';

const PPM = 1_000_000;

/**
 * Marginal cost of what books take together: every unit costs the upper end of its step, so that a book that
 * takes more at some cost never makes any quantity dearer.
 */
export const unwindCurveOf = (sides: readonly (readonly DepthKnot[])[]): UnwindCurve => {
  const costs = [...new Set(sides.flatMap((side) => side.map(({ costPpm }) => costPpm)))];
  costs.sort((a, b) => a - b);
  const quantities: number[] = [];
  const marginalCosts: number[] = [];
  let taken = 0;
  for (const cost of costs) {
    const within = sides.reduce((sum, side) => sum + withinCost(side, cost), 0);
    if (!(within > taken)) continue;
    quantities.push(taken, within);
    marginalCosts.push(cost / PPM, cost / PPM);
    taken = within;
  }
  // Books that take nothing: the first unit costs the cap.
  return taken === 0 ? { quantities: [0, 0], marginalCosts: [0, 0] } : { quantities, marginalCosts };
};

const withinCost = (side: readonly DepthKnot[], costPpm: number): number => {
  let within = 0;
  for (const knot of side) if (knot.costPpm <= costPpm) within = textToFloat(knot.quantity, 'quantity');
  return within;
};

const SIDES = ['sell', 'buy'] as const;

/**
 * Observed books as the margin library's cost curves: of a contract at a venue its own book, of an asset the
 * books of all its spot pairs together. Whether a book counts is said by the time of the latest marks, so
 * that the curves are a function of the log, and do not depend on the order in which books were observed.
 */
export class DepthCurves {
  readonly #reference: ReferenceView;
  readonly #depth: DepthView;
  readonly #marks: MarksView;
  readonly #lines: Lines;
  /** Books that count now, by line. */
  readonly #counted = new Map<string, BookDepth>();
  #nextEndMs = Infinity;

  constructor(reference: ReferenceView, depth: DepthView, marks: MarksView, lines: Lines) {
    this.#reference = reference;
    this.#depth = depth;
    this.#marks = marks;
    this.#lines = lines;
  }

  /** Books were observed. */
  take({ venueId, books }: EventData<'VenueDepthObserved'>): void {
    this.#count(books.flatMap(({ instrumentId }) => this.#depth.of(venueId, instrumentId) ?? []));
  }

  /** Reference data changed, or everything was loaded: lines may be there that were not. */
  takeAll(): void {
    this.#count(this.#depth.all());
  }

  /** The time of the marks moved on. */
  expire(): void {
    if (this.#marks.at >= this.#nextEndMs) this.#count([...this.#counted.values()]);
  }

  reset(): void {
    this.#counted.clear();
    this.#nextEndMs = Infinity;
  }

  #count(books: readonly BookDepth[]): void {
    const assets = new Set<string>();
    for (const book of books) {
      const { venueId, instrumentId, goodUntilMs } = book;
      const line = lineOf(instrumentId, venueId);
      if (!this.#lines.has(instrumentId, venueId)) continue;
      const counts = goodUntilMs > this.#marks.at;
      if (!counts && !this.#counted.has(line)) continue;
      if (counts) this.#counted.set(line, book);
      else this.#counted.delete(line);
      const { kind, underlying } = this.#reference.instrument(instrumentId);
      if (kind === 'spot') assets.add(underlying);
      else this.#set('instrument', line, counts ? [book] : []);
    }
    this.#nextEndMs = Infinity;
    for (const { goodUntilMs } of this.#counted.values())
      this.#nextEndMs = Math.min(this.#nextEndMs, goodUntilMs);
    for (const asset of assets) this.#set('asset', asset, this.#booksOf(asset));
  }

  /** Spot books of an asset that count, in the order of their lines: sums of float64 have one order. */
  #booksOf(asset: string): readonly BookDepth[] {
    return [...this.#counted]
      .filter(([, { instrumentId }]) => {
        const { kind, underlying } = this.#reference.instrument(instrumentId);
        return kind === 'spot' && underlying === asset;
      })
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, book]) => book);
  }

  #set(line: 'asset' | 'instrument', id: string, books: readonly BookDepth[]): void {
    for (const side of SIDES) {
      const curve = books.length === 0 ? undefined : unwindCurveOf(books.map((book) => book[side]));
      this.#lines.market.setUnwindCurve(line, id, side, curve);
    }
  }
}
