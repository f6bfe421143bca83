import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { base64Decode } from '@bufbuild/protobuf/wire';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { EVENT_CATALOGUE } from '../catalogue.ts';
import { DESCRIPTOR_SET } from '../gen/descriptors.ts';
import { sampleOf } from './request-samples.ts';
import type { Seeded } from './seeded.ts';

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, base64Decode(DESCRIPTOR_SET)));

const schemas = new Map<string, number>(
  Object.entries(EVENT_CATALOGUE).map(([type, { schema }]) => [type, schema]),
);

const messages = [...registry.files].flatMap(({ messages: found }) => found);

/** Every event that there is, with its message. */
export const EVENTS = [...schemas].flatMap(([type, schema]) => {
  const message = messages.find(({ name, typeName }) => name === type && typeName.startsWith('plinth.'));
  return message === undefined ? [] : [{ type, schema, message }];
});

/** Payload of any event, with fields filled. */
export const eventSample = (
  random: Seeded,
): Readonly<{ type: string; schema: number; bytes: Uint8Array<ArrayBuffer> }> => {
  const { type, schema, message } = random.pick(EVENTS);
  return { type, schema, bytes: sampleOf(message, { random, vocabulary: () => undefined }) };
};
