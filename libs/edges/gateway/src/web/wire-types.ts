import {
  createFileRegistry,
  fromBinary,
  fromJson,
  toBinary,
  toJson,
  type DescMessage,
  type DescService,
  type FileRegistry,
  type JsonValue,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { status as grpc } from '@grpc/grpc-js';
import { DESCRIPTOR_SET } from '@plinth/messages/edge';
import { GrpcError } from '@plinth/runtime/grpc';

let made: FileRegistry | undefined;

/** Every message of the wire as its proto has it, made of the descriptors when it is first needed. */
const wireTypes = (): FileRegistry =>
  (made ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTOR_SET, 'base64'))));

/** `plinth.gateway.v1.Trading`. */
export const serviceOf = (name: string): DescService => {
  const service = wireTypes().getService(name);
  if (service === undefined) throw new Error(`Expected ${name} among the descriptors`);
  return service;
};

/** `path`: `/plinth.gateway.v1.Trading/PlaceOrder`. */
export const messagesOf = (path: string): Readonly<{ input: DescMessage; output: DescMessage }> => {
  const [, service = '', name = ''] = path.split('/');
  const method = serviceOf(service).methods.find((one) => one.name === name);
  if (method === undefined) throw new Error(`Expected ${path} among the descriptors`);
  return method;
};

const malformed = (message: string, field?: string): GrpcError =>
  new GrpcError(grpc.INVALID_ARGUMENT, 'MALFORMED_REQUEST', message, { field });

/** What the JSON mapping says of a field: `cannot decode field plinth.x.v1.Y.quantity from JSON: …`. */
const OF_FIELD = /^cannot decode field ([\w.]+) from JSON(?:: (.*))?$/s;
const OF_UNKNOWN = /^cannot decode message ([\w.]+) from JSON: key "(.*)" is unknown$/s;

const refusal = (input: DescMessage, said: string): GrpcError => {
  const [, field, why = ''] = OF_FIELD.exec(said) ?? [];
  if (field !== undefined) {
    const name = field.slice(field.lastIndexOf('.') + 1);
    return malformed(`Expected ${name} in the JSON form of its type: ${why}`, name);
  }
  const [, message, key] = OF_UNKNOWN.exec(said) ?? [];
  if (key !== undefined)
    return malformed(`Expected a field of ${message}, was ${key}: correct or remove it`, key);
  return malformed(`Expected a JSON object of ${input.typeName}: ${said}`);
};

/** A whole number that a float64 does not hold would be another one when it has been read. */
const checkNumber = (key: string, value: unknown, context?: Readonly<{ source?: string }>): unknown => {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined || !/^-?\d+$/.test(source)) return value;
  if (Number.isSafeInteger(value)) return value;
  throw malformed(`Expected a number this large as text, was ${source.slice(0, 40)}: put it in quotes`, key);
};

/** A request in the JSON form of protobuf, as protobuf's own bytes. Names the field that does not fit. */
export const bytesOfJson = (input: DescMessage, json: Buffer): Buffer => {
  let value: JsonValue;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json), checkNumber) as JsonValue;
  } catch (error) {
    if (error instanceof GrpcError) throw error;
    throw malformed(`Expected JSON in UTF-8: ${(error as Error).message}`);
  }
  try {
    // An unknown field may be a misspelt one: it is never dropped in silence.
    const message = fromJson(input, value, { registry: wireTypes(), ignoreUnknownFields: false });
    return Buffer.from(toBinary(input, message));
  } catch (error) {
    throw refusal(input, (error as Error).message);
  }
};

export const jsonOfBytes = (output: DescMessage, bytes: Uint8Array): JsonValue =>
  toJson(output, fromBinary(output, bytes), { registry: wireTypes() });

/** A detail of an error in words; undefined for what the descriptors do not hold. */
export const jsonOfDetail = (typeName: string, bytes: Uint8Array): JsonValue | undefined => {
  const message = wireTypes().getMessage(typeName);
  return message === undefined ? undefined : jsonOfBytes(message, bytes);
};
