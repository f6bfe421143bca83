import type { History } from '../data/history.ts';
import { INVERSE_CONTRACT_USD, type Line } from '../data/series.ts';
import { underlyingOf } from '../data/symbols.ts';
import { optionMark, type DrawnBook } from './drawn-book.ts';

/** One contract, coin or stablecoin held or owed at the book's moment; `dollars` is its size, positive. */
export type GrossLine = Readonly<{
  underlying: string;
  dollars: number;
  isContract: boolean;
  /** Value of a bought option: no more can be lost. */
  mostLost?: number;
}>;

/** Everything in a book but dollars, line by line. */
export const grossLines = (
  history: History,
  { legs, options, balances, debts, step }: DrawnBook,
): readonly GrossLine[] => {
  const { lines, dollars } = history;
  const priceOf = (asset: string): number => dollars.get(asset)?.[step] ?? NaN;
  const contracts = legs.map(({ line, quantity, entry }) => {
    const { base, quote, form } = lines[line] as Line;
    const unit = form === 'inverse' ? INVERSE_CONTRACT_USD : entry * priceOf(quote);
    return { underlying: underlyingOf(base), dollars: Math.abs(quantity) * unit, isContract: true };
  });
  const assets = [...balances, ...debts].flatMap(({ asset, amount }) =>
    asset === 'USD'
      ? []
      : [{ underlying: underlyingOf(asset), dollars: amount * priceOf(asset), isContract: false }],
  );
  const written = options.map((leg) => {
    const size = Math.abs(leg.quantity) * priceOf(leg.underlying);
    const line = { underlying: leg.underlying, dollars: size, isContract: true };
    return leg.quantity < 0
      ? line
      : { ...line, mostLost: leg.quantity * optionMark(history, leg, step).dollars };
  });
  return [...contracts, ...written, ...assets];
};
