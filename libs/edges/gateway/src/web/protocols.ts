import { status as grpc, type StatusObject } from '@grpc/grpc-js';
import { GRPC_LIMITS, GrpcError, STATUS_DETAILS } from '@plinth/runtime/grpc';
import { errorJson, httpStatusOf } from './error-json.ts';

/** What stands where a request has its message: the bytes of protobuf, or their JSON form. */
export type Form = 'proto' | 'json';

/** A whole answer, or its only part. */
export type Refusal = Readonly<{ status: number; contentType: string; body: Buffer }>;

/** How one protocol puts messages into a body of HTTP. */
export type Protocol = Readonly<{
  /** In metrics. */
  name: string;
  form: Form;
  contentType: string;
  /** Header with the time that the caller waits, and how it is read. */
  timeout: Readonly<{ header: string; ms: (text: string) => number | undefined }>;
  /** Longest body, with a message of the greatest length in it. */
  bodyBytesMax: number;
  /** The message of a request's body. */
  unwrap: (body: Buffer) => Buffer;
  /** A message of the answer. */
  wrap: (message: Buffer) => Buffer;
  /** What stands behind the messages. */
  end: (failure: StatusObject | undefined) => Buffer;
  /** The answer of a call that has failed before its first message. */
  refuse: (failure: StatusObject) => Refusal;
}>;

const HEAD_BYTES = 5;
const NOTHING = Buffer.alloc(0);

const framed = (flags: number, message: Uint8Array): Buffer => {
  const out = Buffer.allocUnsafe(HEAD_BYTES + message.length);
  out.writeUInt8(flags, 0);
  out.writeUInt32BE(message.length, 1);
  out.set(message, HEAD_BYTES);
  return out;
};

const malformed = (message: string): GrpcError =>
  new GrpcError(grpc.INVALID_ARGUMENT, 'MALFORMED_REQUEST', message);

/** The message of a body that is one frame: flags, length in four bytes, message. */
const unframed = (body: Buffer): Buffer => {
  if (body.length < HEAD_BYTES) throw malformed(`Expected a frame of at least 5 bytes, was ${body.length}`);
  const flags = body.readUInt8(0);
  if (flags === 1) throw compressed('a frame');
  if (flags !== 0) throw malformed(`Expected flags 0 of a frame, was ${flags}`);
  const length = body.readUInt32BE(1);
  if (length > GRPC_LIMITS.messageBytesMax) throw tooLarge(length);
  const message = body.subarray(HEAD_BYTES);
  if (message.length === length) return message;
  throw malformed(`Expected one frame of ${length} bytes, was ${message.length}`);
};

export const compressed = (what: string): GrpcError =>
  new GrpcError(
    grpc.UNIMPLEMENTED,
    'COMPRESSION_UNKNOWN',
    `Expected ${what} without compression: send it as it is`,
  );

export const tooLarge = (length: number): GrpcError =>
  new GrpcError(
    grpc.RESOURCE_EXHAUSTED,
    'REQUEST_TOO_LARGE',
    `Expected a message of at most ${GRPC_LIMITS.messageBytesMax} bytes, was ${length}: split the request`,
  );

const bounded = (message: Buffer): Buffer => {
  if (message.length > GRPC_LIMITS.messageBytesMax) throw tooLarge(message.length);
  return message;
};

const GRPC_UNIT_MS: Readonly<Record<string, number>> = {
  ...{ H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 },
};

