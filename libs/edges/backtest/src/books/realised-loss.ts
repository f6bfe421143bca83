import type { History } from '../data/history.ts';
import { INVERSE_CONTRACT_USD, type Line } from '../data/series.ts';
import { optionMark, type DrawnBook, type Leg } from './drawn-book.ts';
import { grossLines } from './gross-lines.ts';

/** USD, losses positive, a gain as a negative loss at the end. */
export type RealisedLoss = Readonly<{
  /** The largest fall of the book's value below that at the start, at any step within the horizon; ≥ 0. */
  worst: number;
  /** The fall at the last step of the horizon at which everything in the book had a price. */
  atEnd: number;
}>;

/**
 * What a book that nobody touches loses over the steps after it was opened, funding included. Only steps at
 * which all of it has a fresh price count: mixed times would make losses that nobody had. Undefined when
 * there is none.
 */
export const realisedLoss = (history: History, book: DrawnBook, steps: number): RealisedLoss | undefined => {
  const start = valueAt(history, book, book.step);
  let paid = 0;
  let worst = 0;
  let atEnd: number | undefined;
  const last = Math.min(history.times.length - 1, book.step + steps);
  for (let step = book.step + 1; step <= last; step++) {
    paid += fundingAt(history, book, step);
    const value = valueAt(history, book, step);
    if (Number.isNaN(value)) continue;
    atEnd = start - (value - paid);
    worst = Math.max(worst, atEnd);
  }
  return atEnd === undefined ? undefined : { worst, atEnd };
};

/** Everything at its mark, USD; NaN when something has no fresh price. */
export const valueAt = (history: History, book: DrawnBook, step: number): number => {
  const { legs, options, balances, debts } = book;
  const dollars = (asset: string): number => history.dollars.get(asset)?.[step] ?? NaN;
  let value = 0;
  for (const leg of legs) value += profitAt(history, leg, step);
  for (const leg of options) value += leg.quantity * optionMark(history, leg, step).dollars;
  for (const { asset, amount } of balances) value += amount * dollars(asset);
  for (const { asset, amount } of debts) value -= amount * dollars(asset);
  return value;
};

const profitAt = (history: History, { line, quantity, entry }: Leg, step: number): number => {
  const { form, quote, base } = history.lines[line] as Line;
  const mark = (history.marks[line] as Float64Array)[step] as number;
  const settled = history.dollars.get(form === 'inverse' ? base : quote)?.[step] ?? NaN;
  if (form === 'inverse') return quantity * INVERSE_CONTRACT_USD * (1 / entry - 1 / mark) * settled;
  return quantity * (mark - entry) * settled;
};

/**
 * What the legs pay for the step, USD; shorts receive what longs pay. Recorded for linear contracts alone.
 */
const fundingAt = (history: History, { legs }: DrawnBook, step: number): number => {
  let paid = 0;
  for (const { line, quantity, entry } of legs) {
    const rate = history.funding[line]?.[step] ?? 0;
    if (rate === 0) continue;
    const settled = history.dollars.get((history.lines[line] as Line).quote)?.[step] ?? NaN;
    paid += rate * quantity * entry * (Number.isNaN(settled) ? 1 : settled);
  }
  return paid;
};

/**
 * Σ |notional| of contracts, and of coins and stablecoins held or owed, USD: the measure of a book's size.
 */
export const grossOf = (history: History, book: DrawnBook): number => {
  const lines = grossLines(history, book);
  const contracts = lines.filter(({ isContract }) => isContract);
  return (contracts.length > 0 ? contracts : lines).reduce((sum, { dollars }) => sum + dollars, 0);
};
