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

/** What there is of a snapshot without its state. */
export type SnapshotHead = Readonly<{
  /** Whose folds: a service, or another who follows the log. */
  owner: string;
  /** Made of the names and revisions of all that is in it: who reads with another one passes over it. */
  revision: number;
  position: bigint;
  /** SHA-256 of the state, hex. */
  stateHash: string;
  /** As it is stored, compressed. */
  bytes: number;
}>;

/** What a group of folds knew at one position: a cache with a hash; deleting it costs only time. */
export type Snapshot = Omit<SnapshotHead, 'bytes'> & Readonly<{ state: Uint8Array }>;

export interface SnapshotStore {
  /** Snapshots of one owner or of all, by owner, newest first. */
  list(owner?: string): Promise<readonly SnapshotHead[]>;
  /** The state; undefined when it is gone, incomplete, or damaged. */
  read(head: SnapshotHead): Promise<Uint8Array | undefined>;
  save(snapshot: Snapshot): Promise<void>;
}

/** One holder per service and cell; the holder reacts, everybody folds. */
export interface LeaderLock {
  readonly isHeld: boolean;
  acquire(signal: AbortSignal): Promise<void>;
  release(): Promise<void>;
}
