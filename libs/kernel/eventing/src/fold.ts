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
   * Rebuilds the state from the entries of a snapshot; absent when the fold is always rebuilt from the log.
   */
  restore?(entries: Iterable<readonly [string, string]>): void;
}
