import type { StoredEvent } from '@plinth/eventing';
import type { ExportedEvent } from './verifier.ts';

/** An event as a stranger gets it: one JSON object a line, payload bytes in base64. */
export const exportedEvent = (event: StoredEvent): ExportedEvent => ({
  position: event.position.toString(),
  stream: event.stream,
  version: event.version,
  id: event.id,
  type: event.type,
  schema: event.schema,
  payload: Buffer.from(event.bytes).toString('base64'),
  occurredAt: event.occurredAt,
  correlationId: event.correlationId,
  causationId: event.causationId,
  actor: event.actor,
  ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
});
