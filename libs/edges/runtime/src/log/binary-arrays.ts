import { Buffer } from 'node:buffer';

// PostgreSQL's binary form of one-dimensional arrays. Sent as they are, they cost neither quoting nor
// parsing: int32 dimensions, int32 has-nulls, int32 element oid, int32 count, int32 lower bound, then int32
// length + bytes each.

const HEADER_BYTES = 20;
const OIDS = { bytea: 17, int8: 20, int4: 23, text: 25, uuid: 2950 } as const;

const header = (oid: number, count: number, bytes: number, hasNulls = false): Buffer => {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + bytes);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(hasNulls ? 1 : 0, 4);
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
};

export const int4Array = (values: readonly number[]): Buffer => {
  const buffer = header(OIDS.int4, values.length, values.length * 8);
  let at = HEADER_BYTES;
  for (const value of values) {
    buffer.writeInt32BE(4, at);
    buffer.writeInt32BE(value, at + 4);
    at += 8;
  }
  return buffer;
};

export const int8Array = (values: readonly bigint[]): Buffer => {
  const buffer = header(OIDS.int8, values.length, values.length * 12);
  let at = HEADER_BYTES;
  for (const value of values) {
    buffer.writeInt32BE(8, at);
    buffer.writeBigInt64BE(value, at + 4);
    at += 12;
  }
  return buffer;
};

export const byteaArray = (values: readonly Uint8Array[]): Buffer => {
  let bytes = 0;
  for (const value of values) bytes += 4 + value.length;
  const buffer = header(OIDS.bytea, values.length, bytes);
  let at = HEADER_BYTES;
  for (const value of values) {
    buffer.writeInt32BE(value.length, at);
    buffer.set(value, at + 4);
    at += 4 + value.length;
  }
  return buffer;
};

export const textArray = (values: readonly (string | undefined)[]): Buffer => {
  let [most, hasNulls] = [0, false];
  for (const value of values) {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    most += 4 + (value === undefined ? 0 : value.length * 3);
    hasNulls ||= value === undefined;
  }
  const buffer = header(OIDS.text, values.length, most, hasNulls);
  let at = HEADER_BYTES;
  for (const value of values) {
    const length = value === undefined ? -1 : buffer.write(value, at + 4, 'utf8');
    buffer.writeInt32BE(length, at);
    at += 4 + Math.max(length, 0);
  }
  return buffer.subarray(0, at);
};

const NIBBLES = new Int8Array(128).fill(-1);
for (let i = 0; i < 16; i += 1) NIBBLES[i.toString(16).charCodeAt(0)] = i;

export const uuidArray = (values: readonly string[]): Buffer => {
  const buffer = header(OIDS.uuid, values.length, values.length * 20);
  let at = HEADER_BYTES;
  for (const value of values) {
    buffer.writeInt32BE(16, at);
    writeUuid(buffer, at + 4, value);
    at += 20;
  }
  return buffer;
};

/** Writes the 16 bytes of a canonical lower-case uuid. */
export const writeUuid = (buffer: Uint8Array, at: number, uuid: string): void => {
  for (let i = 0, to = at; i < 36; i += 2) {
    if (i === 8 || i === 13 || i === 18 || i === 23) i += 1;
    const high = NIBBLES[uuid.charCodeAt(i)] ?? -1;
    const low = NIBBLES[uuid.charCodeAt(i + 1)] ?? -1;
    buffer[to] = high * 16 + low;
    to += 1;
  }
};

const HEX = Buffer.from('0123456789abcdef', 'latin1');
const UUID_TEXT = Buffer.from('00000000-0000-0000-0000-000000000000', 'latin1');

/** Canonical text of the 16 bytes at a place. */
export const readUuid = (bytes: Uint8Array, at: number): string => {
  for (let i = at, to = 0; i < at + 16; i += 1) {
    if (to === 8 || to === 13 || to === 18 || to === 23) to += 1;
    const byte = bytes[i] ?? 0;
    UUID_TEXT[to] = HEX[byte >> 4] ?? 0;
    UUID_TEXT[to + 1] = HEX[byte & 15] ?? 0;
    to += 2;
  }
  return UUID_TEXT.toString('latin1');
};
