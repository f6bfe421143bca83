import { Metadata, status as grpc } from '@grpc/grpc-js';
import { GRPC_LIMITS, GrpcError, STATUS_DETAILS } from '@plinth/runtime/grpc';
import type { IncomingHttpHeaders } from 'node:http';
import { METADATA } from '../auth/signing.ts';
import { compressed, type Protocol } from './protocols.ts';

const NAME = /^[a-z0-9_.-]+$/;
const TEXT = /^[\x20-\x7e]*$/;

/** Headers of a request as a call's metadata. What no metadata can hold is nothing that anybody asks for. */
export const metadataOf = (headers: IncomingHttpHeaders): Metadata => {
  const metadata = new Metadata();
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    // A pseudo-header of HTTP/2 is a part of the request's line.
    if (name.startsWith(':')) continue;
    const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
    bytes += name.length + text.length;
    if (NAME.test(name) && TEXT.test(text) && !name.endsWith('-bin')) metadata.set(name, text);
  }
  if (bytes <= GRPC_LIMITS.metadataBytesMax) return metadata;
  throw new GrpcError(
    grpc.RESOURCE_EXHAUSTED,
    'METADATA_TOO_LARGE',
    `Expected at most ${GRPC_LIMITS.metadataBytesMax} bytes of headers, was ${bytes}`,
  );
};

const COMPRESSIONS = ['content-encoding', 'grpc-encoding', 'connect-content-encoding'];

/** A signature is over what was sent: nothing is unpacked before it has been checked. */
export const checkCompression = (headers: IncomingHttpHeaders): void => {
  const found = COMPRESSIONS.find((name) => (headers[name] ?? 'identity') !== 'identity');
  if (found !== undefined) throw compressed(`a body under ${found}`);
};

/** When the caller stops waiting; without a word of it, never. */
export const deadlineOf = (headers: IncomingHttpHeaders, { timeout }: Protocol): number => {
  const text = headers[timeout.header];
  if (text === undefined) return Infinity;
  const ms = typeof text === 'string' ? timeout.ms(text) : undefined;
  if (ms !== undefined) return Date.now() + ms;
  throw new GrpcError(
    grpc.INVALID_ARGUMENT,
    'TIMEOUT_INVALID',
    `Expected header ${timeout.header} with a time to wait, was ${JSON.stringify(text)}`,
    { field: timeout.header },
  );
};

/** Of every answer: they are for this caller and for nobody else, and what they say they are. */
const ALWAYS: readonly (readonly [string, string])[] = [
  ['cache-control', 'no-store'],
  ['x-content-type-options', 'nosniff'],
];

const SENT = ['content-type', 'connect-protocol-version', 'connect-timeout-ms', 'grpc-timeout'];
const ALLOWED = [
  ...SENT,
  ...['x-grpc-web', 'x-user-agent', 'traceparent'],
  ...[METADATA.key, METADATA.timestamp, METADATA.nonce, METADATA.signature, METADATA.requestId],
  METADATA.cell,
];
const EXPOSED = [
  ...[METADATA.position, METADATA.cell, METADATA.head, 'retry-after'],
  ...['grpc-status', 'grpc-message', STATUS_DETAILS],
];

/** For how long a browser remembers that it may call: two hours is the longest that any of them does. */
const PREFLIGHT_SECONDS = 7_200;

export type Headers = readonly (readonly [string, string])[];

/** What a page of that origin may read; a page of another origin may nothing. */
export const answerHeaders = (origin: string | undefined, origins: ReadonlySet<string>): Headers => [
  ...ALWAYS,
  ...(origins.size === 0 ? [] : [['vary', 'origin'] as const]),
  ...(origin === undefined || !origins.has(origin)
    ? []
    : [
        ['access-control-allow-origin', origin] as const,
        ['access-control-expose-headers', EXPOSED.join(', ')] as const,
      ]),
];

/** What a page of an allowed origin may send. */
export const PREFLIGHT: Headers = [
  ['access-control-allow-methods', 'POST'],
  ['access-control-allow-headers', ALLOWED.join(', ')],
  ['access-control-max-age', String(PREFLIGHT_SECONDS)],
];
