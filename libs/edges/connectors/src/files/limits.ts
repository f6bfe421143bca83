/** Bounds of the readers of recorded market data. */
export const LIMITS = {
  /** Longest line, in bytes: 1,000 book levels a side and more. */
  lineBytesMax: 1 << 18,
  /** Files of one data set. */
  filesMax: 2_000,
  /** Broken rows kept with their message; beyond that they are only counted. */
  brokenListedMax: 1_000,
  columnsMax: 200,
  bookLevelsMax: 5_000,
  /** Largest snapshot file, in bytes. */
  snapshotBytesMax: 1 << 24,
} as const;
