import type { EventData, EventType } from '@plinth/messages';

/**
 * Milliseconds since 1970-01-01 UTC, an integer. Time is an argument everywhere: nothing in the kernel reads
 * a clock.
 */
export type Instant = number;

/**
 * `category-id`, e.g. `account-7f3a`. The category is what stands before the first `-`; it has exactly one
 * owning service.
 */
export type StreamId = string;

/** A uuid: v7 from a command, v5(cause, handler, n) from a reaction, so that an append is idempotent. */
export type EventId = string;

/** One event as it is decided, before it has a place in the log. */
export type NewEvent<T extends EventType = EventType> = {
  [K in T]: Readonly<{ type: K; data: EventData<K> }>;
}[T];

/** Who caused something and in which conversation. Carried from a command through every reaction to it. */
export type Cause = Readonly<{
  correlationId: string;
  causationId: string;
  /** `client:…`, `service:…` or `operator:…`; at most 128 characters. */
  actor: string;
  traceparent?: string;
}>;

/** One event at its place in the log. */
export type Envelope<T extends EventType = EventType> = {
  [K in T]: Readonly<
    {
      /** Gapless from 1: the only order that matters. */
      position: bigint;
      stream: StreamId;
      /** 1, 2, 3 … within the stream. */
      version: number;
      id: EventId;
      type: K;
      /** Version of the payload's schema as stored; upcasters lift old payloads on read. */
      schema: number;
      data: EventData<K>;
      /** The clock of the decision. The database's own time is kept beside the row and hashed nowhere. */
      occurredAt: Instant;
    } & Cause
  >;
}[T];

export const categoryOf = (stream: StreamId): string => {
  const dash = stream.indexOf('-');
  return dash < 0 ? stream : stream.slice(0, dash);
};
