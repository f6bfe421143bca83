import type { Envelope, Instant } from './envelope.ts';

export interface Clock {
  now(): Instant;
}

/** uuid v7s for commands; never used inside a decision or a reaction. */
export interface Ids {
  next(): string;
}

/**
 * Delivers the log to a service: every event once, in order, with no gap (whatever the medium did to them).
 */
export interface Transport {
  /** Batches after `after`, each non-empty and contiguous, until `signal` aborts. */
  subscribe(after: bigint, signal: AbortSignal): AsyncIterable<readonly Envelope[]>;
}

/** A folds' snapshot: a cache with a hash; deleting it costs only time. */
export type Snapshot = Readonly<{
  fold: string;
  revision: number;
  position: bigint;
  stateHash: string;
  entries: readonly (readonly [string, string])[];
}>;

export interface SnapshotStore {
  latest(fold: string, revision: number): Promise<Snapshot | undefined>;
  save(snapshot: Snapshot): Promise<void>;
}

/** One holder per service and cell; the holder reacts, everybody folds. */
export interface LeaderLock {
  readonly isHeld: boolean;
  acquire(signal: AbortSignal): Promise<void>;
  release(): Promise<void>;
}
