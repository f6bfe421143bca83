/** What one model asked for each book of a sample, USD; NaN where it refused the book. */
export type Judged = Readonly<{
  model: string;
  maintenance: Float64Array;
  initial: Float64Array;
  /**
   * The part of maintenance that is set aside for the cost of unwinding: marks do not show that cost, so it
   * covers no loss of theirs.
   */
  unwinding: Float64Array;
  /**
   * The part for cash that cannot be moved in time and for venues that fail: it covers losses like the rest,
   * but marks show no such event and models of one venue do not know it. Models are compared without it.
   */
  placement: Float64Array;
  /** Why books were refused, and how many; the reasons without the names of coins and amounts. */
  refusals: ReadonlyMap<string, number>;
}>;

export const emptyJudged = (model: string, count: number): Judged => ({
  model,
  maintenance: new Float64Array(count).fill(NaN),
  initial: new Float64Array(count).fill(NaN),
  unwinding: new Float64Array(count),
  placement: new Float64Array(count),
  refusals: new Map(),
});
