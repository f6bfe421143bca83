/** First wait of somebody who was not told how long, and the longest between two tries. */
const FIRST_MS = 250;
const LONGEST_MS = 5_000;

/**
 * How long to wait before a call is sent again for the `attempt`th time, from 0 on: at least as long as the
 * gateway said, longer each time, and never as long as anybody else. Whoever lost their answers at one moment
 * so do not come back at one moment, and those who find nobody do not keep it from coming up.
 */
export const backoffMs = (
  attempt: number,
  advisedMs: number = FIRST_MS,
  random: () => number = Math.random,
): number => {
  const grown = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return advisedMs + grown * random();
};
