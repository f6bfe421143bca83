import type { StoredEvent } from '@plinth/eventing';

const DOMAIN = 'plinth-event-v1';

/**
 * The bytes of an event that are a leaf of the tree: the domain tag, then every field with its length (4
 * bytes, big endian) before it, in this order: position, stream, version, id, type, schema, payload bytes,
 * occurredAt, correlationId, causationId, actor, traceparent. Numbers are decimal text; an absent traceparent
 * is empty.
 */
export const canonicalEvent = (event: StoredEvent): Uint8Array => {
  const parts: readonly (string | Uint8Array)[] = [
    DOMAIN,
    event.position.toString(),
    event.stream,
    String(event.version),
    event.id,
    event.type,
    String(event.schema),
    event.bytes,
    String(event.occurredAt),
    event.correlationId,
    event.causationId,
    event.actor,
    event.traceparent ?? '',
  ];
  const chunks: Uint8Array[] = [];
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part;
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(bytes.length);
    chunks.push(length, bytes);
  }
  return Buffer.concat(chunks);
};
