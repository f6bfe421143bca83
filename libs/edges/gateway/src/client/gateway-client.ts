import { randomUUID } from 'node:crypto';
import {
  Client,
  credentials,
  Metadata,
  status as grpc,
  type ChannelCredentials,
  type ClientReadableStream,
  type StatusObject,
} from '@grpc/grpc-js';
import { boundedConnect, errorFromStatus, GRPC_LIMITS, GrpcError } from '@plinth/runtime/grpc';
import { RULES } from '../policy/rules.ts';
import { METADATA } from '../auth/signing.ts';
import { SERVICES } from '../services.ts';
import type { ClientKey } from './key-file.ts';
import { callSigner, type SignCall } from './sign-call.ts';

type Services = typeof SERVICES;
type Uncapital<S extends string> = S extends `${infer H}${infer T}` ? `${Lowercase<H>}${T}` : S;

type Definition<Request, Response> = Readonly<{
  path: string;
  requestSerialize: (value: Request) => Buffer;
  requestDeserialize: (bytes: Buffer) => Request;
  responseDeserialize: (bytes: Buffer) => Response;
}>;

export type ServiceName = keyof Services;
export type MethodName<S extends ServiceName> = Capitalize<keyof Services[S] & string>;
type DefinitionOf<S extends ServiceName, M extends string> = Services[S][Uncapital<M> & keyof Services[S]];
export type RequestOf<S extends ServiceName, M extends string> =
  DefinitionOf<S, M> extends { requestSerialize: (value: infer R) => Buffer } ? R : never;
export type ResponseOf<S extends ServiceName, M extends string> =
  DefinitionOf<S, M> extends { responseDeserialize: (bytes: Buffer) => infer R } ? R : never;

/** An answer, and what it rests on. */
export type Answered<T> = Readonly<{
  response: T;
  /** The log up to here is in the answer. */
  position: bigint;
  /** The cell that the position is of. */
  cell: string;
  /** Bytes of the newest signed tree head, when the cell has one. */
  head: Buffer | undefined;
}>;

export type CallOptions = Readonly<{
  /** Of a command; one is made when it is absent. Send the same again when an outcome is unknown. */
  requestId?: string;
  timeoutMs?: number;
  /** Of the caller's own span (W3C Trace Context): what the call does joins its trace. */
  traceparent?: string;
  /** Cancels the call. */
  signal?: AbortSignal;
  /** Of an operator's call: the cell that is meant. */
  cell?: string;
}>;

export type GatewayClientOptions = Readonly<{
  /** `host:port`. */
  address: string;
  key: ClientKey;
  /** Certificate of the authority in PEM form; plaintext without it. */
  ca?: Buffer;
  timeoutMs?: number;
  /** The cell that an operator's calls mean when they do not say. */
  cell?: string;
  now?: () => number;
}>;

/** A refusal as the gateway gave it. `isUnknown`: the command may have had its effect. */
export class GatewayError extends GrpcError {
  readonly requestId: string | undefined;
  readonly isUnknown: boolean;

  constructor(status: StatusObject, requestId: string | undefined) {
    const { code, reason, message, facts, field, retryAfterMs } = errorFromStatus(status);
    super(code, reason, message, { facts, field, retryAfterMs });
    this.requestId = requestId;
    this.isUnknown = requestId !== undefined && isOutcomeUnknown(code, reason, message);
  }
}

const UNANSWERED: readonly grpc[] = [
  grpc.UNAVAILABLE,
  grpc.DEADLINE_EXCEEDED,
  grpc.CANCELLED,
  grpc.INTERNAL,
  grpc.UNKNOWN,
];

/**
 * A command that was sent and not answered may have been taken; only what the gateway itself refused was not.
 */
const isOutcomeUnknown = (code: grpc, reason: string, message: string): boolean => {
  if (reason === 'OUTCOME_UNKNOWN' || reason === 'INTERNAL') return true;
  const isBare = reason === grpc[code];
  return isBare && UNANSWERED.includes(code) && !message.startsWith('No connection established');
};

const uncapital = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

const asStatus = (error: unknown): StatusObject => {
  const { code, details, metadata } = error as Partial<StatusObject>;
  return {
    code: code ?? grpc.UNKNOWN,
    details: details ?? String(error),
    metadata: metadata ?? new Metadata(),
  };
};

/** Calls the gateway: signs, names every request, and turns refusals into typed errors. */
export class GatewayClient {
  readonly #client: Client;
  readonly #options: GatewayClientOptions;
  readonly #sign: SignCall;

