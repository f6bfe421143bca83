import type { StoredEvent } from '@plinth/eventing';
import { assert } from '@plinth/money';
import { hash as digest } from 'node:crypto';
import { canonicalEvent, canonicalPosition, eventOfCanonical } from '../audit/canonical-event.ts';

/**
 * One event as the backbone carries it: the canonical bytes that are also a leaf of the signed tree, and in
 * the headers its place and its link to the event before. A reader can tell loss, repetition, reordering,
 * damage and another history from these alone.
 */
export type LogRecord = Readonly<{
  position: bigint;
  /** Of the chain before and after this event. */
  previous: Buffer;
  hash: Buffer;
  epoch: number;
  traceparent?: string;
  value: Buffer;
}>;

/** As a client library gives it. */
export type RawRecord = Readonly<{
  partition: number;
  offset: bigint;
  key: Buffer | null;
  value: Buffer | null;
  headers: Readonly<Record<string, string | Buffer | undefined>>;
}>;

const HASH_BYTES = 32;
const TAG = Buffer.from('plinth-chain-v1');

/** The chain before the first event. */
export const GENESIS = Buffer.alloc(HASH_BYTES);

/** Hash of the chain once an event is added: SHA-256(tag ‖ previous ‖ canonical bytes of the event). */
export const chainHash = (previous: Buffer, value: Uint8Array): Buffer =>
  digest('sha256', Buffer.concat([TAG, previous, value]), 'buffer');

/** The record of an event that follows on `previous`. */
export const logRecord = (event: StoredEvent, previous: Buffer, epoch: number): LogRecord => {
  const value = canonicalEvent(event);
  const { position, traceparent } = event;
  const record = { position, previous, hash: chainHash(previous, value), epoch, value };
  return traceparent === undefined ? record : { ...record, traceparent };
};

export type Headers = Readonly<Record<string, string | Buffer>>;

export const headersOf = ({ position, previous, hash, epoch, traceparent }: LogRecord): Headers => {
  const headers = { position: position.toString(), previous, hash, epoch: String(epoch) };
  return traceparent === undefined ? headers : { ...headers, traceparent };
};

const POSITION = /^[1-9]\d{0,18}$/;
const EPOCH = /^[1-9]\d{0,8}$/;

/** The record, when it is whole: undefined when a header is missing or the hash is not that of its bytes. */
export const readLogRecord = ({ headers, value }: RawRecord): LogRecord | undefined => {
  const position = textOf(headers['position']);
  const epoch = textOf(headers['epoch']);
  const previous = bytesOf(headers['previous']);
  const hash = bytesOf(headers['hash']);
  if (!POSITION.test(position) || !EPOCH.test(epoch) || value === null) return undefined;
  if (canonicalPosition(value) !== position) return undefined;
  if (previous?.length !== HASH_BYTES || hash === undefined) return undefined;
  if (!chainHash(previous, value).equals(hash)) return undefined;
  const record = { position: BigInt(position), previous, hash, epoch: Number.parseInt(epoch, 10), value };
  const traceparent = textOf(headers['traceparent']);
  return traceparent === '' ? record : { ...record, traceparent };
};

/** The event of a record. Its bytes were hashed with its place: a difference is a fault of the writer. */
export const eventOf = (record: LogRecord): StoredEvent => {
  const event = eventOfCanonical(record.value);
  const { position } = record;
  assert(event.position === position, () => `Expected the event of ${position}, was ${event.position}`);
  return event;
};

const textOf = (header: string | Buffer | undefined): string =>
  header === undefined ? '' : typeof header === 'string' ? header : header.toString('utf8');

const bytesOf = (header: string | Buffer | undefined): Buffer | undefined =>
  typeof header === 'string' ? Buffer.from(header, 'utf8') : header;
