import { AssertionError } from '@plinth/money';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, open, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectClient } from './connection.ts';
import type { Client } from './connection.ts';
import * as limits from './limits.ts';
import { messageOf } from './pg-errors.ts';
import { isAlive, startOf, worksIn } from './process-identity.ts';
import { SERVICE_ROLE } from './schema.ts';
import { findBinaries, placeFor } from './server-files.ts';
import type { ServerBinaries } from './server-files.ts';
import { serverUser } from './server-user.ts';
import type { ServerUser } from './server-user.ts';
import { guardStorage } from './storage-guard.ts';

export type EmbeddedPostgres = Readonly<{
  /** Login of the services. */
  url: string;
  /** Login that owns the database. */
  ownerUrl: string;
  port: number;
  /** Where the server's files lie. */
  place: string;
  /** Settles when the server ends, whether it was stopped or not. */
  ended: Promise<void>;
  /** Process id of the server. */
  pid: () => Promise<number | undefined>;
  /** Ends the sessions, writes a checkpoint and stops. */
  stop: () => Promise<void>;
}>;

export type EmbeddedPostgresOptions = Readonly<{
  /** Kept over restarts; made when it does not exist. */
  directory: string;
  /** A free one is taken when it is not given. */
  port?: number;
  /** Free bytes of its disks below which nothing more is recorded; 0 lets it run into the end of the disk. */
  storageReserveBytes?: number;
}>;

/** Durability is never traded for speed here: what was acknowledged must survive a power cut. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  wal_buffers: '16MB',
  shared_buffers: '128MB',
  checkpoint_timeout: '15min',
  // Whoever looks at the tables by hand and goes to lunch must not hold a row that appends wait for.
  idle_in_transaction_session_timeout: '5s',
  max_connections: String(limits.SERVER_CONNECTIONS),
  max_parallel_workers_per_gather: '0',
  io_method: 'sync',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * Starts a PostgreSQL server of our own on a directory, recovering whatever the last one left behind. It
 * lives no longer than this process: a small shell holds one end of a pipe and stops the server when the
 * other end closes, also when this process is killed.
 */
export const startEmbeddedPostgres = async (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  const user = await serverUser();
  const binaries = await findBinaries(user);
  const wanted = await placeFor(options.directory, user);
  await mkdir(wanted, { recursive: true, mode: 0o755 });
  const place = await realpath(wanted);
  await takeOwnership(place);
  const data = join(place, 'pgdata');
  await endOrphan(data);
  const secrets = await readSecrets(place);
  await initialise({ place, data, binaries, user, password: secrets.owner });
  const port = options.port ?? (await freePort());
  const ownerUrl = (database: string): string =>
    `postgres://postgres:${secrets.owner}@127.0.0.1:${port}/${database}`;
  const server = await launch({ place, data, binaries, user, port, url: ownerUrl('postgres') });
  try {
    await prepareDatabase(ownerUrl('postgres'), secrets.service);
  } catch (error) {
    await stop(server);
    throw error;
  }
  const reserveBytes = options.storageReserveBytes ?? limits.STORAGE_RESERVE_BYTES;
  const stopGuard = guardStorage({ ownerUrl: ownerUrl('postgres'), data, reserveBytes });
  return {
    url: `postgres://plinth:${secrets.service}@127.0.0.1:${port}/plinth`,
    ownerUrl: ownerUrl('plinth'),
    port,
    place,
    ended: endOf(server),
    pid: () => postmasterOf(data),
    stop: async () => {
      await stopGuard();
      await stop(server);
      await rm(ownerFile(place), { force: true });
    },
  };
};

const ownerFile = (place: string): string => join(place, 'owner.json');

type Owner = Readonly<{ pid: number; start: string | undefined }>;

