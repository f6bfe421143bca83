import { isRejection, Overloaded, reject, type Rejection } from '@plinth/eventing';
import { assert } from '@plinth/money';
import { answerBy, positionError } from '../grpc/deadline.ts';
import { executeCommand, type CommandAnswer } from '../service/command-executor.ts';
import { LIMITS } from '../service/limits.ts';
import type { ServiceHost } from '../service/service-host.ts';
import { rpcMethod, type RpcMethod } from './rpc-table.ts';

/** Who sends a command, and under which id. */
export type Sender = Readonly<{
  /** Client id, or `operator`. */
  tenant: string;
  actor: string;
  requestId: string;
  traceparent?: string;
  /** Traceparents of others that had a part in it: of a batch. They stay within the process. */
  links?: readonly string[];
}>;

export type QueryAnswer =
  | Readonly<{ status: 'answered'; response: unknown; position: bigint }>
  | Readonly<{ status: 'rejected'; rejection: Rejection }>;

/** The same with the answer in the bytes of the wire. */
export type WireAnswer =
  | Readonly<{ status: 'answered'; bytes: Buffer; position: bigint }>
  | Extract<QueryAnswer, { status: 'rejected' }>;

/** What the gateway, the command line and simulations need of a cell, wherever its services run. */
export interface CellClient {
  command(name: string, request: unknown, sender: Sender): Promise<CommandAnswer>;
  /** Waits until the answer includes `request.read.minPosition`, or the signal aborts. */
  query(name: string, request: unknown, signal: AbortSignal): Promise<QueryAnswer>;
}

const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;

const BAD_REQUEST_ID = reject(
  'REQUEST_ID_INVALID',
  'Expected a request id of 1 to 64 letters, digits, `_`, `.`, `:` or `-`: a new uuid per request',
  { field: 'request_id', reason: 'invalid' },
);

const askNow = (host: ServiceHost, name: string, request: unknown): unknown => {
  const handler = host.definition.queries[name];
  assert(handler !== undefined, () => `Expected a query of ${host.name}, was ${name}`);
  return handler(request as never, host.views);
};

/** Waits until a service has folded so far; in time before the call ends it says how far it has come. */
const reach = async (host: ServiceHost, position: bigint, { signal }: Waiting): Promise<void> => {
  const by = answerBy(signal);
  if (by === undefined) return host.waitFor(position, signal);
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(positionError(position, host.last)),
    Math.max(0, by - Date.now()),
  );
  try {
    await host.waitFor(position, AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
};

/** Its signal is asked for by those alone who have to wait. */
type Waiting = Readonly<{ signal: AbortSignal }>;

type WithRead = Readonly<{ read?: Readonly<{ minPosition: bigint }> }>;

/**
 * All services in this process. Requests and answers go through the codecs of the wire, so that what works
 * here works over gRPC and nobody shares objects with a service.
 */
export class InProcessCell implements CellClient {
  readonly #hosts: ReadonlyMap<string, ServiceHost>;
  #commands = 0;

  constructor(hosts: readonly ServiceHost[]) {
    this.#hosts = new Map(hosts.map((host) => [host.name, host]));
  }

  async command(name: string, request: unknown, sender: Sender): Promise<CommandAnswer> {
    const method = rpcMethod(name, 'command');
    if (!REQUEST_ID.test(sender.requestId)) return { status: 'rejected', rejection: BAD_REQUEST_ID };
    if (this.#commands >= LIMITS.commandsInFlightMax)
      throw new Overloaded(`Expected fewer commands at once than ${this.#commands}: wait and send again`);
    const bytes = method.encodeRequest(request);
    const call = { ...sender, name, request: method.decodeRequest(bytes), bytes };
    this.#commands += 1;
    return executeCommand(this.#host(method.context), call).finally(() => (this.#commands -= 1));
  }

  async query(name: string, request: unknown, signal: AbortSignal): Promise<QueryAnswer> {
    const method = rpcMethod(name, 'query');
    const answer = await this.answer(method, method.decodeRequest(method.encodeRequest(request)), { signal });
    if (answer.status === 'rejected') return answer;
    const { bytes, position } = answer;
    return { status: 'answered', response: method.decodeResponse(bytes), position };
  }

  /** A query whose request nobody else has: what the wire gave, and what it takes. */
  async answer(method: RpcMethod, request: unknown, waiting: Waiting): Promise<WireAnswer> {
    const { name, context, encodeResponse } = method;
    const host = this.#host(context);
    const wanted = (request as WithRead).read?.minPosition ?? 0n;
    const least = wanted > host.floor ? wanted : host.floor;
    if (least > host.last) await reach(host, least, waiting);
    const { last: position } = host;
    const response = host.history.has(name)
      ? await host.history.ask({ name, request, head: position, signal: waiting.signal })
      : askNow(host, name, request);
    if (isRejection(response)) return { status: 'rejected', rejection: response };
    return { status: 'answered', bytes: encodeResponse(response), position };
  }

  #host(context: string): ServiceHost {
    const host = this.#hosts.get(context);
    assert(host !== undefined, () => `Expected service ${context} in this process`);
    return host;
  }
}
