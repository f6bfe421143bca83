import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Address } from './kafka-settings.ts';

const SIZE_BYTES = 4;
const CORRELATION_BYTES = 4;
/** No answer to a produce request comes near it. */
const ANSWER_MAX = 1_048_576;

/** One connection to one broker, with one request on it at a time. */
export class BrokerConnection {
  readonly #socket: Socket;
  readonly #clientId: Buffer;
  #correlation = 0;
  #received: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<Buffer> | undefined;
  #lost: Error | undefined;

  private constructor(socket: Socket, clientId: string) {
    this.#socket = socket;
    this.#clientId = Buffer.from(clientId, 'utf8');
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#lose(error));
    socket.on('close', () => this.#lose(new Error('the broker closed the connection')));
  }

  static async open(
    address: Address,
    tls: ConnectionOptions | undefined,
    clientId: string,
    timeoutMs: number,
  ): Promise<BrokerConnection> {
    const socket = tls === undefined ? connectPlain(address) : connectTls({ ...tls, ...address });
    const ready = tls === undefined ? 'connect' : 'secureConnect';
    try {
      await once(socket, ready, { signal: AbortSignal.timeout(timeoutMs) });
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return new BrokerConnection(socket, clientId);
  }

  /**
   * Resolves to what follows the correlation id in the answer. A request that is not answered in time ends
   * the connection.
   */
  async request(
    apiKey: number,
    version: number,
    body: readonly Buffer[],
    timeoutMs: number,
  ): Promise<Buffer> {
    if (this.#lost !== undefined) throw this.#lost;
    if (this.#waiting !== undefined) throw new Error('Expected one request at a time');
    const waiting = (this.#waiting = Promise.withResolvers<Buffer>());
    this.#correlation += 1;
    const header = Buffer.allocUnsafe(SIZE_BYTES + 10 + this.#clientId.length);
    const size = header.length - SIZE_BYTES + body.reduce((sum, { length }) => sum + length, 0);
    let at = header.writeInt32BE(size, 0);
    at = header.writeInt16BE(apiKey, at);
    at = header.writeInt16BE(version, at);
    at = header.writeInt32BE(this.#correlation, at);
    at = header.writeInt16BE(this.#clientId.length, at);
    header.set(this.#clientId, at);
    const timer = setTimeout(() => this.#lose(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    this.#socket.cork();
    for (const part of [header, ...body]) this.#socket.write(part);
    this.#socket.uncork();
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    if (this.#received.length < SIZE_BYTES + CORRELATION_BYTES) return;
    const size = this.#received.readInt32BE(0);
    const correlation = this.#received.readInt32BE(SIZE_BYTES);
    if (size < CORRELATION_BYTES || size > ANSWER_MAX || correlation !== this.#correlation)
      return this.#lose(new Error(`Expected the answer to request ${this.#correlation}, was ${correlation}`));
    if (this.#received.length < SIZE_BYTES + size) return;
    const answer = this.#received.subarray(SIZE_BYTES + CORRELATION_BYTES, SIZE_BYTES + size);
    this.#received = this.#received.subarray(SIZE_BYTES + size);
    this.#waiting?.resolve(answer);
  }

  #lose(error: Error): void {
    this.#lost ??= error;
    this.#socket.destroy();
    this.#waiting?.reject(this.#lost);
  }
}
