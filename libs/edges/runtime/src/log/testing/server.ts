import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../embedded-postgres.ts';
import type { EmbeddedPostgres } from '../embedded-postgres.ts';
import { asOwner, openPostgresLog } from '../postgres-log.ts';
import type { PostgresLog } from '../postgres-log.ts';

/** What a test of the log needs to know about a server, ours or a foreign one. */
export type TestServer = Readonly<{ url: string; ownerUrl: string; close: () => Promise<void> }>;

/** An embedded server in a directory that is gone afterwards. */
export const startTestServer = async (): Promise<TestServer & Readonly<{ server: EmbeddedPostgres }>> => {
  const directory = await mkdtemp(join(tmpdir(), 'plinth-test-'));
  // The server runs as another user when the test runs as root.
  await chmod(directory, 0o755);
  const server = await startEmbeddedPostgres({ directory });
  const close = async (): Promise<void> => {
    await server.stop();
    await rm(server.place, { recursive: true, force: true });
    await rm(directory, { recursive: true, force: true });
  };
  return { url: server.url, ownerUrl: server.ownerUrl, server, close };
};

/**
 * The servers that a suite is to run on: the embedded one, and the one of PLINTH_DATABASE_URL when it is set,
 * in schemas of its own that are dropped afterwards.
 */
export const testServers = (): readonly (readonly [name: string, start: () => Promise<TestServer>])[] => {
  const url = process.env['PLINTH_DATABASE_URL'];
  const embedded = ['embedded PostgreSQL', startTestServer] as const;
  if (!url) return [embedded];
  return [
    embedded,
    ['PLINTH_DATABASE_URL', async () => ({ url, ownerUrl: url, close: async () => undefined })],
  ];
};

let schemas = 0;
export const freshSchema = (): string => `plinth_test_${process.pid}_${(schemas += 1)}`;

export const dropSchema = (server: TestServer, schema: string): Promise<unknown> =>
  asOwner(server.ownerUrl, (client) => client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`));

export type FreshLog = Readonly<{
  log: PostgresLog;
  another: PostgresLog;
  schema: string;
  close: () => Promise<void>;
}>;

/** An empty log in a schema of its own, opened twice: as two processes see it. */
export const freshLog = async (server: TestServer): Promise<FreshLog> => {
  const schema = freshSchema();
  const log = await openPostgresLog({ ...server, schema });
  const another = await openPostgresLog({ ...server, schema });
  const close = async (): Promise<void> => {
    await Promise.all([log.close(), another.close()]);
    await dropSchema(server, schema);
  };
  return { log, another, schema, close };
};
