import { status as grpc, type StatusObject } from '@grpc/grpc-js';
import { GrpcError, type CallLife, type ServerCall } from '@plinth/runtime/grpc';
import { OPERATOR, type Caller } from '../auth/authenticator.ts';
import type { KeyDirectory } from '../auth/key-directory.ts';
import { LIMITS } from '../limits.ts';
import type { FeedEntry, LogFeed } from './log-feed.ts';

export type StreamPorts = Readonly<{
  feed: LogFeed;
  keys: KeyDirectory;
  heartbeatMs: number;
  slowReaderMs: number;
}>;

/** A call with a stream of answers, of grpc-js or of HTTP. */
export type StreamCall = ServerCall &
  Readonly<{
    request: Buffer;
    /** Gives whether the reader takes more at once; otherwise `drain` says when. */
    write: (bytes: Buffer) => boolean;
    once: (event: 'drain', listener: () => void) => unknown;
    off: (event: 'drain' | 'cancelled', listener: () => void) => unknown;
    /** Ends it. */
    emit: (event: 'error', failure: Partial<StatusObject>) => unknown;
  }>;

/** Whose news a stream tells. */
export class Audience {
  readonly #tenant: string;
  readonly #accounts: Set<string>;
  readonly #isAll: boolean;

  /** No accounts: all of the caller's, also those opened later; for an operator, all there are. */
  constructor(tenant: string, asked: readonly string[], own: ReadonlySet<string>) {
    this.#tenant = tenant;
    this.#isAll = asked.length === 0;
    this.#accounts = new Set(this.#isAll ? own : asked);
  }

  get isEverybody(): boolean {
    return this.#isAll && this.#tenant === OPERATOR;
  }

  get accounts(): readonly string[] {
    return [...this.#accounts];
  }

  has(accountId: string): boolean {
    return this.isEverybody || this.#accounts.has(accountId);
  }

  hear(entry: FeedEntry): void {
    if (this.#isAll && entry.kind === 'account' && entry.clientId === this.#tenant) {
      this.#accounts.add(entry.accountId);
    }
  }
}

/** One open stream: writes at the reader's pace, beats while nothing happens, ends when its key does. */
export class StreamSession {
  readonly #call: StreamCall;
  readonly #life: CallLife;
  readonly #caller: Caller;
  readonly #ports: StreamPorts;
  #token: bigint;
  #sentAt = performance.now();
  #keyCheckedAt = performance.now();

  constructor(call: StreamCall, life: CallLife, caller: Caller, ports: StreamPorts, token: bigint) {
    this.#call = call;
    this.#life = life;
    this.#caller = caller;
    this.#ports = ports;
    this.#token = token;
  }

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  /**
   * Sends one message and waits until the reader can take another. `token`: where it may go on after this
   * message.
   */
  async send(bytes: Buffer, token: bigint): Promise<void> {
    this.#life.check();
    const goesOn = this.#call.write(bytes);
    this.#token = token;
    this.#sentAt = performance.now();
    if (!goesOn) await this.#drained();
  }

  /** Tells what the feed brings, for ever: throws when the stream is over. */
  async follow(
    from: bigint,
    tell: (entry: FeedEntry) => Promise<void>,
    beat: (position: bigint) => Buffer,
  ): Promise<never> {
    const { feed, heartbeatMs } = this.#ports;
    let position = from;
    for (;;) {
      this.#life.check();
      const last = feed.last;
      const entries = feed.after(position);
      if (entries === undefined) throw this.#tooSlow();
      for (const entry of entries) {
        if (entry.kind === 'key' && entry.keyId === this.#caller.keyId) await this.#checkKey();
        await tell(entry);
      }
      position = last > position ? last : position;
      await this.#lookAtKey();
      const silentMs = performance.now() - this.#sentAt;
      if (silentMs >= heartbeatMs) await this.send(beat(position), position);
      else await feed.next(position, heartbeatMs - silentMs, this.signal);
    }
  }

  #drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#call.off('drain', drained);
        this.signal.removeEventListener('abort', aborted);
      };
      const drained = (): void => {
        end();
        resolve();
      };
      const aborted = (): void => {
        end();
        reject(this.signal.reason as Error);
      };
      const timer = setTimeout(() => {
        end();
        reject(this.#tooSlow());
      }, this.#ports.slowReaderMs);
      this.#call.once('drain', drained);
      this.signal.addEventListener('abort', aborted, { once: true });
    });
  }

  #tooSlow(): GrpcError {
    return new GrpcError(
      grpc.RESOURCE_EXHAUSTED,
      'SLOW_READER',
      `Expected the stream to be read as fast as it is written: go on with resume_after ${this.#token}`,
      { facts: { resume_after: this.#token.toString() } },
    );
  }

  async #lookAtKey(): Promise<void> {
    const now = performance.now();
    if (now - this.#keyCheckedAt < LIMITS.streamKeyCheckMs) return;
    this.#keyCheckedAt = now;
    await this.#checkKey();
  }

  async #checkKey(): Promise<void> {
    const key = await this.#ports.keys.find(this.#caller.keyId, this.signal);
    if (key !== undefined) return;
    throw new GrpcError(grpc.UNAUTHENTICATED, 'KEY_REVOKED', 'the key of this stream has been revoked');
  }
}
