import { Client, Metadata, status as grpc, type ServiceError } from '@grpc/grpc-js';
import { Busy, Overloaded, OutcomeUnknown, reject, Retryable, type Rejection } from '@plinth/eventing';
import type { Receipt } from '@plinth/messages';
import { assert } from '@plinth/money';
import type { MutualTlsFiles } from '../grpc/certificates.ts';
import { answerBy, deadlineError } from '../grpc/deadline.ts';
import { channelCredentialsTo, type ReportCertificate } from '../grpc/credentials.ts';
import { GRPC_LIMITS } from '../grpc/limits.ts';
import { errorFromStatus, type GrpcError } from '../grpc/status.ts';
import { STORAGE_FULL } from '../log/pg-errors.ts';
import type { CommandAnswer } from '../service/command-executor.ts';
import type { CellClient, QueryAnswer, Sender } from './cell-client.ts';
import { INNER_METADATA } from './inner-metadata.ts';
import { rpcMethod, type RpcMethod } from './rpc-table.ts';

export type RemoteCellOptions = Readonly<{
  /** `host:port` of each service by its name; a name with several addresses is asked in turn. */
  addresses: ReadonlyMap<string, string>;
  /** This process's own certificate, and the authority that the services' certificates come from. */
  tls?: MutualTlsFiles;
  /** Told of certificate files that cannot be used. */
  onCertificateRefused?: ReportCertificate;
}>;

/** A name that stands for several replicas: each call goes to the next one that answers. */
const CHANNEL_OPTIONS = {
  'grpc.max_receive_message_length': 4 * GRPC_LIMITS.messageBytesMax,
  'grpc.keepalive_time_ms': GRPC_LIMITS.innerKeepaliveTimeMs,
  'grpc.keepalive_timeout_ms': GRPC_LIMITS.innerKeepaliveTimeoutMs,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  // Commands are sent again by whoever knows their request id, never behind his back.
  'grpc.enable_retries': 0,
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
} as const;

const same = (bytes: Buffer): Buffer => bytes;

/** The services of a cell in processes of their own, asked over gRPC. */
export class RemoteCell implements CellClient {
  readonly #clients: ReadonlyMap<string, Client>;

  constructor({ addresses, tls, onCertificateRefused }: RemoteCellOptions) {
    const credentialsTo = channelCredentialsTo(tls, onCertificateRefused);
    this.#clients = new Map(
      [...addresses].map(
        ([name, address]) => [name, new Client(address, credentialsTo(name), CHANNEL_OPTIONS)] as const,
      ),
    );
  }

  async command(name: string, request: unknown, sender: Sender): Promise<CommandAnswer> {
    const method = rpcMethod(name, 'command');
    try {
      const { response } = await this.#call(method, request, senderMetadata(sender), undefined);
      const { position, id } = response as Receipt;
      return { status: 'accepted', position, id };
    } catch (error) {
      const { refusal, failure } = judge(error);
      if (refusal !== undefined) return { status: 'rejected', rejection: refusal };
      throw isUnsent(failure) ? unreachable(method.context, failure) : unanswered(failure);
    }
  }

  async query(name: string, request: unknown, signal: AbortSignal): Promise<QueryAnswer> {
    const method = rpcMethod(name, 'query');
    try {
      const { response, position } = await this.#call(method, request, new Metadata(), signal);
      return { status: 'answered', response, position };
    } catch (error) {
      signal.throwIfAborted();
      const { refusal, failure } = judge(error);
      if (refusal !== undefined) return { status: 'rejected', rejection: refusal };
      if (failure.code === grpc.UNAVAILABLE) throw unreachable(method.context, failure);
      // The transport's own words on time name nothing that a caller knows.
      const isBare = failure.code === grpc.DEADLINE_EXCEEDED && failure.field === undefined;
      throw isBare ? deadlineError() : failure;
    }
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  #call(
    { path, context, encodeRequest, decodeResponse }: RpcMethod,
    request: unknown,
    metadata: Metadata,
    signal: AbortSignal | undefined,
  ): Promise<Readonly<{ response: unknown; position: bigint }>> {
    const client = this.#clients.get(context);
    assert(client !== undefined, () => `Expected the address of ${context}`);
    return new Promise((resolve, reject) => {
      let position = 0n;
      const call = client.makeUnaryRequest(
        path,
        same,
        same,
        encodeRequest(request),
        metadata,
        { deadline: deadlineOf(signal) },
        (error, bytes) => {
          signal?.removeEventListener('abort', cancel);
          if (error !== null) reject(error);
          else resolve({ response: decodeResponse(bytes as Buffer), position });
        },
      );
      const cancel = (): void => call.cancel();
      call.on('metadata', (seen) => {
        const [text] = seen.get(INNER_METADATA.position);
        if (typeof text === 'string' && /^\d{1,19}$/.test(text)) position = BigInt(text);
      });
      signal?.addEventListener('abort', cancel, { once: true });
      if (signal?.aborted === true) cancel();
    });
  }
}