/** One process at a time works on a directory. What a dead process left is taken over. */
const takeOwnership = async (place: string): Promise<void> => {
  const file = ownerFile(place);
  const me: Owner = { pid: process.pid, start: await startOf(process.pid) };
  for (let attempt = 0; ; attempt += 1) {
    try {
      await writeFile(file, JSON.stringify(me), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 1) throw error;
    }
    const owner = await readOwner(file);
    if (owner !== undefined && (await startOf(owner.pid)) === owner.start && owner.start !== undefined) {
      throw new Error(
        `Expected ${place} to be free, was in use by process ${owner.pid}: stop it or use another directory`,
      );
    }
    await rm(file, { force: true });
  }
};

const readOwner = async (file: string): Promise<Owner | undefined> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
};

const postmasterOf = async (data: string): Promise<number | undefined> => {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
};

/** Larger than any pid of a real system. */
const NO_PID = 999_999_999;

/**
 * A server whose owner was killed may still be running; it is stopped, at once if it does not want to. A pid
 * file that names a process which is something else by now would keep the server from starting: the pid in it
 * is replaced by one that cannot exist, so that the server still checks the shared memory named there.
 */
const endOrphan = async (data: string): Promise<void> => {
  const pid = await postmasterOf(data);
  if (pid === undefined || !isAlive(pid)) return;
  if (!(await worksIn(pid, data))) {
    const file = join(data, 'postmaster.pid');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/^\d+/, String(NO_PID)));
    return;
  }
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    sendSignal(pid, signal);
    for (let waited = 0; waited < limits.SERVER_STOP_MS; waited += 20) {
      if (!isAlive(pid)) return;
      await sleep(20);
    }
  }
  throw new Error(`Expected the orphaned database server ${pid} to stop, was still running`);
};

const sendSignal = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

type Secrets = Readonly<{ owner: string; service: string }>;

const readSecrets = async (place: string): Promise<Secrets> => {
  const file = join(place, 'secrets.json');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) return JSON.parse(known) as Secrets;
  const fresh = { owner: randomBytes(24).toString('hex'), service: randomBytes(24).toString('hex') };
  if (await readFile(join(place, 'pgdata', 'PG_VERSION'), 'utf8').catch(() => undefined)) {
    throw new Error(
      `Expected ${file} beside the database in pgdata, was missing: restore it, or use another directory`,
    );
  }
  const draft = `${file}.new`;
  await writeFile(draft, JSON.stringify(fresh), { mode: 0o600, flush: true });
  await rename(draft, file);
  return fresh;
};

type Cluster = Readonly<{
  place: string;
  data: string;
  binaries: ServerBinaries;
  user: ServerUser | undefined;
}>;

/**
 * Makes the cluster aside and moves it to its place when it is whole, so that a crash leaves nothing half
 * made.
 */
const initialise = async ({
  place,
  data,
  binaries,
  user,
  password,
}: Cluster & { password: string }): Promise<void> => {
  const isThere = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (isThere !== undefined) return;
  const draft = `${data}.new`;
  const passwordFile = join(draft, '..', `password-${process.pid}`);
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) for (const file of [draft, passwordFile]) await chown(file, user.uid, user.gid);
  const args = [
    ...['--pgdata', draft, '--username', 'postgres', '--pwfile', passwordFile],
    ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--no-locale', '--data-checksums'],
  ];
  const log = await open(join(place, 'server.log'), 'a');
  try {
    const child = spawn(binaries.initdb, args, { ...runAs(user), stdio: ['ignore', log.fd, log.fd] });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0)
      throw new Error(`Expected initdb to succeed, was exit code ${code}: ${await tailOf(place, 0)}`);
  } finally {
    await log.close();
    await rm(passwordFile, { force: true });
  }
  await rename(draft, data);
};

/** The directory of this process may be closed to the server's user. */
const runAs = (user: ServerUser | undefined): { cwd: string; uid?: number; gid?: number } =>
  user === undefined ? { cwd: '/' } : { cwd: '/', uid: user.uid, gid: user.gid };

/**
 * `$0` is the server. It is stopped when the pipe at the shell's input closes, and the shell ends with its
 * status.
 */
const KEEPER = `
exec 3<&0
"$0" "$@" 3<&- &
server=$!
(read -r _ <&3; kill -INT $server) 2>/dev/null &
reader=$!
trap '' INT TERM HUP
wait $server
status=$?
kill $reader 2>/dev/null
exit $status`;

