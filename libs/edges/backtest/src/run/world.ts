import { Book, Catalogue, MarketState, type InstrumentSpec, type MarkInput } from '@plinth/margin';
import {
  contentOf,
  CUSTODY,
  optionId,
  optionMark,
  optionSpec,
  type DrawnBook,
  type OptionLeg,
} from '../books/drawn-book.ts';
import { INVERSE_CONTRACT_USD, type Line } from '../data/series.ts';
import { underlyingOf } from '../data/symbols.ts';
import type { Sample } from './sample.ts';

const sure = (price: number): MarkInput => ({ mark: price, low: price, high: price, state: 'live' });

type Steps = readonly Readonly<{ step: number; from: number; to: number }>[];

/**
 * Books of a sample in the arrays of the margin kernel: every book an account, the market as it was at the
 * step asked for. Prices that were not fresh stay what they were last; no book of the step holds such a one.
 */
export class World {
  readonly sample: Sample;
  readonly catalogue = new Catalogue();
  readonly market: MarketState;
  readonly book: Book;
  /** Which of the sample's books these are. */
  readonly indexes: readonly number[];
  /** Steps that have books, and the first book of each, among these. */
  readonly steps: Steps;
  readonly #options: ReadonlyMap<string, OptionLeg>;

  constructor(sample: Sample, indexes: readonly number[] = [...sample.books.keys()]) {
    this.sample = sample;
    this.indexes = indexes;
    const books = indexes.map((n) => sample.books[n] as DrawnBook);
    const { lines, dollars } = sample.history;
    this.catalogue.addLocation({ id: CUSTODY, kind: 'custody' });
    for (const asset of dollars.keys()) {
      if (asset !== 'USD') this.catalogue.addAsset({ id: asset, underlying: underlyingOf(asset) });
    }
    for (const venue of new Set(lines.map((line) => line.venue)))
      this.catalogue.addLocation({ id: venue, kind: 'venue' });
    for (const line of lines) this.catalogue.addInstrument(specOf(line));
    this.#options = new Map(books.flatMap(({ options }) => options.map((leg) => [optionId(leg), leg])));
    for (const leg of this.#options.values()) this.catalogue.addInstrument(optionSpec(leg));
    this.market = new MarketState(this.catalogue);
    this.book = new Book(this.catalogue);
    books.forEach((drawn, n) => {
      const account = this.book.addAccount(`${n}`);
      this.book.load(
        account,
        contentOf(drawn, (line) => (lines[line] as Line).id),
      );
    });
    this.steps = stepsOf(books);
  }

  /** Prices and volatilities as they were known then. */
  moveTo(step: number): void {
    const { lines, marks, dollars, volatility } = this.sample.history;
    const at = (values: Float64Array | undefined): number => values?.[step] ?? NaN;
    for (const [asset, prices] of dollars) {
      if (asset === 'USD') continue;
      const [price, perYear] = [at(prices), at(volatility.get(asset))];
      if (price > 0) this.market.setAssetPrice(asset, sure(price));
      const underlying = underlyingOf(asset);
      // A wrapped coin speaks for the coin only where the coin itself is not priced.
      const speaks = asset === underlying || !(at(dollars.get(underlying)) > 0);
      if (speaks && !Number.isNaN(perYear)) this.market.setVolatility(underlying, Math.min(100, perYear));
    }
    lines.forEach(({ id }, n) => {
      const mark = at(marks[n]);
      if (mark > 0) this.market.setInstrumentMark(id, sure(mark));
    });
    if (this.#options.size === 0) return;
    this.market.setTime(this.sample.history.times[step] as number);
    for (const [id, leg] of this.#options) {
      const { price, volatility, dollars: value } = optionMark(this.sample.history, leg, step);
      if (Number.isNaN(value)) continue;
      this.market.setOptionTerms(id, { forward: price, fixedForward: 0, volatility });
      const mark = leg.form === 'inverse' ? value / price : value;
      this.market.setInstrumentMark(id, sure(Math.max(LEAST_MARK, mark)));
    }
  }
}

/** A mark of nothing would be no mark. */
const LEAST_MARK = 1e-12;

/** A whole sample: one world for all books without options, and one for each step of those with some. */
export type Stage = Readonly<{ sample: Sample; worlds: readonly World[] }>;

/**
 * Options differ from step to step, so those of a step have a catalogue of their own: none has to hold all of
 * them.
 */
export const stageOf = (sample: Sample): Stage => {
  const plain = [...sample.books.keys()].filter((n) => (sample.books[n] as DrawnBook).options.length === 0);
  const written = [...sample.books.keys()].filter((n) => (sample.books[n] as DrawnBook).options.length > 0);
  const byStep = Map.groupBy(written, (n) => (sample.books[n] as DrawnBook).step);
  const parts = [...(plain.length === 0 ? [] : [plain]), ...byStep.values()];
  return { sample, worlds: parts.map((indexes) => new World(sample, indexes)) };
};

const specOf = ({ id, venue, base, quote, form }: Line): InstrumentSpec => {
  const common = { id, venue, underlying: underlyingOf(base), quote, kind: 'perpetual' } as const;
  if (form === 'inverse') return { ...common, form, settlement: base, contractSize: INVERSE_CONTRACT_USD };
  return { ...common, form, settlement: quote, contractSize: 1 };
};

export const stepsOf = (books: readonly DrawnBook[]): Steps => {
  const steps: { step: number; from: number; to: number }[] = [];
  books.forEach(({ step }, n) => {
    const last = steps.at(-1);
    if (last?.step === step) last.to = n + 1;
    else steps.push({ step, from: n, to: n + 1 });
  });
  return steps;
};
