import type { Envelope } from './envelope.ts';

/**
 * A view over the whole log: applied to every event, in position order, on every replica. Mutable inside,
 * deterministic: no clock, no randomness, no I/O, no iteration over unsorted foreign maps. `entries` is what
 * is hashed and kept in a snapshot: equal logs must give equal entries, whichever way the fold came to its
 * state.
 */
export interface Fold {
  readonly name: string;
  /** Raised when the meaning of the state changes, so that older snapshots are discarded. */
  readonly revision: number;
  apply(event: Envelope): void;
  /**
   * Canonical content: key to canonical text (JSON of strings/ints with sorted keys, or hex). Any order: the
   * hash sorts keys by code units.
   */
  entries(): Iterable<readonly [key: string, value: string]>;
  /** Back to the state before the first event. */
  reset(): void;
  /**
   * Everything that the fold knows, in the order in which it knows it, as plain data (see `state-text.ts`):
   * a fresh fold that loads it goes on exactly as this one would. What follows from the rest (an index by
   * account, a heap of what is due) and what only the event applied last means is left out.
   */
  dump(): unknown;
  /**
   * The inverse of `dump`, on a fold before its first event. What is given is the fold's own from then on.
   */
  load(state: never): void;
}
