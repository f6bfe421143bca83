import { blackGreeks, blackValue, emptyColumns, priceGrid, type ScenarioGrid } from '@plinth/options';
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

const one = emptyColumns(1);
const ONE_SLICE = Int32Array.of(0);

/** `optionValue` in every state of a grid of one slice, bit for bit. */
export const optionValues = (
  option: OptionSpec,
  volatility: number,
  years: number,
  states: ScenarioGrid,
  out: Float64Array,
): void => {
  one.isCall[0] = option.right === 'call' ? 1 : 0;
  one.strike[0] = option.strike;
  one.volatility[0] = volatility;
  one.years[0] = years;
  one.discount[0] = 1;
  priceGrid(one, ONE_SLICE, states, out);
  if (option.form !== 'inverse') return;
  for (let s = 0; s < states.scenarios; s++) out[s] = out[s]! / states.forward[s]!;
};

/** ∂V/∂F: the share of the notional (forward × size) that moves with the forward. */
export const optionDelta = (
  option: OptionSpec,
  { forward, volatility }: OptionTerms,
  years: number,
): number => {
  const isCall = option.right === 'call';
  return blackGreeks({ isCall, forward, strike: option.strike, volatility, years }).delta;
};

/** Days at which the term structure of volatility turns, and the shortest that it tells apart. */
const PIVOT_DAYS = 30;
const LEAST_DAYS = 1;

/**
 * How much of a volatility shock an expiry takes: 1 at 30 days, (30 d / T)^¼ at a weight of 1, T at least a
 * day. Near volatilities move further than far ones; roots alone, so that every machine agrees.
 */
export const termOfVolatility = (years: number, weight: number): number => {
  const days = Math.max(LEAST_DAYS, years * 365);
  return 1 + weight * (Math.sqrt(Math.sqrt(PIVOT_DAYS / days)) - 1);
};

/** Share of a twist that an expiry takes: towards 1 for near ones, 0 at 30 days, towards −1 for far ones. */
export const twistOfVolatility = (years: number): number => {
  const days = years * 365;
  return (PIVOT_DAYS - days) / (PIVOT_DAYS + days);
};
