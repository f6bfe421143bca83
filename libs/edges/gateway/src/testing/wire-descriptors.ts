import { createFileRegistry, fromBinary, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { DESCRIPTOR_SET } from '@plinth/messages/edge';

const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTOR_SET, 'base64')),
);

export type WireMethod = Readonly<{ service: string; name: string; input: DescMessage; output: DescMessage }>;

/** Every method of the clients' edge as its proto has it. */
export const WIRE_METHODS: readonly WireMethod[] = [...registry.files]
  .filter(({ name }) => name === 'plinth/gateway/v1/service')
  .flatMap(({ services }) =>
    services.flatMap((service) =>
      service.methods.map(({ name, input, output }) => ({ service: service.name, name, input, output })),
    ),
  );

export type TextField = Readonly<{ path: string; name: string; isRepeated: boolean }>;

const messageOf = (field: DescField): DescMessage | undefined =>
  field.fieldKind === 'message' || (field.fieldKind === 'list' && field.listKind === 'message')
    ? field.message
    : undefined;

/** Every field of a message and of the messages in it, by its path in the code. */
export const fieldsOf = (message: DescMessage, prefix = ''): readonly TextField[] =>
  message.fields.flatMap((field) => {
    const path = `${prefix}${field.localName}`;
    const inner = messageOf(field);
    const own = { path, name: field.name, isRepeated: field.fieldKind === 'list' };
    return inner === undefined ? [own] : [own, ...fieldsOf(inner, `${path}.`)];
  });
