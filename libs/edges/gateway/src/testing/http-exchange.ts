import { request as request1, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:http2';

export type HttpVersion = 1 | 2;

export type HttpAnswer = Readonly<{ status: number; headers: IncomingHttpHeaders; body: Buffer }>;

export type HttpAsk = Readonly<{
  port: number;
  path: string;
  method?: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
  /** Looked at with every piece of the answer: true when that is enough of it. */
  isEnough?: (body: Buffer) => boolean;
}>;

/** One POST in plaintext, by HTTP/1.1. */
const exchange1 = ({ port, path, headers, body, isEnough, method = 'POST' }: HttpAsk): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const request = request1({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      const answer = (): void =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) });
      response.on('data', (piece: Buffer) => {
        pieces.push(piece);
        if (isEnough?.(Buffer.concat(pieces)) !== true) return;
        answer();
        request.destroy();
      });
      response.on('end', answer);
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });

/** The same by HTTP/2, with prior knowledge. */
const exchange2 = ({ port, path, headers, body, isEnough, method = 'POST' }: HttpAsk): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`);
    session.on('error', reject);
    const stream = session.request({ ':method': method, ':path': path, ...headers });
    const pieces: Buffer[] = [];
    let seen: IncomingHttpHeaders = {};
    const answer = (): void => {
      resolve({ status: Number(seen[':status'] ?? 0), headers: seen, body: Buffer.concat(pieces) });
      session.destroy();
    };
    stream.on('response', (found) => (seen = found));
    stream.on('data', (piece: Buffer) => {
      pieces.push(piece);
      if (isEnough?.(Buffer.concat(pieces)) === true) answer();
    });
    stream.on('end', answer);
    stream.on('error', reject);
    if (body.length === 0) stream.end();
    else stream.end(body);
  });

export const exchange = (version: HttpVersion, ask: HttpAsk): Promise<HttpAnswer> =>
  version === 1 ? exchange1(ask) : exchange2(ask);