  constructor(options: GatewayClientOptions) {
    this.#options = options;
    this.#sign = callSigner(options.key, options.now);
    this.#client = new Client(options.address, channel(options), {
      'grpc.max_receive_message_length': 4 * GRPC_LIMITS.messageBytesMax,
      'grpc.enable_retries': 0,
    });
  }

  /** One call of a unary method. Throws a `GatewayError`. */
  call<S extends ServiceName, M extends MethodName<S>>(
    service: S,
    method: M,
    request: RequestOf<S, M>,
    options: CallOptions = {},
  ): Promise<Answered<ResponseOf<S, M>>> {
    const definition = definitionOf(service, method) as Definition<unknown, ResponseOf<S, M>>;
    const body = definition.requestSerialize(request);
    const isCommand = RULES[service]?.[method]?.kind === 'command';
    const requestId = isCommand ? (options.requestId ?? randomUUID()) : undefined;
    const deadline =
      Date.now() + (options.timeoutMs ?? this.#options.timeoutMs ?? GRPC_LIMITS.deadlineDefaultMs);
    const { path } = definition;
    const metadata = this.sign(path, body, requestId ?? '', options.cell);
    if (options.traceparent !== undefined) metadata.set('traceparent', options.traceparent);
    return new Promise((resolve, reject) => {
      let seen = new Metadata();
      const call = this.#client.makeUnaryRequest(
        path,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => definition.responseDeserialize(bytes),
        body,
        metadata,
        { deadline },
        (error, response) => {
          options.signal?.removeEventListener('abort', cancel);
          if (error !== null) reject(new GatewayError(asStatus(error), requestId));
          else resolve(answered(response as ResponseOf<S, M>, seen));
        },
      );
      const cancel = (): void => call.cancel();
      call.on('metadata', (metadata) => (seen = metadata));
      options.signal?.addEventListener('abort', cancel, { once: true });
      if (options.signal?.aborted === true) cancel();
    });
  }

  /** Messages of a streaming method until the signal aborts, or the gateway ends it with a `GatewayError`. */
  async *stream<M extends MethodName<'Streams'>>(
    method: M,
    request: RequestOf<'Streams', M>,
    signal: AbortSignal,
  ): AsyncGenerator<ResponseOf<'Streams', M>> {
    const definition = definitionOf('Streams', method) as Definition<unknown, ResponseOf<'Streams', M>>;
    const body = definition.requestSerialize(request);
    const call: ClientReadableStream<ResponseOf<'Streams', M>> = this.#client.makeServerStreamRequest(
      definition.path,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => definition.responseDeserialize(bytes),
      body,
      this.sign(definition.path, body, ''),
      {},
    );
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    try {
      for await (const message of call) yield message as ResponseOf<'Streams', M>;
    } catch (error) {
      if (!signal.aborted) throw new GatewayError(asStatus(error), undefined);
    } finally {
      signal.removeEventListener('abort', cancel);
      cancel();
    }
  }

  /** The metadata of one call: proves who sends these bytes to this method, now, for the first time. */
  sign(method: string, body: Uint8Array, requestId: string, cell = this.#options.cell ?? ''): Metadata {
    const metadata = new Metadata();
    for (const [name, value] of this.#sign({ method, body, requestId, cell })) metadata.set(name, value);
    return metadata;
  }

  close(): void {
    this.#client.close();
  }
}

const channel = ({ ca }: GatewayClientOptions): ChannelCredentials =>
  boundedConnect(ca === undefined ? credentials.createInsecure() : credentials.createSsl(ca));

const definitionOf = (service: ServiceName, method: string): unknown => {
  const definition: unknown = Object.entries(SERVICES[service]).find(
    ([key]) => key === uncapital(method),
  )?.[1];
  if (definition === undefined) throw new Error(`Expected a method of ${service}, was ${method}`);
  return definition;
};

/** A request from its bytes; without any, every field is as the wire has it when it is absent. */
export const decodeRequest = <S extends ServiceName, M extends MethodName<S>>(
  service: S,
  method: M,
  bytes: Uint8Array,
): RequestOf<S, M> => {
  const definition = definitionOf(service, method) as Definition<RequestOf<S, M>, unknown>;
  return definition.requestDeserialize(Buffer.from(bytes));
};

export const emptyRequest = <S extends ServiceName, M extends MethodName<S>>(
  service: S,
  method: M,
): RequestOf<S, M> => decodeRequest(service, method, new Uint8Array());

/** True for a service and a method that the edge has. */
export const isMethod = (service: string, method: string): service is ServiceName =>
  Object.hasOwn(RULES, service) && Object.hasOwn(RULES[service] ?? {}, method);

const answered = <T>(response: T, metadata: Metadata): Answered<T> => {
  const [position] = metadata.get(METADATA.position);
  const [head] = metadata.get(METADATA.head);
  const [cell] = metadata.get(METADATA.cell);
  return {
    response,
    position: typeof position === 'string' && /^\d+$/.test(position) ? BigInt(position) : 0n,
    cell: typeof cell === 'string' ? cell : '',
    head: Buffer.isBuffer(head) ? head : undefined,
  };
};
