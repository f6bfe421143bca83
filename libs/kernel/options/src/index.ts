export { blockKernel, type BlockKernel, type Settlement } from './block-kernel.ts';
export { blackGreeks, blackPrice } from './black-76.ts';
export { OptionInputError } from './checks.ts';
export { expansionBound } from './expansion.ts';
export { greekColumns, greeksAt, type GreekColumns, type Greeks } from './greek-columns.ts';
export { impliedVolatility, impliedVolatilityAll } from './implied-volatility.ts';
export { inverseGreeks, inversePrice } from './inverse.ts';
export { greeksAll, priceAll, priceGrid, scenarioGrid, type ScenarioGrid } from './kernels.ts';
export { LIMITS as OPTION_LIMITS } from './limits.ts';
export { emptyColumns, optionColumns, type OptionColumns } from './option-columns.ts';
export type { OptionInput } from './option-input.ts';
export { plainKernel } from './plain-kernel.ts';
export { quoteProblem, volatilityQuotes, type OptionQuote, type QuoteProblem } from './quotes.ts';
export { spotGreeks, type SpotGreeks, type SpotOption } from './spot-option.ts';
export * from './surface.ts';
export {
  calendarArbitrage,
  densityFactor,
  sliceArbitrage,
  totalVariance,
  type Arbitrage,
  type SviSlice,
} from './svi.ts';
export { fitSlice, type SliceFit, type VolatilityQuote } from './svi-fit.ts';
export { blackValue } from './one-option.ts';