const grpcTimeout = {
  header: 'grpc-timeout',
  ms: (text: string): number | undefined => {
    const [, count, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
    return count === undefined ? undefined : Number(count) * (GRPC_UNIT_MS[unit] ?? 1);
  },
};

const connectTimeout = {
  header: 'connect-timeout-ms',
  ms: (text: string): number | undefined => (/^\d{1,10}$/.test(text) ? Number(text) : undefined),
};

const TRAILERS = 0x80;

/** Trailers as a frame: of HTTP, a browser would show none. */
const trailers = (failure: StatusObject | undefined): Buffer => {
  const lines = [`grpc-status: ${failure?.code ?? grpc.OK}`];
  if (failure !== undefined) {
    lines.push(`grpc-message: ${encodeURIComponent(failure.details)}`);
    const [details] = failure.metadata.get(STATUS_DETAILS);
    if (Buffer.isBuffer(details)) lines.push(`${STATUS_DETAILS}: ${details.toString('base64')}`);
  }
  return framed(TRAILERS, Buffer.from(lines.map((line) => `${line}\r\n`).join('')));
};

const grpcWeb: Protocol = {
  ...{ name: 'grpc-web', form: 'proto', contentType: 'application/grpc-web+proto' },
  timeout: grpcTimeout,
  bodyBytesMax: HEAD_BYTES + GRPC_LIMITS.messageBytesMax,
  unwrap: unframed,
  wrap: (message) => framed(0, message),
  end: trailers,
  refuse: (failure) => ({ status: 200, contentType: grpcWeb.contentType, body: trailers(failure) }),
};

const BASE64 = /^[A-Za-z0-9+/=]*$/;

/** A body in base64: of one piece, or of several, each with its own end. */
const fromText = (body: Buffer): Buffer => {
  const text = body.toString('latin1');
  if (!BASE64.test(text)) throw malformed('Expected a body in base64');
  const pieces = text.match(/[^=]+=*/g) ?? [];
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64')));
};

const toText = (frame: Buffer): Buffer => Buffer.from(frame.toString('base64'));

const grpcWebText: Protocol = {
  ...{ name: 'grpc-web-text', form: 'proto', contentType: 'application/grpc-web-text+proto' },
  timeout: grpcTimeout,
  bodyBytesMax: Math.ceil((HEAD_BYTES + GRPC_LIMITS.messageBytesMax) / 3) * 4,
  unwrap: (body) => unframed(fromText(body)),
  wrap: (message) => toText(framed(0, message)),
  end: (failure) => toText(trailers(failure)),
  refuse: (failure) => ({
    ...{ status: 200, contentType: grpcWebText.contentType },
    body: toText(trailers(failure)),
  }),
};

const JSON_TYPE = 'application/json';

/** For callers that no library stands in front of: code, sentence and details as JSON. */
export const refuseInJson = (failure: StatusObject): Refusal => ({
  ...{ status: httpStatusOf(failure.code), contentType: JSON_TYPE },
  body: Buffer.from(`${JSON.stringify(errorJson(failure))}\n`),
});

/** One POST, one answer: the unary form of the Connect protocol. */
const json: Protocol = {
  ...{ name: 'json', form: 'json', contentType: JSON_TYPE },
  timeout: connectTimeout,
  bodyBytesMax: GRPC_LIMITS.messageBytesMax,
  unwrap: bounded,
  wrap: (message) => message,
  end: () => NOTHING,
  refuse: refuseInJson,
};

/** A stream for programs without a library: one JSON object a line, `result` or, at the end, `error`. */
const jsonLines: Protocol = {
  ...{ name: 'json-lines', form: 'json', contentType: 'application/x-ndjson' },
  timeout: connectTimeout,
  bodyBytesMax: GRPC_LIMITS.messageBytesMax,
  unwrap: bounded,
  wrap: (message) => Buffer.from(`{"result":${message.toString()}}\n`),
  end: (failure) =>
    failure === undefined ? NOTHING : Buffer.from(`${JSON.stringify({ error: errorJson(failure) })}\n`),
  refuse: refuseInJson,
};

const END_OF_STREAM = 2;

const connectEnd = (failure: StatusObject | undefined): Buffer => {
  const end = failure === undefined ? {} : { error: errorJson(failure) };
  return framed(END_OF_STREAM, Buffer.from(JSON.stringify(end)));
};

/** A stream of the Connect protocol: what its libraries for browsers read. */
const connectStream: Protocol = {
  ...{ name: 'connect-stream', form: 'json', contentType: 'application/connect+json' },
  timeout: connectTimeout,
  bodyBytesMax: HEAD_BYTES + GRPC_LIMITS.messageBytesMax,
  unwrap: unframed,
  wrap: (message) => framed(0, message),
  end: connectEnd,
  refuse: (failure) => ({
    ...{ status: 200, contentType: connectStream.contentType },
    body: connectEnd(failure),
  }),
};

type Pair = Readonly<{ unary: Protocol | undefined; stream: Protocol }>;

const BY_CONTENT_TYPE: ReadonlyMap<string, Pair> = new Map([
  ['application/grpc-web', { unary: grpcWeb, stream: grpcWeb }],
  ['application/grpc-web+proto', { unary: grpcWeb, stream: grpcWeb }],
  ['application/grpc-web-text', { unary: grpcWebText, stream: grpcWebText }],
  ['application/grpc-web-text+proto', { unary: grpcWebText, stream: grpcWebText }],
  [JSON_TYPE, { unary: json, stream: jsonLines }],
  ['application/connect+json', { unary: undefined, stream: connectStream }],
]);

/** Content types that a request may have. */
export const CONTENT_TYPES = [...BY_CONTENT_TYPE.keys()];

const CONTENT_TYPE = /^([^;\s]+)(?:;\s?charset="?utf-?8"?)?$/i;

/** By content type and by what the method answers with; undefined where none fits. */
export const protocolOf = (contentType: string, isStream: boolean): Protocol | undefined => {
  const [, type = ''] = CONTENT_TYPE.exec(contentType.trim()) ?? [];
  const found = BY_CONTENT_TYPE.get(type.toLowerCase());
  return isStream ? found?.stream : found?.unary;
};
