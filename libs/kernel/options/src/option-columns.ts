import { checkBetween, refuse } from './checks.ts';
import { LIMITS } from './limits.ts';
import { checkOption, type OptionInput } from './option-input.ts';

/** Options as a structure of arrays: place `i` of each array is option `i`. */
export type OptionColumns = Readonly<{
  count: number;
  isCall: Uint8Array;
  forward: Float64Array;
  strike: Float64Array;
  volatility: Float64Array;
  years: Float64Array;
  discount: Float64Array;
}>;

export const emptyColumns = (count: number): OptionColumns => {
  checkBetween('count', count, 0, LIMITS.optionsPerColumn);
  if (!Number.isInteger(count)) refuse('count', `Expected a whole number, was ${count}`);
  return {
    count,
    isCall: new Uint8Array(count),
    forward: new Float64Array(count),
    strike: new Float64Array(count),
    volatility: new Float64Array(count),
    years: new Float64Array(count),
    discount: new Float64Array(count),
  };
};

/** Checks every option once, so that the kernels need not. */
export const optionColumns = (options: readonly OptionInput[]): OptionColumns => {
  const columns = emptyColumns(options.length);
  options.forEach((option, i) => {
    checkOption(option);
    columns.isCall[i] = option.isCall ? 1 : 0;
    columns.forward[i] = option.forward;
    columns.strike[i] = option.strike;
    columns.volatility[i] = option.volatility;
    columns.years[i] = option.years;
    columns.discount[i] = option.discount ?? 1;
  });
  return columns;
};
