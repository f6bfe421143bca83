import { createFileRegistry, fromBinary, fromJson, toBinary, type JsonValue } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { DESCRIPTOR_SET } from '@plinth/messages/edge';
import { CliError, EXIT } from './exit-codes.ts';

const PATH = /^\/(plinth\.gateway\.v1\.\w+)\/(\w+)$/;

/** A request of the gateway, given as JSON, as it is on the wire. */
export const requestBytes = (path: string, json: string): Uint8Array => {
  const registry = createFileRegistry(
    fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTOR_SET, 'base64')),
  );
  const [, service = '', name = ''] = PATH.exec(path) ?? [];
  const method = registry.getService(service)?.methods.find((one) => one.name === name);
  if (method === undefined) {
    throw new CliError(EXIT.usage, `${path}: Expected a method like plinth.gateway.v1.Trading/ListMarks`);
  }
  try {
    return toBinary(method.input, fromJson(method.input, JSON.parse(json) as JsonValue, { registry }));
  } catch (error) {
    throw new CliError(EXIT.usage, `--data: ${(error as Error).message}`);
  }
};
