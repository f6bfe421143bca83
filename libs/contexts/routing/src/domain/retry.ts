/** First wait before a venue is asked again, and the longest one. */
const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * Wait before the next attempt, doubling with every attempt up to a bound: nothing is asked in a hurry,
 * nothing given up.
 */
export const retryDelayMs = (attempt: number): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(Math.max(attempt - 1, 0), 16));

/** A child order whose submission has brought no answer at all is asked about after this long. */
export const ANSWER_DUE_MS = 10_000;
