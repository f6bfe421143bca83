import { assert } from '@plinth/money';

/** A price and the half-width of its uncertainty, in integers of one unit; the confidence is ≥ 0. */
export type Vote = Readonly<{ price: bigint; confidence: bigint }>;

/**
 * The aggregate of Pyth's oracle, integer-exact: each vote stands for three prices, p − c, p and p + c. The
 * price is the median of them all (of an even number: the average of the middle two, rounded down); the
 * confidence is the larger distance from it to the quartiles v[n >> 2] and v[n − 1 − (n >> 2)]. The
 * aggregate of one vote is that vote.
 *
 * One vote of three or more cannot move the price outside the band [min p − c, max p + c] of the others.
 */
export const aggregate = (votes: readonly Vote[]): Vote => {
  assert(votes.length > 0, 'Expected at least one vote');
  const prices = votes.flatMap(({ price, confidence }) => [price - confidence, price, price + confidence]);
  prices.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const n = prices.length;
  const at = (index: number): bigint => prices[index]!;
  const middle = n >> 1;
  // `>> 1n` rounds towards minus infinity, for negative prices too.
  const price = n % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) >> 1n;
  const low = price - at(n >> 2);
  const high = at(n - 1 - (n >> 2)) - price;
  return { price, confidence: low > high ? low : high };
};
