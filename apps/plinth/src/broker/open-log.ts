import type { EventLog } from '@plinth/eventing';
import { openPostgresLog, patiently, startEmbeddedPostgres, type PostgresLog } from '@plinth/runtime';
import { join } from 'node:path';
import { CliError, EXIT } from '../cli/exit-codes.ts';

export type OpenLog = Readonly<{
  log: EventLog & PostgresLog;
  /** Where the database stands, for people; without its password. */
  where: string;
  /** Logins: of the services and of the owner. */
  url: string;
  ownerUrl: string;
  /** Settles when a server that this process started has ended; absent where it is another's. */
  ended?: Promise<void>;
  close: () => Promise<void>;
}>;

/** A directory in use, a schema of another version, no server: the message says what to do. */
export const cannotOpen = (error: unknown): never => {
  throw error instanceof CliError ? error : new CliError(EXIT.unavailable, (error as Error).message);
};

/** The log of a data directory on an embedded PostgreSQL, or of the database that was named. */
export const openLog = (directory: string, databaseUrl?: string): Promise<OpenLog> =>
  (databaseUrl === undefined ? openEmbedded(directory) : openDatabase(databaseUrl)).catch(cannotOpen);

const openDatabase = async (url: string): Promise<OpenLog> => {
  const log = await openPostgresLog({ url, ownerUrl: url });
  const { host, pathname } = new URL(url);
  return { log, where: `${host}${pathname}`, url, ownerUrl: url, close: () => log.close() };
};

const openEmbedded = async (directory: string): Promise<OpenLog> => {
  const server = await startEmbeddedPostgres({ directory: join(directory, 'postgres') });
  try {
    // It has just started: a machine with other work may need a moment for its first connections.
    const log = await patiently(() => openPostgresLog({ url: server.url, ownerUrl: server.ownerUrl }));
    const close = async (): Promise<void> => {
      await log.close();
      await server.stop();
    };
    const { url, ownerUrl, ended } = server;
    return { log, where: `embedded, port ${server.port}`, url, ownerUrl, ended, close };
  } catch (error) {
    await server.stop();
    throw error;
  }
};
