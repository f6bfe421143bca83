import type { Seeded } from './seeded.ts';

/*
 * Changes of protobuf bytes that break parsers, after the ways of known attacks. Each is made of a valid
 * message and of seeded choices, so that a finding can be made again from its seed.
 */

type Mutation = (bytes: Buffer, random: Seeded) => Buffer;

/** Where the fields of a message begin, as far as they can be read. */
type Field = Readonly<{ at: number; number: number; type: number; from: number; to: number }>;

const LENGTH_DELIMITED = 2;

const varint = (value: number): Buffer => {
  const out: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    out.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...out, rest]);
};

export const tag = (number: number, type: number): Buffer => varint(number * 8 + type);

const readVarint = (bytes: Buffer, at: number): Readonly<{ value: number; next: number }> | undefined => {
  let value = 0;
  for (let i = 0; i < 10; i += 1) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, next: at + i + 1 };
  }
  return undefined;
};

/** The end of a field's value; undefined when it is beyond the message or of no known type. */
const endOf = (bytes: Buffer, type: number, at: number): number | undefined => {
  switch (type) {
    case 0:
      return readVarint(bytes, at)?.next;
    case 1:
      return at + 8;
    case LENGTH_DELIMITED: {
      const length = readVarint(bytes, at);
      return length === undefined ? undefined : length.next + length.value;
    }
    case 5:
      return at + 4;
    default:
      return undefined;
  }
};

const fieldsOf = (bytes: Buffer): readonly Field[] => {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length;) {
    const head = readVarint(bytes, at);
    if (head === undefined) return fields;
    const type = head.value % 8;
    const to = endOf(bytes, type, head.next);
    if (to === undefined || to > bytes.length) return fields;
    fields.push({ at, number: Math.floor(head.value / 8), type, from: head.next, to });
    at = to;
  }
  return fields;
};

const splice = (bytes: Buffer, from: number, to: number, ...middle: readonly Uint8Array[]): Buffer =>
  Buffer.concat([bytes.subarray(0, from), ...middle, bytes.subarray(to)]);

const delimited = (number: number, value: Uint8Array): Buffer =>
  Buffer.concat([tag(number, LENGTH_DELIMITED), varint(value.length), value]);

const HUGE_VARINT = Buffer.from('ffffffffffffffffffffffffff', 'hex');
const LENGTHS = ['ffffffff0f', 'ffffffff07', '80808080808080808001', 'ffffffffffffffffff01', '808001'].map(
  (hex) => Buffer.from(hex, 'hex'),
);

const flipBits: Mutation = (bytes, random) => {
  const out = Buffer.from(bytes);
  for (let n = 1 + random.int(8); n > 0 && out.length > 0; n -= 1) {
    const at = random.int(out.length);
    out[at] = (out[at] ?? 0) ^ (1 << random.int(8));
  }
  return out;
};

const truncate: Mutation = (bytes, random) => bytes.subarray(0, random.int(bytes.length + 1));

const insert: Mutation = (bytes, random) => {
  const at = random.int(bytes.length + 1);
  return splice(bytes, at, at, random.bytes(1 + random.int(20)));
};

/** The length of a text or message says more than there is, or more than a number holds. */
const lieAboutLength: Mutation = (bytes, random) => {
  const found = fieldsOf(bytes).filter(({ type }) => type === LENGTH_DELIMITED);
  if (found.length === 0) return Buffer.concat([tag(1, LENGTH_DELIMITED), random.pick(LENGTHS)]);
  const { from } = random.pick(found);
  return splice(bytes, from, readVarint(bytes, from)?.next ?? from, random.pick(LENGTHS));
};

const hugeVarint: Mutation = (bytes, random) =>
  Buffer.concat([bytes, tag(1 + random.int(17), 0), HUGE_VARINT.subarray(0, 1 + random.int(13))]);

const MAX_FIELD = 2 ** 29 - 1;

const unknownFields: Mutation = (bytes, random) => {
  const parts: Buffer[] = [bytes];
  for (let n = random.int(20); n >= 0; n -= 1) {
    const number = random.pick([16, 17, 100, 2_047, 18_999, 19_500, MAX_FIELD]);
    parts.push(delimited(number, random.bytes(random.int(50))));
  }
  return Buffer.concat(parts);
};

/** A message in a message in a message, in the place of one of its fields; or groups in groups. */
const nest: Mutation = (bytes, random) => {
  const depth = random.pick([10, 90, 110, 1_000, 3_000]);
  if (random.int(2) === 0) return Buffer.concat([bytes, Buffer.alloc(depth, tag(1 + random.int(15), 3))]);
  const number = 1 + random.int(15);
  // The heads of all levels, from the innermost: each says how long what is inside it is.
  const heads: Buffer[] = [];
  let length = 0;
  for (let level = 0; level < depth; level += 1) {
    const head = Buffer.concat([tag(number, LENGTH_DELIMITED), varint(length)]);
    heads.push(head);
    length += head.length;
  }
  return Buffer.concat([bytes, ...heads.reverse()]);
};

const wrongType: Mutation = (bytes, random) => {
  const fields = fieldsOf(bytes);
  if (fields.length === 0) return Buffer.of(random.int(256));
  const { at } = random.pick(fields);
  const out = Buffer.from(bytes);
  out[at] = ((out[at] ?? 0) & 0xf8) | random.int(8);
  return out;
};

const UTF8 = ['c328', 'a0a1', 'f0288cbc', 'edbfbf', 'fe', 'f8a1a1a1a1'].map((hex) => Buffer.from(hex, 'hex'));

const badUtf8: Mutation = (bytes, random) => replaceText(bytes, random, random.pick(UTF8));

/** Puts something else in the place of a text, with its right length. */
export const replaceText = (bytes: Buffer, random: Seeded, value: Uint8Array): Buffer => {
  const found = fieldsOf(bytes).filter(({ type }) => type === LENGTH_DELIMITED);
  if (found.length === 0) return delimited(1 + random.int(15), value);
  const { at, number, to } = random.pick(found);
  return splice(bytes, at, to, delimited(number, value));
};

/** The last one counts, of a list all do. */
const repeatFields: Mutation = (bytes, random) => {
  const fields = fieldsOf(bytes);
  if (fields.length === 0) return Buffer.concat([bytes, bytes]);
  const { at, to } = random.pick(fields);
  const times = random.pick([2, 10, 200]);
  return Buffer.concat([bytes, ...Array.from({ length: times }, () => bytes.subarray(at, to))]);
};

const dropField: Mutation = (bytes, random) => {
  const fields = fieldsOf(bytes);
  if (fields.length === 0) return Buffer.alloc(0);
  const { at, to } = random.pick(fields);
  return splice(bytes, at, to);
};

const noise: Mutation = (_, random) => Buffer.from(random.bytes(random.int(200)));

/** What any message can be turned into. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  ...{ flipBits, truncate, insert, lieAboutLength, hugeVarint, unknownFields, nest, wrongType, badUtf8 },
  ...{ repeatFields, dropField, noise },
};

const all = Object.values(MUTATIONS);

/** One to three changes, one after the other. */
export const mutated = (bytes: Uint8Array, random: Seeded): Buffer => {
  let out: Buffer = Buffer.from(bytes);
  for (let n = random.int(4) === 0 ? 3 : 1; n > 0; n -= 1) out = random.pick(all)(out, random);
  return out;
};
