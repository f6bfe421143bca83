/** Upper bounds of the pricing context; beyond them a request is refused, never cut short. */
export const LIMITS = {
  quotesPerRoundMax: 2_500,
  sourcesPerInstrumentMax: 64,
  /**
   * Marks in one event, so that it stays far below the log's payload limit; a larger round makes several
   * events.
   */
  marksPerEventMax: 1_000,
  /** Quotes that a price host keeps between two rounds. */
  bufferedQuotesMax: 2_500,
  /** Sources that are counted by name; later ones are counted together. */
  sourcesMax: 10_000,
  sourceLengthMax: 64,
  /** A quote may be this far ahead of the round: clocks differ. */
  futureSkewMs: 2_000,
  maxAgeMsMax: 604_800_000,
  ppmMax: 1_000_000,
  /** Speed limits up to a doubling per millisecond. */
  movePpmPerSecondMax: 1_000_000_000,
  minSourcesMax: 32,
  nameLengthMax: 128,
  /** Ratio of a product's leg: units of the instrument in one unit of the product. */
  ratioMax: 1_000,
  ratioDigits: 8,
} as const;
