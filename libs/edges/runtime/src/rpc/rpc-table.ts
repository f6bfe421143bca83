import * as services from '@plinth/messages/services';
import { assert } from '@plinth/money';

/** One method of one internal service, with its codecs. */
export type RpcMethod = Readonly<{
  /** `RequestWithdrawal`; unique over all services. */
  name: string;
  /** `accounts`. */
  context: string;
  kind: 'command' | 'query';
  /** `/plinth.accounts.v1.AccountsCommands/RequestWithdrawal`. */
  path: string;
  encodeRequest: (request: unknown) => Buffer;
  decodeRequest: (bytes: Uint8Array) => unknown;
  encodeResponse: (response: unknown) => Buffer;
  decodeResponse: (bytes: Uint8Array) => unknown;
}>;

type Definition = Readonly<{
  path: string;
  requestSerialize: (value: never) => Buffer;
  requestDeserialize: (bytes: Buffer) => unknown;
  responseSerialize: (value: never) => Buffer;
  responseDeserialize: (bytes: Buffer) => unknown;
}>;

const PATH = /^\/plinth\.(\w+)\.v\d+\.\w+?(Commands|Queries)\/(\w+)$/;

/** What is decoded keeps no part of the bytes that it came from. */
const asBuffer = (bytes: Uint8Array): Buffer => (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes));

const methodOf = (definition: Definition): RpcMethod => {
  const match = PATH.exec(definition.path);
  assert(match !== null, () => `Expected a path of a Commands or Queries service, was ${definition.path}`);
  const [, context = '', kind, name = ''] = match;
  return {
    name,
    context,
    kind: kind === 'Commands' ? 'command' : 'query',
    path: definition.path,
    encodeRequest: (request) => definition.requestSerialize(request as never),
    decodeRequest: (bytes) => definition.requestDeserialize(asBuffer(bytes)),
    encodeResponse: (response) => definition.responseSerialize(response as never),
    decodeResponse: (bytes) => definition.responseDeserialize(asBuffer(bytes)),
  };
};

/** Every method of every internal service, by its name. */
export const RPC_METHODS: ReadonlyMap<string, RpcMethod> = (() => {
  const methods = new Map<string, RpcMethod>();
  for (const service of Object.values(services)) {
    for (const definition of Object.values(service) as Definition[]) {
      const method = methodOf(definition);
      assert(!methods.has(method.name), () => `Expected method names to be unique, was ${method.name} twice`);
      methods.set(method.name, method);
    }
  }
  return methods;
})();

export const rpcMethod = (name: string, kind: RpcMethod['kind']): RpcMethod => {
  const method = RPC_METHODS.get(name);
  assert(method !== undefined && method.kind === kind, () => `Expected the name of a ${kind}, was ${name}`);
  return method;
};
