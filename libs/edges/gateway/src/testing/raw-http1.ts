import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One connection to send any bytes on, and what came back. */
export class RawHttp1 {
  readonly #socket: Socket;
  #seen = '';
  isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (piece: Buffer) => (this.#seen += piece.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
  }

  static async open(port: number): Promise<RawHttp1> {
    const socket = connect(port, '127.0.0.1');
    const made = new RawHttp1(socket);
    await once(socket, 'connect');
    return made;
  }

  get seen(): string {
    return this.#seen;
  }

  /** Status codes of the answers so far. */
  get statuses(): readonly number[] {
    return [...this.#seen.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
  }

  send(bytes: Buffer | string): void {
    if (!this.isClosed) this.#socket.write(bytes);
  }

  /** Until the other side has closed, or the time is over. */
  async closed(withinMs: number): Promise<boolean> {
    if (!this.isClosed)
      await once(this.#socket, 'close', { signal: AbortSignal.timeout(withinMs) }).catch(() => undefined);
    return this.isClosed;
  }

  /** Until it has heard something that matches, or the other side has closed. */
  async heard(what: RegExp, withinMs = 5_000): Promise<boolean> {
    const until = performance.now() + withinMs;
    while (!what.test(this.#seen) && !this.isClosed && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 5));
    return what.test(this.#seen);
  }

  pause(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A request by hand. */
export const http1Request = (
  path: string,
  headers: Readonly<Record<string, string | number>>,
  body: Buffer | string = '',
  verb = 'POST',
): Buffer => {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return Buffer.concat([
    Buffer.from([`${verb} ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n'), 'latin1'),
    Buffer.from(body as string),
  ]);
};
