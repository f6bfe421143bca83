import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, worksIn } from './process-identity.ts';
import { placeFor } from './server-files.ts';
import { serverUser } from './server-user.ts';

/** What stands in a directory that an embedded server may work on. */
export type FoundPostgres =
  | Readonly<{ state: 'absent' }>
  | Readonly<{ state: 'stopped' }>
  | Readonly<{ state: 'running'; port: number; url: string; ownerUrl: string }>;

const textOf = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);

/** Line of `postmaster.pid` that names the port. */
const PORT_LINE = 3;

/** Looks without touching anything, so that a second process can read beside the one that runs the server. */
export const findEmbeddedPostgres = async (directory: string): Promise<FoundPostgres> => {
  const place = await placeFor(directory, await serverUser());
  const data = join(place, 'pgdata');
  if ((await textOf(join(data, 'PG_VERSION'))) === undefined) return { state: 'absent' };
  const lines = ((await textOf(join(data, 'postmaster.pid'))) ?? '').split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[PORT_LINE]);
  const secrets = await textOf(join(place, 'secrets.json'));
  const runs = Number.isInteger(pid) && pid > 0 && isAlive(pid) && (await worksIn(pid, data));
  if (!runs || !(port > 0) || secrets === undefined) return { state: 'stopped' };
  const { owner, service } = JSON.parse(secrets) as { owner: string; service: string };
  return {
    state: 'running',
    port,
    url: `postgres://plinth:${service}@127.0.0.1:${port}/plinth`,
    ownerUrl: `postgres://postgres:${owner}@127.0.0.1:${port}/plinth`,
  };
};
