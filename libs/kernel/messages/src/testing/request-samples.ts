import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Seeded } from './seeded.ts';

/** Values that a text field of that name may have; undefined when nothing is known of it. */
export type Vocabulary = (fieldName: string) => readonly string[] | undefined;

const ANY_TEXT = ['', 'a', 'main', 'x1'];
const DEPTH_MAX = 4;

type Sampling = Readonly<{ random: Seeded; vocabulary: Vocabulary }>;

const scalar = (writer: BinaryWriter, field: DescField, type: ScalarType, sampling: Sampling): void => {
  const { random, vocabulary } = sampling;
  switch (type) {
    case ScalarType.STRING:
      writer.string(random.pick(vocabulary(field.name) ?? ANY_TEXT));
      return;
    case ScalarType.BYTES:
      writer.bytes(random.bytes(random.pick([0, 32, 33])));
      return;
    case ScalarType.BOOL:
      writer.bool(random.int(2) === 1);
      return;
    case ScalarType.DOUBLE:
      writer.double(random.pick([0, 1, 0.5, -1, NaN, Infinity]));
      return;
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.UINT64:
      writer.int64(BigInt(random.pick([0, 1, 2, 1_000, 1_800_003_600_000])));
      return;
    default:
      writer.int32(random.pick([0, 1, 2, 10, 100, 10_000]));
  }
};

const wireTypeOf = (type: ScalarType): WireType => {
  switch (type) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    case ScalarType.DOUBLE:
      return WireType.Bit64;
    default:
      return WireType.Varint;
  }
};

const one = (writer: BinaryWriter, field: DescField, sampling: Sampling, depth: number): void => {
  if (field.message !== undefined) {
    if (depth >= DEPTH_MAX || field.name === 'read') return;
    const inner = sampleOf(field.message, sampling, depth + 1);
    writer.tag(field.number, WireType.LengthDelimited).bytes(inner);
    return;
  }
  if (field.enum !== undefined) {
    writer.tag(field.number, WireType.Varint).int32(sampling.random.int(4));
    return;
  }
  const type = field.scalar ?? ScalarType.STRING;
  scalar(writer.tag(field.number, wireTypeOf(type)), field, type, sampling);
};

/** Bytes of a message as a caller could have meant it: made from its descriptor and a vocabulary. */
export const sampleOf = (message: DescMessage, sampling: Sampling, depth = 0): Uint8Array<ArrayBuffer> => {
  const writer = new BinaryWriter();
  for (const field of message.fields) {
    const isList = field.fieldKind === 'list';
    const times = isList ? sampling.random.int(3) : sampling.random.int(12) === 0 ? 0 : 1;
    for (let n = 0; n < times; n += 1) one(writer, field, sampling, depth);
  }
  return writer.finish();
};
