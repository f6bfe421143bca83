import type { EventLog } from '@plinth/eventing';
import { openPostgresLog, startEmbeddedPostgres, type PostgresLog } from '@plinth/runtime';
import { join } from 'node:path';

export type OpenLog = Readonly<{
  log: EventLog & PostgresLog;
  /** Where the database stands, for people; without its password. */
  where: string;
  /** Logins: of the services and of the owner. */
  url: string;
  ownerUrl: string;
  close: () => Promise<void>;
}>;

/** The log of a data directory on an embedded PostgreSQL, or of the database that was named. */
export const openLog = async (directory: string, databaseUrl?: string): Promise<OpenLog> => {
  if (databaseUrl !== undefined) {
    const log = await openPostgresLog({ url: databaseUrl, ownerUrl: databaseUrl });
    const { host, pathname } = new URL(databaseUrl);
    return {
      log,
      where: `${host}${pathname}`,
      url: databaseUrl,
      ownerUrl: databaseUrl,
      close: () => log.close(),
    };
  }
  const server = await startEmbeddedPostgres({ directory: join(directory, 'postgres') });
  try {
    const log = await openPostgresLog({ url: server.url, ownerUrl: server.ownerUrl });
    const close = async (): Promise<void> => {
      await log.close();
      await server.stop();
    };
    return { log, where: `embedded, port ${server.port}`, url: server.url, ownerUrl: server.ownerUrl, close };
  } catch (error) {
    await server.stop();
    throw error;
  }
};
