export const LIMITS = {
  fileBytes: 256 * 1024 * 1024,
  cases: 1_000_000,
  /** How deep an expected value may nest. */
  depth: 32,
  /** Differences that are kept of a file, for people to look at; all are counted. */
  keptFailures: 5,
  /** Differences that are kept of one case. */
  keptDifferences: 8,
  /** Rows of a recorded lending pool. */
  lendingRowsMax: 1_000_000,
} as const;