const BUSY = /still in use|lock file .* already exists/;

/** The remains of a killed server may hold its memory for a moment: then the start is tried again. */
const launch = async (cluster: Cluster & Readonly<{ port: number; url: string }>): Promise<ChildProcess> => {
  const deadline = performance.now() + limits.SERVER_START_MS;
  for (;;) {
    const size = (await readFile(join(cluster.place, 'server.log')).catch(() => Buffer.alloc(0))).length;
    const server = await spawnServer(cluster);
    if (await comesUp(server, cluster.url, deadline)) return server;
    const said = await tailOf(cluster.place, size);
    if (!BUSY.test(said) || performance.now() > deadline) {
      throw new Error(`Expected the database server to start, was: ${said}`);
    }
    await sleep(200);
  }
};

const MAX_LOG_BYTES = 16_777_216;

const spawnServer = async ({
  place,
  data,
  binaries,
  user,
  port,
}: Cluster & { port: number }): Promise<ChildProcess> => {
  const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([k, v]) => [
    '-c',
    `${k}=${v}`,
  ]);
  const file = join(place, 'server.log');
  const log = await open(file, 'a');
  try {
    if ((await log.stat()).size > MAX_LOG_BYTES) await log.truncate();
    return spawn('/bin/sh', ['-c', KEEPER, binaries.postgres, '-D', data, ...settings], {
      ...runAs(user),
      // A group of its own: an interrupt from the keyboard stops the services first, and they stop the
      // server.
      detached: true,
      stdio: ['pipe', log.fd, log.fd],
    });
  } finally {
    await log.close();
  }
};

const hasEnded = (server: ChildProcess): boolean => server.exitCode !== null || server.signalCode !== null;

const comesUp = async (server: ChildProcess, url: string, deadline: number): Promise<boolean> => {
  while (!hasEnded(server)) {
    const client = await tryConnect(url);
    if (client !== undefined) {
      await client.end();
      return true;
    }
    if (performance.now() > deadline) {
      await stop(server);
      return false;
    }
    await sleep(15);
  }
  return false;
};

const tryConnect = (url: string): Promise<Client | undefined> =>
  connectClient({ url, rights: 'owner', purpose: 'start' }, () => undefined).catch(() => undefined);

const endOf = async (server: ChildProcess): Promise<void> => {
  if (!hasEnded(server)) await once(server, 'exit');
};

const stop = async (server: ChildProcess): Promise<void> => {
  const ended = endOf(server);
  server.stdin?.destroy();
  await ended;
};

const tailOf = async (place: string, from: number): Promise<string> => {
  const log = await readFile(join(place, 'server.log')).catch((error: unknown) =>
    Buffer.from(messageOf(error)),
  );
  return log
    .subarray(Math.max(from, log.length - 2_000))
    .toString('utf8')
    .trim();
};

const prepareDatabase = async (url: string, servicePassword: string): Promise<void> => {
  const client = await tryConnect(url);
  if (client === undefined)
    throw new AssertionError('Expected the started server to accept connections, was refused');
  try {
    const exists = async (text: string): Promise<boolean> => (await client.query(text)).rowCount === 1;
    if (!(await exists(`SELECT FROM pg_roles WHERE rolname = '${SERVICE_ROLE}'`))) {
      await client.query(`CREATE ROLE ${SERVICE_ROLE} NOLOGIN`);
    }
    if (!(await exists(`SELECT FROM pg_roles WHERE rolname = 'plinth'`))) {
      // The password is hex of our own making, so it can stand in the statement, which takes no parameters.
      await client.query(`CREATE ROLE plinth LOGIN PASSWORD '${servicePassword}' IN ROLE ${SERVICE_ROLE}`);
    }
    if (!(await exists(`SELECT FROM pg_database WHERE datname = 'plinth'`))) {
      await client.query('CREATE DATABASE plinth');
    }
  } finally {
    await client.end();
  }
};

const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};
