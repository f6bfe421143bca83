import { yearsUntil, type AccountContent, type InstrumentSpec } from '@plinth/margin';
import { blackValue } from '@plinth/options';
import type { History } from '../data/history.ts';
import type { Style } from './styles.ts';

/** A contract held: `line` is its place in the history. */
export type Leg = Readonly<{ line: number; quantity: number; entry: number }>;
/** European options on one coin, on so many coins; short negative. An inverse one is paid in the coin. */
export type OptionLeg = Readonly<{
  underlying: string;
  venue: string;
  right: 'call' | 'put';
  strike: number;
  expiryMs: number;
  form: 'linear' | 'inverse';
  quantity: number;
}>;
export type Holding = Readonly<{ asset: string; location: string; amount: number }>;

/** A book at one moment: entered at the marks of that moment, so that its contracts have no profit yet. */
export type DrawnBook = Readonly<{
  style: Style;
  /** Step of the history at which it was opened and margined. */
  step: number;
  legs: readonly Leg[];
  options: readonly OptionLeg[];
  balances: readonly Holding[];
  debts: readonly Readonly<{ asset: string; amount: number }>[];
}>;

export const CUSTODY = 'custody';

/** The same contract has the same name whoever holds it. */
export const optionId = ({ underlying, venue, right, strike, expiryMs, form }: OptionLeg): string =>
  `${underlying}-${right}-${strike}-${expiryMs}-${form}@${venue}`;

export const optionSpec = (leg: OptionLeg): Extract<InstrumentSpec, { kind: 'option' }> => {
  const { underlying, venue, right, strike, expiryMs, form } = leg;
  const settlement = form === 'inverse' ? underlying : 'USD';
  const common = { id: optionId(leg), venue, underlying, quote: 'USD', settlement, contractSize: 1 };
  return { ...common, kind: 'option', form, right, strike, expiryMs };
};

/** What an option on one coin is marked at; the forward is the coin's price, nothing is carried. */
export type OptionMark = Readonly<{ price: number; volatility: number; years: number; dollars: number }>;

export const optionMark = (
  { dollars, surfaces, times }: History,
  { underlying, right, strike, expiryMs }: OptionLeg,
  step: number,
): OptionMark => {
  const price = dollars.get(underlying)?.[step] ?? NaN;
  const years = yearsUntil(expiryMs, times[step] as number);
  const volatility = surfaces.get(underlying)?.volatility(step, strike, years) ?? NaN;
  const isKnown = price > 0 && volatility > 0;
  const value = isKnown ? blackValue(right === 'call', price, strike, volatility * Math.sqrt(years)) : NaN;
  return { price, volatility, years, dollars: value };
};

export const contentOf = (
  { legs, options, balances, debts }: DrawnBook,
  lineId: (line: number) => string,
): AccountContent => ({
  positions: [
    ...legs.map(({ line, quantity, entry }) => ({ instrument: lineId(line), quantity, entryPrice: entry })),
    // What was paid for an option changes nothing: it is worth its mark.
    ...options.map((leg) => ({ instrument: optionId(leg), quantity: leg.quantity, entryPrice: leg.strike })),
  ],
  balances,
  debts,
});
