import type { StoredEvent } from '@plinth/eventing';
import { hash as digest } from 'node:crypto';
import type { NewRecord } from '../../transport/kafka-writer.ts';
import type { RawRecord } from '../../transport/log-record.ts';
import type { DeskFact } from './desk-topics.ts';

/** Where a partition stands: its last record's place in the log, and its link. */
export type DeskPlace = Readonly<{
  position: bigint;
  /** Of the records that one event made in this topic, which: 0, 1, 2 … */
  part: number;
  /** Counts the records of this partition from 1. */
  sequence: bigint;
  hash: Buffer;
}>;

const TAG = 'plinth-desk-v1';

const lengthPrefixed = (bytes: Uint8Array): Uint8Array => {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  digest(
    'sha256',
    Buffer.concat(
      parts.map((part) => lengthPrefixed(typeof part === 'string' ? Buffer.from(part, 'utf8') : part)),
    ),
    'buffer',
  );

/** A partition before its first record: its link is its own name. */
export const firstPlace = (topic: string, partition: number): DeskPlace => ({
  ...{ position: 0n, part: -1, sequence: 0n },
  hash: sha256(TAG, topic, String(partition)),
});

/**
 * SHA-256 over these, each with its length (4 bytes, big endian) before it: the tag, the hash of the record
 * before, sequence, id, key, and the value (nothing for none). Numbers are decimal text.
 */
export const deskHash = (
  previous: Buffer,
  record: Readonly<{ sequence: bigint; id: string; key: string; value: Uint8Array | null }>,
): Buffer =>
  sha256(TAG, previous, record.sequence.toString(), record.id, record.key, record.value ?? Buffer.alloc(0));

export type Linked = Readonly<{ record: NewRecord; place: DeskPlace }>;

/** The record of a fact that follows on `after` in its partition: a CloudEvent in binary mode. */
export const deskRecord = (
  fact: DeskFact,
  event: StoredEvent,
  after: DeskPlace,
  source: string,
  part: number,
  /** Where a record stands that was put aside when its turn was: at the end of what there is. */
  at: Readonly<{ position: bigint; part: number }> = { position: event.position, part },
): Linked => {
  const { key, type, value } = fact;
  const sequence = after.sequence + 1n;
  const id = part === 0 ? event.id : `${event.id}/${part}`;
  const hash = deskHash(after.hash, { sequence, id, key, value });
  const headers = {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: source,
    ce_type: type,
    ce_time: new Date(event.occurredAt).toISOString(),
    ce_subject: key,
    'content-type': 'application/protobuf',
    ce_position: at.position.toString(),
    ce_part: String(at.part),
    ...(at.position === event.position ? {} : { ce_redrives: event.position.toString() }),
    ce_sequence: sequence.toString(),
    ce_previous: after.hash.toString('hex'),
    ce_hash: hash.toString('hex'),
    ...(event.traceparent === undefined ? {} : { ce_traceparent: event.traceparent }),
  };
  const record = { key, value: value === null ? null : Buffer.from(value), headers };
  return { record, place: { ...at, sequence, hash } };
};

const NUMBER = /^\d{1,19}$/;
const HASH = /^[0-9a-f]{64}$/;

/** The place that a record of ours gives its partition; undefined when it is none of ours. */
export const placeOfRecord = ({ headers }: RawRecord): DeskPlace | undefined => {
  const text = (name: string): string => headers[name]?.toString() ?? '';
  const [position, part, sequence] = [text('ce_position'), text('ce_part'), text('ce_sequence')];
  const isOurs = [position, part, sequence].every((one) => NUMBER.test(one)) && HASH.test(text('ce_hash'));
  if (!isOurs) return undefined;
  return {
    position: BigInt(position),
    part: Number.parseInt(part, 10),
    sequence: BigInt(sequence),
    hash: Buffer.from(text('ce_hash'), 'hex'),
  };
};
