/** What an option may look like. Beyond these a figure is a mistake of units, not a market. */
export const LIMITS = {
  /** Per √year: 100 is 10 000 %. */
  volatility: 100,
  years: 100,
  /** Highest forward, strike and price, in quote units. */
  price: 1e15,
  optionsPerColumn: 1_048_576,
  scenarios: 1_024,
  quotesPerSlice: 4_096,
  slices: 256,
} as const;
