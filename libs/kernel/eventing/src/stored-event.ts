import type { Envelope, EventId, Instant, StreamId } from './envelope.ts';
import type { EventCodec } from './event-codec.ts';
import { CorruptLog } from './event-log.ts';

/** An event exactly as the log keeps it: what is hashed, exported and shipped. */
export type StoredEvent = Readonly<{
  position: bigint;
  stream: StreamId;
  version: number;
  id: EventId;
  type: string;
  schema: number;
  bytes: Uint8Array;
  occurredAt: Instant;
  correlationId: string;
  causationId: string;
  actor: string;
  traceparent?: string;
}>;

/**
 * A log that shows its rows as stored, for the audit, the relay and exports. Same order and limits as
 * `EventLog.read`.
 */
export interface StoredLog {
  readStored(after: bigint, limit: number): Promise<readonly StoredEvent[]>;
}

/**
 * Lifts a stored event into the present form of its payload. Bytes that cannot be read stop the reader here.
 */
export const toEnvelope = (stored: StoredEvent, codec: EventCodec): Envelope => {
  // Field by field: replays run through here, and taking the bytes out of a copy costs several times as much.
  const envelope = {
    position: stored.position,
    stream: stored.stream,
    version: stored.version,
    id: stored.id,
    type: stored.type,
    schema: stored.schema,
    data: decodeAt(stored, stored.bytes, codec),
    occurredAt: stored.occurredAt,
    correlationId: stored.correlationId,
    causationId: stored.causationId,
    actor: stored.actor,
  };
  const { traceparent } = stored;
  return (traceparent === undefined ? envelope : { ...envelope, traceparent }) as unknown as Envelope;
};

const decodeAt = (stored: StoredEvent, bytes: Uint8Array, codec: EventCodec): unknown => {
  try {
    return codec.decode(stored.type, stored.schema, bytes);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new CorruptLog(stored.position, `payload of ${stored.type} cannot be read: ${cause}`);
  }
};
