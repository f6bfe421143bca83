import type { NewRecord } from './kafka-writer.ts';

/*
 * Kafka's record batch, version 2: https://kafka.apache.org/documentation/#recordbatch. Written in one pass
 * into one buffer; the client library's own encoder makes a buffer for every header.
 */

const HEADER_BYTES = 61;
/** Longest variable part beside keys, values and headers: five varints of a record. */
const RECORD_OVERHEAD = 26;
const HEADER_OVERHEAD = 10;
const MAGIC = 2;

/** CRC-32C (Castagnoli), reflected polynomial 0x82f63b78. */
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  let crc = n;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  return crc | 0;
});

export const crc32c = (bytes: Uint8Array, from = 0, to = bytes.length): number => {
  let crc = -1;
  for (let at = from; at < to; at += 1) {
    crc = (CRC_TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
};

/** Zig-zag varint; returns where the next byte goes. */
const writeVarint = (buffer: Buffer, value: number, at: number): number => {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest > 0x7f) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
};

const varintBytes = (value: number): number => {
  const rest = ((value << 1) ^ (value >> 31)) >>> 0;
  return rest < 0x80 ? 1 : rest < 0x4000 ? 2 : rest < 0x20_0000 ? 3 : rest < 0x1000_0000 ? 4 : 5;
};

const names = new Map<string, Buffer>();

/** The few names of our headers, encoded once. */
const nameBytes = (name: string): Buffer => {
  let bytes = names.get(name);
  if (bytes === undefined) names.set(name, (bytes = Buffer.from(name, 'utf8')));
  return bytes;
};

const sizeOf = (text: Buffer | string | null): number =>
  text === null ? 0 : typeof text === 'string' ? Buffer.byteLength(text, 'utf8') : text.length;

const writeBytes = (buffer: Buffer, bytes: Buffer | string | null, size: number, at: number): number => {
  const from = writeVarint(buffer, bytes === null ? -1 : size, at);
  if (typeof bytes === 'string') buffer.write(bytes, from, 'utf8');
  else if (bytes !== null) buffer.set(bytes, from);
  return from + size;
};

type Sized = Readonly<{
  record: NewRecord;
  key: number;
  value: number;
  headers: readonly number[];
  body: number;
}>;

const sized = (record: NewRecord, offset: number): Sized => {
  const key = sizeOf(record.key);
  const value = sizeOf(record.value);
  const headers: number[] = [];
  // Attributes and the time's difference, one byte each.
  let body = 2 + varintBytes(offset) + varintBytes(record.key === null ? -1 : key) + key;
  body += varintBytes(record.value === null ? -1 : value) + value;
  for (const name in record.headers) {
    const size = sizeOf(record.headers[name] as Buffer | string);
    const nameSize = nameBytes(name).length;
    headers.push(size);
    body += varintBytes(nameSize) + nameSize + varintBytes(size) + size;
  }
  body += varintBytes(headers.length);
  return { record, key, value, headers, body };
};

const writeRecord = (buffer: Buffer, one: Sized, offset: number, start: number): number => {
  const { record, headers } = one;
  let at = writeVarint(buffer, one.body, start);
  buffer[at++] = 0;
  buffer[at++] = 0;
  at = writeVarint(buffer, offset, at);
  at = writeBytes(buffer, record.key, one.key, at);
  at = writeBytes(buffer, record.value, one.value, at);
  at = writeVarint(buffer, headers.length, at);
  let n = 0;
  for (const name in record.headers) {
    const bytes = nameBytes(name);
    at = writeBytes(buffer, bytes, bytes.length, at);
    at = writeBytes(buffer, record.headers[name] as Buffer | string, headers[n++] as number, at);
  }
  return at;
};

/** One batch of records, all of one time, of a producer that is not idempotent. */
export const encodeRecordBatch = (records: readonly NewRecord[], timeMs: number): Buffer => {
  const all = records.map(sized);
  const room = all.reduce((sum, { body }) => sum + body + RECORD_OVERHEAD, HEADER_BYTES + HEADER_OVERHEAD);
  const buffer = Buffer.allocUnsafe(room);
  let at = HEADER_BYTES;
  for (const [offset, one] of all.entries()) at = writeRecord(buffer, one, offset, at);
  buffer.writeBigInt64BE(0n, 0);
  buffer.writeInt32BE(at - 12, 8);
  buffer.writeInt32BE(-1, 12);
  buffer.writeInt8(MAGIC, 16);
  buffer.writeInt16BE(0, 21);
  buffer.writeInt32BE(records.length - 1, 23);
  buffer.writeBigInt64BE(BigInt(timeMs), 27);
  buffer.writeBigInt64BE(BigInt(timeMs), 35);
  buffer.writeBigInt64BE(-1n, 43);
  buffer.writeInt16BE(-1, 51);
  buffer.writeInt32BE(-1, 53);
  buffer.writeInt32BE(records.length, 57);
  buffer.writeUInt32BE(crc32c(buffer, 21, at), 17);
  return buffer.subarray(0, at);
};
