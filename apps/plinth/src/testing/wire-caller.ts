import { Metadata, status as grpc } from '@grpc/grpc-js';
import { canonicalText, METADATA, signText } from '@plinth/gateway';
import type { ClientKey } from '@plinth/gateway/client';
import { errorFromStatus } from '@plinth/runtime/grpc';
import {
  connect,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';

/** How a call ended: its status, or `cut` when the stream or the connection ended without one. */
export type Ending = Readonly<{
  code: grpc | 'cut';
  reason: string;
  message: string;
  field: string | undefined;
}>;

/** A gRPC message in its frame: not compressed, its length, its bytes. */
export const framed = (body: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
};

const CUT = { code: 'cut', reason: 'CUT', message: '', field: undefined } as const;

/** Status of the trailers, or of an answer that is trailers only. */
const endingOf = (headers: IncomingHttpHeaders): Ending | undefined => {
  const code = headers['grpc-status'];
  if (typeof code !== 'string') return undefined;
  const metadata = Metadata.fromHttp2Headers(headers);
  const message = decodeURIComponent(String(headers['grpc-message'] ?? ''));
  const { reason, field } = errorFromStatus({ code: Number(code), details: message, metadata });
  return { code: Number(code), reason, message, field };
};

/** Sends bytes to methods below every client library: what they mean is the server's to find out. */
export class WireCaller {
  readonly #address: string;
  readonly #now: () => number;
  #session: ClientHttp2Session | undefined;
  #sent = 0;

  constructor(port: number, now: () => number) {
    this.#address = `http://127.0.0.1:${port}`;
    this.#now = now;
  }

  /** Credentials over those bytes; a request id for commands. */
  signed(key: ClientKey, method: string, body: Uint8Array, requestId = ''): OutgoingHttpHeaders {
    const { keyId, algorithm, secret } = key;
    const nonce = `n-${process.pid}-${(this.#sent += 1)}`;
    const timestampMs = this.#now();
    const text = canonicalText({ method, body, keyId, timestampMs, nonce, requestId, cell: '' });
    return {
      [METADATA.key]: keyId,
      [METADATA.timestamp]: String(timestampMs),
      [METADATA.nonce]: nonce,
      [METADATA.signature]: signText(algorithm, secret, text).toString('base64'),
      ...(requestId === '' ? {} : { [METADATA.requestId]: requestId }),
    };
  }

  /** One call, or the first answer of a stream. `payload` is what follows the headers, frames and all. */
  send(path: string, payload: readonly Uint8Array[], headers: OutgoingHttpHeaders = {}): Promise<Ending> {
    return new Promise((resolve) => {
      const stream = this.#open().request({
        ...{ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' },
        ...headers,
      });
      let ending: Ending | undefined;
      stream.on('response', (seen: IncomingHttpHeaders) => (ending ??= endingOf(seen)));
      stream.on('trailers', (seen: IncomingHttpHeaders) => (ending ??= endingOf(seen)));
      stream.on('data', () => {
        // A stream has begun: that is its answer.
        if (ending === undefined && path.includes('.Streams/')) {
          ending = { code: grpc.OK, reason: 'OK', message: '', field: undefined };
          stream.close();
        }
      });
      stream.on('error', () => undefined);
      stream.on('close', () => resolve(ending ?? CUT));
      for (const part of payload) stream.write(part);
      stream.end();
    });
  }

  #open(): ClientHttp2Session {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(this.#address);
      this.#session.on('error', () => undefined);
    }
    return this.#session;
  }

  close(): void {
    this.#session?.destroy();
  }
}
