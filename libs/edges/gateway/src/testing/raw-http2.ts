import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/*
 * HTTP/2 by hand (RFC 9113, RFC 7541): frames that no client library would send. Header blocks are literals
 * without compression, but for what an attack needs.
 */

export const FRAME = {
  ...{ data: 0, headers: 1, priority: 2, reset: 3, settings: 4, ping: 6, goaway: 7, window: 8 },
  continuation: 9,
} as const;
export const FLAG = { ack: 1, endStream: 1, endHeaders: 4 } as const;

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const HEAD_BYTES = 9;

export const frame = (
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer => {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};

/** An integer of HPACK with a prefix of so many bits (RFC 7541, 5.1). */
const integer = (value: number, bits: number, first = 0): Buffer => {
  const max = 2 ** bits - 1;
  if (value < max) return Buffer.of(first | value);
  const out = [first | max];
  let rest = value - max;
  while (rest >= 128) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...out, rest]);
};

const text = (value: string): Buffer =>
  Buffer.concat([integer(Buffer.byteLength(value), 7), Buffer.from(value)]);

export const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.of(0), text(name), text(value)]);

/** A header that both sides remember: asked for again with one byte. */
export const remembered = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.of(0x40), text(name), text(value)]);
export const NEWEST_REMEMBERED = Buffer.of(0x80 | 62);

/** Header block of a gRPC call. */
export const grpcHeaders = (path: string, ...more: readonly Buffer[]): Buffer =>
  Buffer.concat([
    Buffer.of(0x83, 0x86),
    literal(':path', path),
    literal(':authority', 'localhost'),
    literal('content-type', 'application/grpc'),
    literal('te', 'trailers'),
    ...more,
  ]);

export type SeenFrame = Readonly<{ type: number; flags: number; stream: number; payload: Buffer }>;

/** One connection, and the frames that came back. */
export class RawConnection {
  readonly #socket: Socket;
  readonly seen: SeenFrame[] = [];
  #rest: Buffer = Buffer.alloc(0);
  isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
  }

  static async open(port: number, isSilent = false): Promise<RawConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const made = new RawConnection(socket);
    if (!isSilent) socket.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0)]));
    return made;
  }

  /** Waits for room; gives false when the other side has closed. */
  async send(bytes: Buffer): Promise<boolean> {
    if (this.isClosed) return false;
    if (!this.#socket.write(bytes)) await this.#drained();
    return !this.isClosed;
  }

  async closed(): Promise<void> {
    if (!this.isClosed) await once(this.#socket, 'close').catch(() => undefined);
  }

  /** Its socket takes more again, or is gone. */
  async #drained(): Promise<void> {
    await Promise.race([once(this.#socket, 'drain'), once(this.#socket, 'close')]).catch(() => undefined);
  }

  /** Takes no more of what comes, so that answers pile up at the sender's. */
  pause(): void {
    this.#socket.pause();
  }

  count(type: number): number {
    return this.seen.filter((one) => one.type === type).length;
  }

  /** Error code of the connection's end; undefined when it has none. */
  get goaway(): number | undefined {
    const [last] = this.seen.filter(({ type }) => type === FRAME.goaway).slice(-1);
    return last?.payload.readUInt32BE(4);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= HEAD_BYTES) {
      const length = this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < HEAD_BYTES + length) return;
      const [type = 0, flags = 0] = this.#rest.subarray(3, 5);
      const payload = Buffer.from(this.#rest.subarray(HEAD_BYTES, HEAD_BYTES + length));
      this.seen.push({ type, flags, stream: this.#rest.readUInt32BE(5), payload });
      this.#rest = this.#rest.subarray(HEAD_BYTES + length);
    }
  }
}
