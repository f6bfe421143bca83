import { createFileRegistry, fromBinary, type DescMessage } from '@bufbuild/protobuf';
import { base64Decode } from '@bufbuild/protobuf/wire';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { DESCRIPTOR_SET } from '../gen/descriptors.ts';

/** One method as its proto has it, so that no test forgets one. */
export type WireMethod = Readonly<{
  /** `plinth.gateway.v1.Trading`. */
  service: string;
  name: string;
  path: string;
  isStream: boolean;
  input: DescMessage;
}>;

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, base64Decode(DESCRIPTOR_SET)));

/** Every method of every service of the house whose full name matches. */
export const wireMethods = (pattern: RegExp): readonly WireMethod[] =>
  [...registry.files]
    .flatMap(({ services }) => services)
    .filter(({ typeName }) => pattern.test(typeName))
    .flatMap(({ typeName: service, methods }) =>
      methods.map(({ name, input, methodKind }) => ({
        ...{ service, name, input, path: `/${service}/${name}` },
        isStream: methodKind !== 'unary',
      })),
    );
