import type { Cause, Envelope, EventId, Instant, NewEvent, StreamId } from './envelope.ts';

/** Events for one stream, appended all or not at all; none when only its version is to be as expected. */
export type StreamAppend = Readonly<{
  stream: StreamId;
  /** Version the stream must have now (0 = it must not exist). */
  expectedVersion: number;
  events: readonly (NewEvent & Readonly<{ id: EventId }>)[];
  /** What caused these events and when that was, where it is something else than the request's. */
  because?: Because;
}>;

/** Who caused an event, and the time that it bears. */
export type Because = Readonly<{ cause: Cause; occurredAt: Instant }>;

/** What makes a command idempotent: the same key with the same body is answered from store, forever. */
export type CommandKey = Readonly<{
  /** Client or operator that sent it; keys of different tenants never meet. */
  tenant: string;
  key: string;
  /** SHA-256 of the canonical command bytes. */
  bodyHash: Uint8Array;
  /** Answer to store and to give to every repetition. */
  answer: Uint8Array;
}>;

/** How far a service's leader has reacted; moves in the same transaction as the reaction's events. */
export type Checkpoint = Readonly<{
  consumer: string;
  /** Value it must have now: two leaders for a moment cannot both move it. */
  expected: bigint;
  position: bigint;
}>;

export type AppendRequest = Because &
  Readonly<{
    appends: readonly StreamAppend[];
    command?: CommandKey;
    checkpoint?: Checkpoint;
  }>;

export type AppendResult =
  /** `last` is the position of the last event; of the head when the request had no events. */
  | Readonly<{ status: 'appended'; first: bigint; last: bigint }>
  /**
   * This command key (or these event ids) had been appended before; nothing was changed. `answer` only for
   * command keys.
   */
  | Readonly<{ status: 'duplicate'; last: bigint; answer?: Uint8Array }>
  /** The key was used with another body. */
  | Readonly<{ status: 'key-reused' }>
  | Readonly<{ status: 'conflict'; stream: StreamId; expected: number; actual: number }>
  /** Another leader has moved the checkpoint. */
  | Readonly<{ status: 'fenced'; actual: bigint }>;

export type StoredCommand = Readonly<{ bodyHash: Uint8Array; answer: Uint8Array; last: bigint }>;

/**
 * Thrown when it is not known whether an append happened (connection cut at COMMIT). Ask again with the same
 * key.
 */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** Thrown for a passing fault before anything was written: try again, bounded and jittered. */
export class Retryable extends Error {
  override readonly name: string = 'Retryable';
  /** `UPPER_SNAKE_CASE`, where a program should tell this fault from others. */
  readonly reason: string | undefined;

  constructor(message: string, { reason, ...options }: ErrorOptions & Readonly<{ reason?: string }> = {}) {
    super(message, options);
    this.reason = reason;
  }
}

/** There is more to do than can be done: nothing was done, come again later. */
export class Overloaded extends Retryable {
  override readonly name = 'Overloaded';
}

/** Others are writing to the same stream all the time: nothing was done, try again. */
export class Busy extends Retryable {
  override readonly name = 'Busy';
}

/**
 * The log was read and is not what it must be (gap, bad bytes, unknown type). The reader stops; nothing is
 * skipped.
 */
export class CorruptLog extends Error {
  override readonly name = 'CorruptLog';
  readonly position: bigint;
  constructor(position: bigint, message: string) {
    super(`position ${position}: ${message}`);
    this.position = position;
  }
}

export type LogHead = Readonly<{ position: bigint; epoch: number }>;

/** The one ordered log of a cell. Commit order is position order; positions are gapless. */
export interface EventLog {
  append(request: AppendRequest): Promise<AppendResult>;
  /** Events with position > `after`, in order, at most `limit` (≤ 10,000). */
  read(after: bigint, limit: number): Promise<readonly Envelope[]>;
  /** Events of one stream with version > `after`, in order, at most `limit`. */
  readStream(stream: StreamId, after: number, limit: number): Promise<readonly Envelope[]>;
  /** The same of several streams by one reading: of each at most `limit`, in its order. */
  readStreams(after: ReadonlyMap<StreamId, number>, limit: number): Promise<readonly Envelope[]>;
  head(): Promise<LogHead>;
  /** 0n when the consumer has never reacted. */
  checkpoint(consumer: string): Promise<bigint>;
  command(tenant: string, key: string): Promise<StoredCommand | undefined>;
  /**
   * Calls back soon after new events were appended by anybody (a hint: readers also poll). Returns the
   * unsubscriber.
   */
  onAppend(listener: () => void): () => void;
}