/** Of a query: a little before its caller's own, so that the service's word on a late one gets through. */
const deadlineOf = (signal: AbortSignal | undefined): number => {
  const longest = Date.now() + GRPC_LIMITS.deadlineDefaultMs;
  return Math.min(longest, (signal === undefined ? undefined : answerBy(signal)) ?? longest);
};

const senderMetadata = ({ requestId, tenant, actor, traceparent }: Sender): Metadata => {
  const metadata = new Metadata();
  metadata.set(INNER_METADATA.requestId, requestId);
  metadata.set(INNER_METADATA.tenant, tenant);
  metadata.set(INNER_METADATA.actor, actor);
  if (traceparent !== undefined) metadata.set(INNER_METADATA.traceparent, traceparent);
  return metadata;
};

const REASON_OF: Readonly<Partial<Record<grpc, Rejection['reason']>>> = {
  [grpc.INVALID_ARGUMENT]: 'invalid',
  [grpc.NOT_FOUND]: 'missing',
  [grpc.ALREADY_EXISTS]: 'exists',
  [grpc.FAILED_PRECONDITION]: 'precondition',
};

/** The service's word, when it is one; else what went wrong with the call. */
const judge = (error: unknown): Readonly<{ refusal?: Rejection; failure: GrpcError }> => {
  // Whatever is not a status of the wire is a bug of this side.
  if (!(error instanceof Error && 'metadata' in error && 'code' in error)) throw error;
  const failure = errorFromStatus(error as ServiceError);
  const { code, reason: name, message, field, facts } = failure;
  const reason = REASON_OF[code];
  // A bare code comes from the transport, not from a service.
  if (reason === undefined || name === grpc[code]) return { failure };
  const more = {
    reason,
    ...(field === undefined ? {} : { field }),
    ...(Object.keys(facts).length === 0 ? {} : { details: facts }),
  };
  return { failure, refusal: reject(name, message, more) };
};

/** As the balancer of several replicas says it, or that of one. */
const UNSENT = /^(round_robin: )?No connection established/;

const isUnsent = ({ code, message }: GrpcError): boolean => code === grpc.UNAVAILABLE && UNSENT.test(message);

const unreachable = (service: string, cause: GrpcError): Retryable =>
  new Retryable(`Expected ${service} to be reachable: wait and send again`, { cause });

/** Nobody knows whether a command that was sent and not answered has had its effect. */
const unanswered = (failure: GrpcError): Error => {
  switch (failure.reason) {
    case 'RETRY':
      return new Retryable(failure.message);
    case 'OVERLOADED':
      return new Overloaded(failure.message);
    case 'STREAM_BUSY':
      return new Busy(failure.message);
    case STORAGE_FULL:
      return new Retryable(failure.message, { reason: STORAGE_FULL });
    case 'INTERNAL':
      return failure;
    default:
      return new OutcomeUnknown(failure.message);
  }
};
