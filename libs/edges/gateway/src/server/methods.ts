import { assert } from '@plinth/money';
import type { SignedForm } from '../auth/signing.ts';
import { RULES, type MethodRule } from '../policy/rules.ts';
import { SERVICES } from '../services.ts';
import { bytesOfJson, jsonOfBytes, messagesOf } from '../web/wire-types.ts';

type Definition = Readonly<{
  path: string;
  requestStream: boolean;
  responseStream: boolean;
  requestDeserialize: (bytes: Buffer) => unknown;
  responseSerialize: (value: never) => Buffer;
}>;

/** One method of the edge: what the wire says of it and what the rules do. */
export type GatewayMethod = Readonly<{
  /** `PlaceOrder`: here and at the service behind. */
  name: string;
  /** Property of the handler in a grpc-js implementation: `placeOrder`. */
  key: string;
  path: string;
  rule: MethodRule;
  /** What the bytes of requests and answers are. */
  form: SignedForm;
  responseStream: boolean;
  decode: (bytes: Buffer) => Readonly<Record<string, unknown>>;
  encode: (response: unknown) => Buffer;
}>;

export type GatewayService = Readonly<{
  /** `plinth.gateway.v1.Trading`. */
  name: string;
  methods: readonly GatewayMethod[];
}>;

const PATH = /^\/(plinth\.gateway\.v1\.(\w+))\/(\w+)$/;

const methodOf = (key: string, definition: Definition): GatewayMethod => {
  const [, , service = '', name = ''] = PATH.exec(definition.path) ?? [];
  const rule = RULES[service]?.[name];
  assert(rule !== undefined, () => `Expected a rule for ${definition.path}`);
  assert(!definition.requestStream, () => `Expected no stream of requests at ${definition.path}`);
  return {
    ...{ name, key, rule },
    form: 'proto',
    path: definition.path,
    responseStream: definition.responseStream,
    decode: (bytes) => definition.requestDeserialize(bytes) as Readonly<Record<string, unknown>>,
    encode: (response) => definition.responseSerialize(response as never),
  };
};

/** Every service of the edge, as its proto has it. A method without a rule stops the program here. */
export const GATEWAY_SERVICES: readonly GatewayService[] = Object.entries(SERVICES).map(
  ([name, service]) => ({
    name: `plinth.gateway.v1.${name}`,
    methods: Object.entries(service as Readonly<Record<string, Definition>>).map(([key, definition]) =>
      methodOf(key, definition),
    ),
  }),
);

/** The same method with requests and answers in the JSON form of protobuf. */
export const inJson = (method: GatewayMethod): GatewayMethod => {
  const { input, output } = messagesOf(method.path);
  return {
    ...method,
    form: 'json',
    decode: (bytes) => method.decode(bytesOfJson(input, bytes)),
    encode: (response) => Buffer.from(JSON.stringify(jsonOfBytes(output, method.encode(response)))),
  };
};
