/** Bounds of a backtest. What lies beyond is refused by name, never cut in silence. */
export const LIMITS = {
  /** Steps of one data set after its rows were put on the grid. */
  steps: 50_000,
  lines: 256,
  /** Books of a style at one moment, and moments of a data set. */
  booksPerStyle: 1_000,
  moments: 20_000,
  /** Books of a whole run: all of them are in memory while a calibration searches. */
  books: 2_000_000,
} as const;
