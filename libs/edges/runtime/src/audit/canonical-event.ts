import type { StoredEvent } from '@plinth/eventing';
import { assert } from '@plinth/money';

const DOMAIN = 'plinth-event-v1';
const LENGTH_BYTES = 4;
/** Positions and times stay below 2^53. */
const WHOLE = /^-?\d{1,15}$/;

/**
 * The bytes of an event that are a leaf of the tree: the domain tag, then every field with its length (4
 * bytes, big endian) before it, in this order: position, stream, version, id, type, schema, payload bytes,
 * occurredAt, correlationId, causationId, actor, traceparent. Numbers are decimal text; an absent traceparent
 * is empty.
 */
export const canonicalEvent = (event: StoredEvent): Buffer => {
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
  let size = 0;
  for (const part of parts) size += LENGTH_BYTES + sizeOf(part);
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const part of parts) {
    const length = sizeOf(part);
    at = bytes.writeUInt32BE(length, at);
    if (typeof part === 'string') bytes.write(part, at, 'utf8');
    else bytes.set(part, at);
    at += length;
  }
  return bytes;
};

const sizeOf = (part: string | Uint8Array): number =>
  typeof part === 'string' ? Buffer.byteLength(part, 'utf8') : part.length;

/** The position in canonical bytes, as text; empty when they are not in that form. */
export const canonicalPosition = (canonical: Buffer): string => {
  const at = 2 * LENGTH_BYTES + DOMAIN.length;
  if (canonical.length < at) return '';
  return canonical.toString('latin1', at, at + canonical.readUInt32BE(at - LENGTH_BYTES));
};

/**
 * The event of canonical bytes: the inverse of `canonicalEvent`. Throws on bytes that are not in that form.
 */
export const eventOfCanonical = (canonical: Buffer): StoredEvent => {
  let at = 0;
  const next = (): Buffer => {
    const from = at + LENGTH_BYTES;
    const to = from + (from <= canonical.length ? canonical.readUInt32BE(at) : Infinity);
    assert(to <= canonical.length, 'Expected canonical bytes of an event, were cut short');
    at = to;
    return canonical.subarray(from, to);
  };
  const text = (): string => next().toString('utf8');
  const whole = (): number => {
    const digits = text();
    assert(WHOLE.test(digits), () => `Expected a whole number in canonical bytes, was ${digits}`);
    return Number.parseInt(digits, 10);
  };
  const domain = text();
  assert(domain === DOMAIN, () => `Expected canonical bytes that begin with ${DOMAIN}, was ${domain}`);
  const event = {
    ...{ position: BigInt(whole()), stream: text(), version: whole(), id: text(), type: text() },
    ...{ schema: whole(), bytes: new Uint8Array(next()), occurredAt: whole() },
    ...{ correlationId: text(), causationId: text(), actor: text() },
  };
  const traceparent = text();
  assert(at === canonical.length, 'Expected canonical bytes of an event, were too long');
  return traceparent === '' ? event : { ...event, traceparent };
};
