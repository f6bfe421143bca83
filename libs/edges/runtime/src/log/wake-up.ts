import { backOff, connectClient, within } from './connection.ts';
import type { Client, ConnectionOptions } from './connection.ts';
import * as limits from './limits.ts';

/**
 * Hints that the log has grown: at once for appends of this process, by LISTEN for those of others. The
 * connection is opened with the first listener. A hint can be lost while it is down; readers poll as well.
 */
export class WakeUp {
  readonly #connection: ConnectionOptions;
  readonly #channel: string;
  readonly #listeners = new Set<() => void>();
  readonly #closing = new AbortController();
  #following: Promise<void> | undefined;

  constructor(connection: ConnectionOptions, schema: string) {
    this.#connection = connection;
    this.#channel = `${schema}_appended`;
  }

  listen(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    this.#following ??= this.#follow();
    return () => this.#listeners.delete(own);
  }

  notify(): void {
    for (const listener of this.#listeners) listener();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#listeners.clear();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      let client: Client | undefined;
      try {
        const lost = Promise.withResolvers<void>();
        client = await connectClient(this.#connection, () => lost.resolve());
        client.on('notification', () => this.notify());
        await client.query(`LISTEN ${this.#channel}`);
        attempt = 0;
        this.notify();
        const stop = (): void => lost.resolve();
        signal.addEventListener('abort', stop, { once: true });
        if (!signal.aborted) await lost.promise;
        signal.removeEventListener('abort', stop);
      } catch {
        // Without the connection readers live by polling; the next attempt comes after a pause.
      } finally {
        if (client !== undefined) await closeQuietly(client);
      }
      if (!signal.aborted) await backOff(attempt, signal).catch(() => undefined);
    }
  }
}

/** Ends a connection that may be dead already. */
const closeQuietly = (client: Client): Promise<void> =>
  within(client, limits.CONNECT_TIMEOUT_MS, () => client.end()).catch(() => undefined);
