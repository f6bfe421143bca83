import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectClient, destroyClient, within } from './connection.ts';
import * as limits from './limits.ts';
import { storageFull } from './pg-errors.ts';

export type StorageGuardOptions = Readonly<{
  ownerUrl: string;
  /** The server's data directory; its log may lie on another disk. */
  data: string;
  reserveBytes: number;
}>;

/** Set beside read-only mode, so that a refused writer can tell why. */
const REFUSE = [
  `ALTER SYSTEM SET plinth.storage = 'full'`,
  'ALTER SYSTEM SET default_transaction_read_only = on',
];
const ADMIT = ['ALTER SYSTEM RESET default_transaction_read_only', 'ALTER SYSTEM RESET plinth.storage'];

const STORAGE = `SELECT current_setting('plinth.storage', true) AS storage`;

/**
 * Watches the disks of a server on this machine. PostgreSQL goes down when it cannot write its log; so while
 * there is still room, writers are refused, readers go on, and when there is room again writers are let in.
 * Returns how to stop watching.
 */
export const guardStorage = (options: StorageGuardOptions): (() => Promise<void>) => {
  const { ownerUrl, data, reserveBytes } = options;
  const stop = new AbortController();
  const { signal } = stop;
  const watch = async (): Promise<void> => {
    // What the last owner of the directory has left is not known: said once in any case.
    let told: boolean | undefined;
    while (!signal.aborted) {
      const isLow = reserveBytes > 0 && (await freeBytes(data)) < reserveBytes;
      if (isLow !== told)
        told = await tell(ownerUrl, isLow).then(
          () => isLow,
          () => undefined,
        );
      await sleep(limits.STORAGE_CHECK_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  const watching = watch();
  return async () => {
    stop.abort();
    await watching;
  };
};

/** Of the directory's disk and of the log's, whichever has less. One that cannot be looked at is not full. */
const freeBytes = async (data: string): Promise<number> => {
  const of = (path: string): Promise<number> =>
    statfs(path).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => Infinity,
    );
  return Math.min(await of(data), await of(join(data, 'pg_wal')));
};

const tell = async (ownerUrl: string, isLow: boolean): Promise<void> => {
  const client = await connectClient({ url: ownerUrl, rights: 'owner', purpose: 'storage' }, () => undefined);
  try {
    const { rows } = await client.query<{ storage: string | null }>(STORAGE);
    if ((rows[0]?.storage === 'full') === isLow) return;
    for (const text of isLow ? REFUSE : ADMIT) await client.query(text);
    await client.query('SELECT pg_reload_conf()');
    // The log's own files may be what fills the disk: a checkpoint lets go of those that are not needed.
    if (isLow) await client.query('CHECKPOINT');
  } finally {
    await within(client, limits.CONNECT_TIMEOUT_MS, () => client.end()).catch(() => destroyClient(client));
  }
};

/** Why the server takes no writes: its disk is full, or it is a standby. */
export const readOnlyFailure = async (
  client: Readonly<{ query: (text: string) => Promise<Readonly<{ rows: readonly unknown[] }>> }>,
  failure: Error,
): Promise<Error> => {
  try {
    const { rows } = await client.query(STORAGE);
    const [row] = rows as readonly Readonly<{ storage: string | null }>[];
    return row?.storage === 'full' ? storageFull(failure) : failure;
  } catch {
    return failure;
  }
};
