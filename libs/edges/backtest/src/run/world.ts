import { Book, Catalogue, MarketState, type InstrumentSpec, type MarkInput } from '@plinth/margin';
import { contentOf, CUSTODY } from '../books/drawn-book.ts';
import { INVERSE_CONTRACT_USD, type Line } from '../data/series.ts';
import { underlyingOf } from '../data/symbols.ts';
import type { Sample } from './sample.ts';

const sure = (price: number): MarkInput => ({ mark: price, low: price, high: price, state: 'live' });

/**
 * A sample in the arrays of the margin kernel: every book an account, the market as it was at the step asked
 * for. Prices that were not fresh stay what they were last; no book of the step holds any of those.
 */
export class World {
  readonly sample: Sample;
  readonly catalogue = new Catalogue();
  readonly market: MarketState;
  readonly book: Book;
  /** Steps that have books, and the first book of each. */
  readonly steps: readonly Readonly<{ step: number; from: number; to: number }>[];

  constructor(sample: Sample) {
    this.sample = sample;
    const { lines, dollars } = sample.history;
    this.catalogue.addLocation({ id: CUSTODY, kind: 'custody' });
    for (const asset of dollars.keys()) {
      if (asset !== 'USD') this.catalogue.addAsset({ id: asset, underlying: underlyingOf(asset) });
    }
    for (const venue of new Set(lines.map((line) => line.venue)))
      this.catalogue.addLocation({ id: venue, kind: 'venue' });
    for (const line of lines) this.catalogue.addInstrument(specOf(line));
    this.market = new MarketState(this.catalogue);
    this.book = new Book(this.catalogue);
    sample.books.forEach((drawn, n) => {
      const account = this.book.addAccount(`${n}`);
      this.book.load(
        account,
        contentOf(drawn, (line) => (lines[line] as Line).id),
      );
    });
    this.steps = stepsOf(sample);
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
  }
}

const specOf = ({ id, venue, base, quote, form }: Line): InstrumentSpec => {
  const common = { id, venue, underlying: underlyingOf(base), quote, kind: 'perpetual' } as const;
  if (form === 'inverse') return { ...common, form, settlement: base, contractSize: INVERSE_CONTRACT_USD };
  return { ...common, form, settlement: quote, contractSize: 1 };
};

const stepsOf = ({ books }: Sample): World['steps'] => {
  const steps: { step: number; from: number; to: number }[] = [];
  books.forEach(({ step }, n) => {
    const last = steps.at(-1);
    if (last?.step === step) last.to = n + 1;
    else steps.push({ step, from: n, to: n + 1 });
  });
  return steps;
};
