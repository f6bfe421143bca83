import type { AccountContent } from '@plinth/margin';

/** What a fill does to holdings needs of its instrument: floats, resolved once. */
export type FillTerms = Readonly<{
  /** Id of the instrument at its venue in the margin library. */
  line: string;
  kind: 'spot' | 'derivative';
  /** What a spot pair buys. */
  base: string;
  /** Quote asset of a spot pair, settlement asset of a derivative. */
  settlement: string;
  /** Where money of the fill stands. */
  location: string;
  inverse: boolean;
  contractSize: number;
}>;

type Line = { quantity: number; entryPrice: number };

/**
 * Holdings of one account on their way into the margin library: what is booked, plus what has been filled or might be.
 * Amounts in units of the asset, quantities in contracts, prices in quote units.
 */
export class Holdings {
  readonly #positions = new Map<string, Line>();
  readonly #balances = new Map<string, { asset: string; location: string; amount: number }>();
  readonly #debts = new Map<string, number>();

  addPosition(line: string, quantity: number, entryPrice: number): void {
    this.#positions.set(line, { quantity, entryPrice });
  }

  addBalance(asset: string, location: string, amount: number): void {
    const key = `${location} ${asset}`;
    const before = this.#balances.get(key)?.amount ?? 0;
    this.#balances.set(key, { asset, location, amount: before + amount });
  }

  addDebt(asset: string, amount: number): void {
    this.#debts.set(asset, (this.#debts.get(asset) ?? 0) + amount);
  }

  /** Books a fill as the ledger will: `quantity` is signed, positive for a buy. */
  fill(terms: FillTerms, quantity: number, price: number): void {
    if (quantity === 0) return;
    if (terms.kind === 'spot') {
      this.addBalance(terms.base, terms.location, quantity);
      this.addBalance(terms.settlement, terms.location, -quantity * price);
      return;
    }
    const line = this.#positions.get(terms.line) ?? { quantity: 0, entryPrice: price };
    const isReducing = line.quantity * quantity < 0;
    if (isReducing) {
      const closed = Math.sign(line.quantity) * Math.min(Math.abs(line.quantity), Math.abs(quantity));
      const profit = closed * terms.contractSize * profitOf(terms.inverse, line.entryPrice, price);
      this.addBalance(terms.settlement, terms.location, profit);
    }
    const after = line.quantity + quantity;
    if (after === 0) this.#positions.delete(terms.line);
    else this.#positions.set(terms.line, { quantity: after, entryPrice: entryAfter(terms, line, quantity, price) });
  }

  content(): AccountContent {
    return {
      positions: [...this.#positions].map(([instrument, line]) => ({ instrument, ...line })),
      balances: [...this.#balances.values()].filter(({ amount }) => amount !== 0),
      debts: [...this.#debts].map(([asset, amount]) => ({ asset, amount })),
    };
  }
}

/** Profit of one unit of contract size, in the settlement asset. */
const profitOf = (inverse: boolean, entry: number, price: number): number =>
  inverse ? 1 / entry - 1 / price : price - entry;

/** A position keeps its entry when it shrinks, takes the fill's when it turns, and averages when it grows. */
const entryAfter = (terms: FillTerms, line: Line, quantity: number, price: number): number => {
  const after = line.quantity + quantity;
  if (line.quantity * quantity < 0) return line.quantity * after > 0 ? line.entryPrice : price;
  return terms.inverse
    ? after / (line.quantity / line.entryPrice + quantity / price)
    : (line.quantity * line.entryPrice + quantity * price) / after;
};
