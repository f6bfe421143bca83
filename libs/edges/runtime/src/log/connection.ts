import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import * as limits from './limits.ts';
import { messageOf } from './pg-errors.ts';
import { SERVICE_ROLE } from './schema.ts';

export type Client = pg.Client;

/**
 * Which rights a connection works with: `service` can read and append; `owner` keeps the rights of its login.
 */
export type Rights = 'service' | 'owner';

export type ConnectionOptions = Readonly<{ url: string; rights: Rights; purpose: string }>;

/**
 * A connection with the settings that the log's promises rest on: an acknowledged append is on disk,
 * isolation is as the append function needs it, and nothing may hold a lock for long.
 */
const SETTINGS = `
SELECT set_config('statement_timeout', '${limits.STATEMENT_TIMEOUT_MS}', false),
  set_config('lock_timeout', '${limits.LOCK_TIMEOUT_MS}', false),
  set_config('idle_in_transaction_session_timeout', '${limits.LOCK_TIMEOUT_MS}', false),
  set_config('default_transaction_isolation', 'read committed', false),
  set_config('bytea_output', 'hex', false),
  CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
    THEN set_config('synchronous_commit', 'on', false) END`;

const BECOME_SERVICE = `
SELECT set_config('role', '${SERVICE_ROLE}', false)
FROM pg_roles WHERE rolname = '${SERVICE_ROLE}' AND pg_has_role(current_user, oid, 'MEMBER')`;

export const clientConfig = ({ url, purpose }: ConnectionOptions): pg.ClientConfig => ({
  connectionString: url,
  application_name: `plinth ${purpose}`,
  connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: limits.CONNECT_TIMEOUT_MS,
});

/** Prepares a fresh connection; also the hook of the readers' pool. */
export const prepareClient = async (client: pg.ClientBase, rights: Rights): Promise<void> => {
  await client.query(SETTINGS);
  if (rights === 'service') await client.query(BECOME_SERVICE);
};

/** Opens a connection. Throws what the driver throws; `onLost` is called when it later breaks or ends. */
export const connectClient = async (options: ConnectionOptions, onLost: () => void): Promise<Client> => {
  const client = new pg.Client(clientConfig(options));
  let [isReady, isLost] = [false, false];
  // Without a listener the driver's error event would end the process; queries in flight get the error
  // themselves.
  const lose = (): void => {
    if (isReady && !isLost) onLost();
    isLost = true;
  };
  client.on('error', lose);
  client.once('end', lose);
  try {
    await client.connect();
    await prepareClient(client, options.rights);
    if (isLost) throw new Error('the connection was lost while it was prepared');
    isReady = true;
    return client;
  } catch (error) {
    destroyClient(client);
    throw error;
  }
};

/** Cuts a connection that does not answer: its queries fail at once. */
export const destroyClient = (client: Client): void => {
  socketOf(client).destroy();
};

const socketOf = (client: Client): { destroy(): void } =>
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;

/** Runs a query that must answer in time; a connection that does not is cut. */
export const within = async <T>(client: Client, timeoutMs: number, run: () => Promise<T>): Promise<T> => {
  const timer = setTimeout(() => destroyClient(client), timeoutMs);
  try {
    return await run();
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Pauses between attempts to connect, doubling up to the last; jittered, so that processes do not come back
 * together.
 */
export const backOff = async (attempt: number, signal: AbortSignal): Promise<void> => {
  const pause = Math.min(limits.RECONNECT_FIRST_MS * 2 ** attempt, limits.RECONNECT_LAST_MS);
  await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal });
};

/** The database behind a URL as it may appear in a message: without the password. */
export const describeUrl = (url: string): string => {
  try {
    const { hostname, port, pathname, username } = new URL(url);
    return `${username}@${hostname}:${port}${pathname}`;
  } catch (error) {
    return `a URL that cannot be read (${messageOf(error)})`;
  }
};
