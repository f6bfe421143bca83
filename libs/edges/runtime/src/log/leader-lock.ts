import type { LeaderLock } from '@plinth/eventing';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectClient, destroyClient, within, type Client } from './connection.ts';
import * as limits from './limits.ts';

export type LeaderLockOptions = Readonly<{
  url: string;
  schema: string;
  service: string;
  /** How often a standby asks. */
  retryMs?: number;
  /** How long a holder may be silent before the server takes the lock from it. */
  leaseMs?: number;
}>;

/** Signs of life within one lease. */
const BEATS = 4;

/**
 * Leadership of one service of a cell: a PostgreSQL advisory lock on a connection of its own. When the
 * connection breaks the lock is gone and `isHeld` says so; what the old leader still tries to append fails at
 * its checkpoint. A process that was stopped keeps its connection open, so the server ends one that is silent
 * for longer than the lease.
 */
export class PostgresLeaderLock implements LeaderLock {
  readonly #options: LeaderLockOptions;
  #client: Client | undefined;
  #isHeld = false;
  #beat: NodeJS.Timeout | undefined;

  constructor(options: LeaderLockOptions) {
    this.#options = options;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  async acquire(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (await this.#tryOnce()) return;
      await sleep(this.#options.retryMs ?? limits.LEADER_RETRY_MS, undefined, { signal });
    }
  }

  async release(): Promise<void> {
    const client = this.#client;
    this.#drop();
    if (client !== undefined)
      await within(client, limits.CONNECT_TIMEOUT_MS, () => client.end()).catch(() => undefined);
  }

  /** A database that cannot be reached now is asked again like a lock that somebody else holds. */
  async #tryOnce(): Promise<boolean> {
    const { url, schema, service } = this.#options;
    try {
      this.#client ??= await connectClient({ url, rights: 'service', purpose: `lead ${service}` }, () =>
        this.#drop(),
      );
      const { rows } = await this.#client.query<{ held: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held',
        [`plinth leader ${schema} ${service}`],
      );
      if (rows[0]?.held === true) await this.#hold(this.#client);
    } catch {
      if (this.#client !== undefined) destroyClient(this.#client);
      this.#drop();
    }
    return this.#isHeld;
  }

  /** From now on silence costs the lock. A standby is not hurried: it asks when it likes. */
  async #hold(client: Client): Promise<void> {
    const leaseMs = this.#options.leaseMs ?? limits.LEADER_LEASE_MS;
    await client.query(`SET idle_session_timeout = ${leaseMs}`);
    this.#isHeld = true;
    this.#beat = setInterval(() => {
      within(client, leaseMs, () => client.query('SELECT 1')).catch(() => undefined);
    }, leaseMs / BEATS);
  }

  #drop(): void {
    clearInterval(this.#beat);
    this.#client = undefined;
    this.#isHeld = false;
  }
}
