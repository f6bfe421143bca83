import type { History } from '../data/history.ts';
import { INVERSE_CONTRACT_USD, type Line } from '../data/series.ts';
import { COLLATERAL_STABLES, underlyingOf } from '../data/symbols.ts';
import type { Leg } from './drawn-book.ts';

/** A contract that could be traded at a moment. */
export type Offer = Readonly<{
  line: number;
  underlying: string;
  venue: string;
  isVenue: boolean;
  paidIn: string;
  mark: number;
}>;

/** What a book can be made of at one step: only what had a fresh price then. */
export class Moment {
  readonly step: number;
  readonly offers: readonly Offer[];
  /** Offers by underlying. */
  readonly byUnderlying: ReadonlyMap<string, readonly Offer[]>;
  /** Coins with a price, to hold or to borrow. */
  readonly coins: readonly string[];
  /** Stablecoins that the data prices. */
  readonly stables: readonly string[];
  readonly #history: History;

  constructor(history: History, step: number) {
    this.#history = history;
    this.step = step;
    this.offers = history.lines.flatMap((line, n) => {
      const mark = (history.marks[n] as Float64Array)[step] as number;
      const isFresh = !Number.isNaN(mark) && [line.base, line.quote].every((asset) => this.#isPriced(asset));
      return isFresh ? [offerOf(line, n, mark)] : [];
    });
    this.byUnderlying = Map.groupBy(this.offers, ({ underlying }) => underlying);
    const held = [...new Set(history.lines.map(({ base }) => base))];
    this.coins = held.filter((asset) => this.#isPriced(asset));
    this.stables = COLLATERAL_STABLES.filter(
      (asset) => this.#isPriced(asset) && history.dollars.get(asset) !== history.dollars.get('USD'),
    );
  }

  /** When it is, and the volatility that an option is marked with then. */
  get atMs(): number {
    return this.#history.times[this.step] as number;
  }

  volatility(underlying: string, strike: number, years: number): number {
    return this.#history.surfaces.get(underlying)?.volatility(this.step, strike, years) ?? NaN;
  }

  /** Coins that options are written on and that have a contract to hedge with. */
  get optionCoins(): readonly string[] {
    return [...this.byUnderlying.keys()].filter((coin) => this.#history.surfaces.has(coin));
  }

  dollars(asset: string): number {
    return this.#history.dollars.get(asset)?.[this.step] ?? NaN;
  }

  #isPriced(asset: string): boolean {
    return this.dollars(asset) > 0;
  }

  /** A leg worth so many dollars, short when negative, entered at the mark. */
  leg({ line, mark }: Offer, dollars: number): Leg {
    const { form, quote } = this.#history.lines[line] as Line;
    const unit = form === 'inverse' ? INVERSE_CONTRACT_USD : mark * this.dollars(quote);
    return { line, quantity: dollars / unit, entry: mark };
  }

  venueOf({ line }: Leg): string {
    return (this.#history.lines[line] as Line).venue;
  }
}

const offerOf = ({ base, quote, venue, kind }: Line, line: number, mark: number): Offer => ({
  line,
  underlying: underlyingOf(base),
  venue,
  isVenue: kind === 'venue',
  paidIn: quote,
  mark,
});
