import type { Instant } from './envelope.ts';

/** One reading: the number, then the values of the figure's labels in their order. */
export type FigureRow = readonly [value: number, ...labels: readonly string[]];

/**
 * A number that those who run a cell watch. It is read from the folds whenever it is asked for, so it is the
 * same on every replica and nothing is counted twice.
 */
export type Figure<Views> = Readonly<{
  /** `plinth_{context}_{thing}_{unit}`; a counter ends with `_total`. */
  name: string;
  about: string;
  /** A counter falls only when the cell begins anew. */
  kind: 'gauge' | 'counter';
  /**
   * Values come from the code or from what the operator has listed (venues, assets, sources); a label never
   * tells one client or account from another. A row that stays away keeps its last number with the reader:
   * what may become nothing is told as 0.
   */
  labels: readonly string[];
  read: (views: Views, now: Instant) => Iterable<FigureRow>;
}>;

/** How often each word occurs; every word of `words` is there, also with none. */
export const countWords = <T extends string>(
  words: readonly T[],
  found: Iterable<T>,
): readonly (readonly [number, T])[] => {
  const counts = new Map<T, number>(words.map((word) => [word, 0]));
  for (const word of found) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => [count, word]);
};
