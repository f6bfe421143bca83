import {
  create,
  createFileRegistry,
  fromBinary,
  ScalarType,
  toBinary,
  type DescField,
  type DescMessage,
  type Message,
} from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { EVENT_CATALOGUE, type EventKind } from '@plinth/messages';
import { DESCRIPTOR_SET } from '@plinth/messages/edge';
import { appendFileSync } from 'node:fs';
import { CORPUS_FILE, readCorpus, type CorpusLine } from './corpus.ts';

/*
 * Adds a line to the corpus of events for every type and schema of the catalogue that has none yet: a payload
 * in which every field is set, each to something else. Lines that are there are never touched.
 */

const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTOR_SET, 'base64')),
);

/** Counts the values that were given, so that no two fields of a payload are the same. */
type Counter = { value: number };

const scalar = (type: ScalarType, name: string, counter: Counter): unknown => {
  counter.value += 1;
  switch (type) {
    case ScalarType.STRING:
      return `${name}-${counter.value}`;
    case ScalarType.BOOL:
      return true;
    case ScalarType.BYTES:
      return Uint8Array.of(counter.value % 256, 0, 255);
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return BigInt(1_700_000_000_000 + counter.value);
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return counter.value + 0.5;
    default:
      return counter.value;
  }
};

const filled = (message: DescMessage, counter: Counter): Message => {
  const made = reflect(message, create(message));
  for (const field of message.fields) {
    // Of the alternatives of a oneof the first stands.
    if (field.oneof !== undefined && field.oneof.fields[0] !== field) continue;
    set(made, field, counter);
  }
  return made.message;
};

const set = (made: ReturnType<typeof reflect>, field: DescField, counter: Counter): void => {
  const nested = (desc: DescMessage) => reflect(desc, filled(desc, counter));
  switch (field.fieldKind) {
    case 'scalar':
      return made.set(field, scalar(field.scalar, field.name, counter));
    case 'enum':
      return made.set(field, field.enum.values.at(-1)?.number ?? 0);
    case 'message':
      return made.set(field, nested(field.message));
    case 'list': {
      const list = made.get(field);
      for (let i = 0; i < 2; i += 1) {
        if (field.listKind === 'message') list.add(nested(field.message));
        else if (field.listKind === 'scalar') list.add(scalar(field.scalar, field.name, counter));
        else list.add(field.enum.values.at(-1)?.number ?? 0);
      }
      return;
    }
    case 'map':
      throw new Error(`${field.name}: Expected no map in an event: their order is not canonical`);
  }
};

const lineOf = (type: string, { owner, schema, codec }: EventKind<unknown>): CorpusLine => {
  const context = owner === 'runtime' ? 'log' : owner;
  const message = registry.getMessage(`plinth.${context}.v1.${type}`);
  if (message === undefined) throw new Error(`Expected a message ${type} of plinth.${context}.v1`);
  const data = codec.decode(toBinary(message, filled(message, { value: 0 })));
  const bytes = Buffer.from(codec.encode(data).finish()).toString('base64');
  return { type, schema, bytes, present: codec.toJSON(data) };
};

const known = new Set(readCorpus().map(({ type, schema }) => `${type} ${schema}`));
const missing = Object.entries(EVENT_CATALOGUE as Readonly<Record<string, EventKind<unknown>>>).filter(
  ([type, { schema }]) => !known.has(`${type} ${schema}`),
);
appendFileSync(
  CORPUS_FILE,
  missing.map(([type, kind]) => `${JSON.stringify(lineOf(type, kind))}\n`).join(''),
);
process.stdout.write(`${missing.length} lines added to ${CORPUS_FILE}\n`);
