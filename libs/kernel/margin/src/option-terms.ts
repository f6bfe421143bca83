import { blackGreeks, blackValue } from '@plinth/options';
import type { InstrumentSpec } from './types.ts';

export type OptionSpec = Extract<InstrumentSpec, { kind: 'option' }>;

/** 365 days, as everywhere. */
const YEAR_MS = 31_536_000_000;

/** Years from a moment to an expiry, 0 after it. */
export const yearsUntil = (expiryMs: number, atMs: number): number =>
  expiryMs > atMs ? (expiryMs - atMs) / YEAR_MS : 0;

/** What an option is priced with: the forward of its expiry in quote units, and its implied volatility. */
export type OptionTerms = Readonly<{
  forward: number;
  /** Part of the forward that is settled already by the average before expiry: no shock moves it. */
  fixedForward: number;
  /** Per √year. */
  volatility: number;
}>;

/**
 * Value of an option on one unit of the underlying, in settlement units (finance §4): Black's formula,
 * undiscounted as at every venue that margins options in coins or dollars; over the forward when inverse. A
 * call at a forward of 0 is worth nothing; an inverse option has no value in coins there, so callers keep
 * forwards above 0.
 */
export const optionValue = (
  option: OptionSpec,
  forward: number,
  volatility: number,
  years: number,
): number => {
  const value = blackValue(option.right === 'call', forward, option.strike, volatility * Math.sqrt(years));
  return option.form === 'inverse' ? value / forward : value;
};

/** Two sensitivities as shares of the notional (forward × size): of the forward, and of the volatility. */
export type OptionShares = Readonly<{ delta: number; vega: number }>;

/** ∂V/∂F, and σ · ∂V/∂σ over the forward: what a relative move of the volatility is worth. */
export const optionShares = (
  option: OptionSpec,
  { forward, volatility }: OptionTerms,
  years: number,
): OptionShares => {
  const isCall = option.right === 'call';
  const { delta, vega } = blackGreeks({ isCall, forward, strike: option.strike, volatility, years });
  return { delta, vega: (vega * volatility) / forward };
};
