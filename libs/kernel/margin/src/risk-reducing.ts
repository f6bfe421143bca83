import { balanceKey, type Book } from './book.ts';
import * as at from './figures.ts';
import { lineFill, type HypotheticalOrder, type LineFill } from './fills.ts';
import type { MarginKernel } from './margin-kernel.ts';
import type { ColumnRows } from './risk-arrays.ts';
import { Trial, type PreparedFill } from './trial.ts';
import { UNDERLYING_GROSS } from './work-layout.ts';

/** Losses that differ by less than this share of the book's gross value are equal: sums round. */
const ROUNDING = 1e-11;

/** Profit of each underlying of one account by column, maintenance and initial. */
class Profits {
  /** Underlyings that the account is exposed to, in the order of sums. */
  readonly underlyings: number[] = [];
  /** A row by underlying; rows of others are zeros. */
  readonly rows: Float64Array;
  gross = 0;
  #stride = 0;

  constructor(underlyingCount: number, stride: number) {
    this.rows = new Float64Array(underlyingCount * stride);
  }

  /** Of what the kernel has just summed up, in columns that differ for all that is in it. */
  take({ scratch, figures }: MarginKernel, { rows: shapes, width }: ColumnRows): void {
    const { rows } = this;
    for (const u of this.underlyings) rows.fill(0, u * this.#stride, (u + 1) * this.#stride);
    this.underlyings.length = 0;
    const stride = 2 * width;
    this.#stride = stride;
    this.gross = figures[at.GROSS_NOTIONAL]!;
    for (let n = 0, m = 0; n < scratch.underlyingCount; n++) {
      const u = scratch.underlyings[n]!;
      this.underlyings.push(u);
      this.gross += scratch.underlyingSum(u, UNDERLYING_GROSS);
      const to = u * stride;
      for (; m < scratch.underlyingEnds[n]!; m++) {
        const amount = scratch.amounts[m]!;
        const base = stride * scratch.shapes[m]!;
        for (let c = 0; c < stride; c++) rows[to + c] = rows[to + c]! + amount * shapes[base + c]!;
      }
    }
  }
}

/**
 * Whether fills make the losses of one account smaller, for many fills in a row: what the account loses
 * without them is worked out once. Good while nothing of the model changes.
 */
export class RiskReduction {
  readonly #kernel: MarginKernel;
  /** Where the fills are tried: it prepares them. */
  readonly trial: Trial;
  /** What both are compared in. */
  #columns: ColumnRows;
  readonly #before: Profits;
  readonly #after: Profits;
  readonly #ignored: Uint8Array;
  readonly #totals: readonly [Float64Array, Float64Array];

  constructor(kernel: MarginKernel, book: Book, account: number) {
    this.#kernel = kernel;
    kernel.model.refresh();
    this.trial = new Trial(book, account);
    const { size } = kernel.model.catalogue.underlyings;
    const stride = 2 * kernel.model.width;
    this.#before = new Profits(size, stride);
    this.#after = new Profits(size, stride);
    this.#ignored = new Uint8Array(size);
    this.#totals = [new Float64Array(stride), new Float64Array(stride)];
    kernel.sum(book, account);
    this.#columns = kernel.scratch.columns;
    this.#before.take(kernel, this.#columns);
  }

  /**
   * True when no scenario's loss grows (finance §6.9): neither that of any underlying by itself nor that of
   * the whole, for maintenance or initial shocks; a smaller profit is not a loss. Where fills are of
   * derivatives, the assets they are paid in are left out: going back to cash is not a risk taken, though the
   * cash may lose its peg. Nor are the coins that a sold inverse option pays, as far as it was held: they
   * were in its value.
   */
  isReducing(prepared: readonly PreparedFill[]): boolean {
    const [before, after] = [this.#before, this.#after];
    const { trial } = this;
    const fills = prepared.map(({ fill }) => fill);
    trial.try(prepared);
    this.#payOutCoins(fills);
    this.#takeAfter();
    this.#ignoreCash(fills);
    const slack = ROUNDING * Math.max(before.gross, after.gross);
    const stride = 2 * this.#columns.width;
    const [totalBefore, totalAfter] = this.#totals;
    totalBefore.fill(0);
    totalAfter.fill(0);
    for (const u of new Set([...before.underlyings, ...after.underlyings])) {
      if (this.#ignored[u] === 1) continue;
      const at = u * stride;
      for (let c = 0; c < stride; c++) {
        const was = before.rows[at + c]!;
        const is = after.rows[at + c]!;
        if (is < -slack && is < was - slack) return false;
        totalBefore[c] = totalBefore[c]! + was;
        totalAfter[c] = totalAfter[c]! + is;
      }
    }
    return !totalAfter.some((is, c) => is < -slack && is < totalBefore[c]! - slack);
  }

  #takeAfter(): void {
    const kernel = this.#kernel;
    const { book, account } = this.trial;
    kernel.sum(book, account);
    const { all } = kernel.model.arrays;
    const isWider = kernel.scratch.columns === all && this.#columns !== all;
    if (isWider) this.#columns = all;
    this.#after.take(kernel, this.#columns);
    if (!isWider) return;
    // The fills opened an option: what was there is looked at in all columns from now on.
    this.trial.try([]);
    kernel.sum(book, account);
    this.#before.take(kernel, all);
  }

  /** Takes away what inverse options pay in coins of their underlying, as far as a holding is closed. */
  #payOutCoins(fills: readonly LineFill[]): void {
    const { book, account } = this.trial;
    const { catalogue } = book;
    fills.forEach(({ line, quantity, price }, n) => {
      const { spec, settlement, underlying, location } = catalogue.instrumentEntries[line]!;
      if (spec.kind !== 'option' || catalogue.assetUnderlyings[settlement] !== underlying) return;
      const closed = Math.max(0, Math.min(this.#heldBefore(fills, n), -quantity));
      if (closed === 0) return;
      book.addAt(account, balanceKey(location, settlement), -(closed * spec.contractSize * price));
    });
  }

  /** What is held of the line of the nth fill once those before it are booked. */
  #heldBefore(fills: readonly LineFill[], n: number): number {
    const { line } = fills[n]!;
    let held = this.trial.heldAtFirst(line);
    for (const fill of fills.slice(0, n)) if (fill.line === line) held += fill.quantity;
    return held;
  }

  /** Underlyings of the assets that derivatives are quoted and settled in, unless a fill trades them. */
  #ignoreCash(fills: readonly LineFill[]): void {
    const { instrumentEntries, assetUnderlyings } = this.#kernel.model.catalogue;
    this.#ignored.fill(0);
    for (const { line } of fills) {
      const { spec, quote, settlement } = instrumentEntries[line]!;
      if (spec.kind === 'spot') continue;
      for (const asset of [quote, settlement]) {
        const u = assetUnderlyings[asset]!;
        if (u >= 0) this.#ignored[u] = 1;
      }
    }
    for (const { line } of fills) this.#ignored[instrumentEntries[line]!.underlying] = 0;
  }
}

/** The same of orders, once. */
export const isRiskReducing = (
  kernel: MarginKernel,
  book: Book,
  account: number,
  orders: readonly HypotheticalOrder[],
): boolean => {
  const reduction = new RiskReduction(kernel, book, account);
  return reduction.isReducing(
    orders.map((order) => reduction.trial.prepare({ ...lineFill(book, order), fee: 0, feeFrom: 0 })),
  );
};
