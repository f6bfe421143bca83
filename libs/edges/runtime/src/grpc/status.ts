import { randomUUID } from 'node:crypto';
import { Metadata, status as grpc, type StatusObject } from '@grpc/grpc-js';
import { Busy, isRejection, Overloaded, OutcomeUnknown, Retryable, type Rejection } from '@plinth/eventing';
import type { Any } from '@plinth/messages/edge';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@plinth/messages/edge';
import { GRPC_LIMITS } from './limits.ts';

export const ERROR_DOMAIN = 'plinth';

/** A call's refusal: a gRPC code, a sentence for people and details for programs. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly code: grpc;
  /** `UPPER_SNAKE_CASE`, constant: what a program looks at. */
  readonly reason: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: grpc, reason: string, message: string, more: GrpcErrorMore = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.facts = more.facts ?? {};
    this.field = more.field;
    this.retryAfterMs = more.retryAfterMs;
  }
}

export type GrpcErrorMore = Readonly<{
  facts?: Readonly<Record<string, string>>;
  field?: string | undefined;
  retryAfterMs?: number | undefined;
}>;

const CODE_OF: Readonly<Record<Rejection['reason'], grpc>> = {
  invalid: grpc.INVALID_ARGUMENT,
  missing: grpc.NOT_FOUND,
  exists: grpc.ALREADY_EXISTS,
  precondition: grpc.FAILED_PRECONDITION,
};

export const rejectionError = ({ code, message, reason, field, details }: Rejection): GrpcError =>
  new GrpcError(CODE_OF[reason], code, message, { facts: details ?? {}, field });

/** How long a caller should wait after a passing fault, and when there is too much to do. */
const RETRY_AFTER_MS = 250;
const OVERLOADED_RETRY_AFTER_MS = 1_000;

/** Is told of what nobody may see from outside, with the id that the caller got. */
export type ReportBug = (id: string, error: unknown) => void;

/** Anything that a handler threw, as the caller may see it: a bug shows its id and nothing else. */
export const errorOf = (error: unknown, reportBug: ReportBug): GrpcError => {
  if (error instanceof GrpcError) return error;
  if (isRejection(error)) return rejectionError(error);
  if (error instanceof OutcomeUnknown) {
    return new GrpcError(
      grpc.UNAVAILABLE,
      'OUTCOME_UNKNOWN',
      'outcome unknown: send again with the same request id',
      { retryAfterMs: RETRY_AFTER_MS },
    );
  }
  if (error instanceof Overloaded) {
    const retryAfterMs = OVERLOADED_RETRY_AFTER_MS;
    return new GrpcError(grpc.RESOURCE_EXHAUSTED, 'OVERLOADED', error.message, { retryAfterMs });
  }
  if (error instanceof Busy) {
    return new GrpcError(grpc.ABORTED, 'STREAM_BUSY', error.message, { retryAfterMs: RETRY_AFTER_MS });
  }
  if (error instanceof Retryable) {
    const reason = error.reason ?? 'RETRY';
    return new GrpcError(grpc.UNAVAILABLE, reason, error.message, { retryAfterMs: RETRY_AFTER_MS });
  }
  const id = randomUUID();
  reportBug(id, error);
  return new GrpcError(grpc.INTERNAL, 'INTERNAL', `internal error ${id}`, { facts: { id } });
};

const clip = (text: string): string => text.slice(0, GRPC_LIMITS.statusTextMax);

const any = (type: string, value: Uint8Array): Any => ({
  typeUrl: `type.googleapis.com/google.rpc.${type}`,
  value: Buffer.from(value),
});

const infoOf = ({ reason, facts }: Pick<GrpcError, 'reason' | 'facts'>): Any => {
  const metadata = Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, clip(value)]));
  return any('ErrorInfo', ErrorInfo.encode({ reason, domain: ERROR_DOMAIN, metadata }).finish());
};

const detailsOf = (error: GrpcError): Any[] => {
  const details = [infoOf(error)];
  if (error.field !== undefined) {
    const violation = { field: clip(error.field), description: clip(error.message), reason: error.reason };
    const bad: BadRequest = { fieldViolations: [{ ...violation, localizedMessage: undefined }] };
    details.push(any('BadRequest', BadRequest.encode(bad).finish()));
  }
  if (error.retryAfterMs !== undefined) {
    const wait = BigInt(Math.ceil(error.retryAfterMs));
    const retryDelay = { seconds: wait / 1_000n, nanos: Number(wait % 1_000n) * 1_000_000 };
    details.push(any('RetryInfo', RetryInfo.encode({ retryDelay }).finish()));
  }
  return details;
};

/** Metadata key of a whole google.rpc.Status. */
export const STATUS_DETAILS = 'grpc-status-details-bin';

/**
 * What grpc-js sends for an error: code and message, and the google.rpc.Status with details in the trailers.
 */
export const statusOf = (error: GrpcError): StatusObject => {
  const message = clip(error.message);
  const encode = (details: Any[]): Uint8Array =>
    Status.encode({ code: error.code, message, details }).finish();
  const details = detailsOf(error);
  // What does not fit goes, from the end: wait, field, facts. The reason always fits.
  while (encode(details).length > GRPC_LIMITS.statusBytesMax && details.length > 1) details.pop();
  if (encode(details).length > GRPC_LIMITS.statusBytesMax) details[0] = infoOf({ ...error, facts: {} });
  const metadata = new Metadata();
  metadata.set(STATUS_DETAILS, Buffer.from(encode(details)));
  return { code: error.code, details: message, metadata };
};

const decodeDetail = (error: { info?: ErrorInfo; bad?: BadRequest; retry?: RetryInfo }, one: Any): void => {
  switch (one.typeUrl.slice(one.typeUrl.lastIndexOf('.') + 1)) {
    case 'ErrorInfo':
      error.info = ErrorInfo.decode(one.value);
      return;
    case 'BadRequest':
      error.bad = BadRequest.decode(one.value);
      return;
    case 'RetryInfo':
      error.retry = RetryInfo.decode(one.value);
      return;
  }
};

/** The other way round: what a client makes of the status that it got. */
export const errorFromStatus = ({ code, details, metadata }: StatusObject): GrpcError => {
  const [bytes] = metadata.get(STATUS_DETAILS);
  const found: { info?: ErrorInfo; bad?: BadRequest; retry?: RetryInfo } = {};
  if (Buffer.isBuffer(bytes)) {
    try {
      for (const one of Status.decode(bytes).details) decodeDetail(found, one);
    } catch {
      // Details are an addition; the code and the sentence stand without them.
    }
  }
  const delay = found.retry?.retryDelay;
  return new GrpcError(code, found.info?.reason ?? grpc[code], details, {
    facts: found.info?.metadata ?? {},
    field: found.bad?.fieldViolations[0]?.field,
    retryAfterMs:
      delay === undefined ? undefined : Number(delay.seconds) * 1_000 + Math.round(delay.nanos / 1_000_000),
  });
};
