import { randomUUID } from 'node:crypto';
import { METADATA } from '../auth/signing.ts';
import { RULES } from '../policy/rules.ts';
import type { ClientKey } from './key-file.ts';
import { callSigner } from './sign-call.ts';

export type SigningFetchOptions = Readonly<{
  /** Of an operator's calls: the cell that they mean. */
  cell?: string;
  now?: () => number;
  fetch?: typeof fetch;
}>;

/** Before the message: flags and length. Plain JSON has none. */
const FRAME_BYTES = 5;

const PATH = /^\/plinth\.gateway\.v1\.(\w+)\/(\w+)$/;

/**
 * A `fetch` that signs, for clients of gRPC-Web and Connect (binary gRPC-Web, or JSON). A command gets a
 * request id unless it has one in `plinth-request-id`: give it that, so that it can be sent again.
 */
export const signingFetch = (key: ClientKey, options: SigningFetchOptions = {}): typeof fetch => {
  const sign = callSigner(key, options.now);
  const { cell = '', fetch: send = fetch } = options;
  return async (input, init) => {
    const request = new Request(input, init);
    const sent = Buffer.from(await request.arrayBuffer());
    const contentType = request.headers.get('content-type') ?? '';
    const method = new URL(request.url).pathname;
    const [, service = '', name = ''] = PATH.exec(method) ?? [];
    const isCommand = RULES[service]?.[name]?.kind === 'command';
    const requestId = request.headers.get(METADATA.requestId) ?? (isCommand ? randomUUID() : '');
    const form = contentType.includes('json') ? 'json' : 'proto';
    const body = contentType.startsWith('application/json') ? sent : sent.subarray(FRAME_BYTES);
    const headers = new Headers(request.headers);
    for (const [header, value] of sign({ method, body, form, requestId, cell })) headers.set(header, value);
    const { url, signal } = request;
    return send(url, { method: 'POST', headers, body: sent, signal });
  };
};
