import type { AccountContent } from '@plinth/margin';
import type { Style } from './styles.ts';

/** A contract held: `line` is its place in the history. */
export type Leg = Readonly<{ line: number; quantity: number; entry: number }>;
export type Holding = Readonly<{ asset: string; location: string; amount: number }>;

/** A book at one moment: entered at the marks of that moment, so that its contracts have no profit yet. */
export type DrawnBook = Readonly<{
  style: Style;
  /** Step of the history at which it was opened and margined. */
  step: number;
  legs: readonly Leg[];
  balances: readonly Holding[];
  debts: readonly Readonly<{ asset: string; amount: number }>[];
}>;

export const CUSTODY = 'custody';

export const contentOf = (
  { legs, balances, debts }: DrawnBook,
  lineId: (line: number) => string,
): AccountContent => ({
  positions: legs.map(({ line, quantity, entry }) => ({
    instrument: lineId(line),
    quantity,
    entryPrice: entry,
  })),
  balances,
  debts,
});
