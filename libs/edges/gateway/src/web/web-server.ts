import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { Http2ServerRequest, Http2ServerResponse, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';
import { GRPC_LIMITS } from '@plinth/runtime/grpc';
import { LIMITS } from '../limits.ts';
import type { WebEdge } from './web-edge.ts';

/** A request and its answer, of HTTP/1.1 or HTTP/2. */
export type Incoming = Readable &
  Readonly<{
    method?: string | undefined;
    url?: string | undefined;
    headers: IncomingHttpHeaders;
    socket: Readonly<{ remoteAddress?: string | undefined; remotePort?: number | undefined }>;
  }>;
export type Outgoing = Writable & {
  statusCode: number;
  readonly headersSent: boolean;
  setHeader: (name: string, value: string) => unknown;
};

/** How often connections that have waited too long are looked for. */
const LOOK_EVERY_MS = 1_000;

/** How much longer than the longest call a connection may be without a byte. */
const QUIET_MS = GRPC_LIMITS.deadlineMaxMs + 10_000;

/** Serves what comes by HTTP/1.1, and what on a connection of HTTP/2 is no call of gRPC. */
export class WebServer {
  readonly #edge: WebEdge;
  readonly #http: Server;
  /** Requests under way by connection, and since when it is open. */
  readonly #connections = new WeakMap<Socket, { open: number; sinceMs: number }>();
  #open = 0;
  #isStopping = false;

  constructor(edge: WebEdge, silentMaxMs: number) {
    this.#edge = edge;
    this.#http = createServer({
      headersTimeout: silentMaxMs,
      // The edge itself answers a body that is late; this cuts whoever does not read that either.
      requestTimeout: 2 * GRPC_LIMITS.requestMaxMs,
      keepAliveTimeout: LIMITS.keepAliveMs,
      connectionsCheckingInterval: LOOK_EVERY_MS,
      maxHeaderSize: LIMITS.headerBytesMax,
    });
    this.#http.maxHeadersCount = LIMITS.headerLinesMax;
    this.#http.timeout = QUIET_MS;
    this.#http.on('request', (request, response) => {
      this.#count(request.socket, response);
      this.#take(request, response, (isKept) => {
        if (!isKept || this.#isStopping || this.#isOld(request.socket))
          response.setHeader('connection', 'close');
      });
    });
    // It never listens by itself; Node looks for late requests only from then on.
    this.#http.emit('listening');
  }

  /** A connection that does not speak HTTP/2. */
  takeConnection(socket: Socket): void {
    this.#connections.set(socket, { open: 0, sinceMs: performance.now() });
    this.#http.emit('connection', socket);
  }

  /** A stream of HTTP/2; its connection and how many streams it has are looked after by grpc-js. */
  takeStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const request = new Http2ServerRequest(stream, headers, {}, []);
    this.#take(request, new Http2ServerResponse(stream), () => undefined);
  }

  /** Takes no new connections, lets calls under way finish, at most `graceMs`; then cuts them. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#http.close(() => undefined);
    const until = performance.now() + graceMs;
    while (this.#open > 0 && performance.now() < until) await sleep(10);
    this.#http.closeAllConnections();
  }

  #take(request: Incoming, response: Outgoing, end: (isKept: boolean) => void): void {
    this.#open += 1;
    response.once('close', () => (this.#open -= 1));
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    void this.#edge.serve(request, response, end);
  }

  /** Requests that are sent ahead wait for the answers to those before them: only so many. */
  #count(socket: Socket, response: Outgoing): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    connection.open += 1;
    response.once('close', () => (connection.open -= 1));
    if (connection.open > LIMITS.pipelinedMax) socket.destroy();
  }

  #isOld(socket: Socket): boolean {
    const { sinceMs = 0 } = this.#connections.get(socket) ?? {};
    return performance.now() - sinceMs > GRPC_LIMITS.connectionAgeMaxMs;
  }
}
