import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, credentials, type Metadata, type ServiceError } from '@grpc/grpc-js';
import { Retryable } from '@plinth/eventing';
import {
  asOwner,
  openPostgresLog,
  startEmbeddedPostgres,
  STORAGE_FULL,
  type EmbeddedPostgres,
  type PostgresLog,
} from '@plinth/runtime';
import { errorFromStatus } from '@plinth/runtime/grpc';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../limits.ts';
import { SERVICES } from '../services.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';
import { claim, nonceStoreContract } from './nonce-store.contract.ts';
import { PostgresNonceStore } from './postgres-nonce-store.ts';

let directory: string;
let server: EmbeddedPostgres;
let log: PostgresLog;
const logs: PostgresLog[] = [];

const openLog = async (schema: string): Promise<PostgresLog> => {
  const opened = await openPostgresLog({ url: server.url, ownerUrl: server.ownerUrl, schema });
  logs.push(opened);
  return opened;
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plinth-nonces-'));
  // The server runs as another user when the test runs as root.
  await chmod(directory, 0o755);
  server = await startEmbeddedPostgres({ directory });
  log = await openLog('plinth');
}, 60_000);

afterAll(async () => {
  for (const opened of logs) await opened.close();
  await server.stop();
  await rm(server.place, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
}, 60_000);

const emptied = async (nowMs: number): Promise<PostgresNonceStore> => {
  await log.query('DELETE FROM plinth.nonces');
  return new PostgresNonceStore(log, nowMs);
};

nonceStoreContract('in PostgreSQL', emptied, 10);

describe('nonces in PostgreSQL', () => {
  it('are known to every other process, and after a restart: of reads and of changes alike', async () => {
    const store = await emptied(0);
    expect(await claim(store, 'a', 'n', 10, 10)).toBe('fresh');
    expect(await claim(store, 'a', 'read', 10, 10, true)).toBe('fresh');
    const other = new PostgresNonceStore(await openLog('plinth'), 20);
    expect(await claim(other, 'a', 'n', 10, 20, true)).toBe('used');
    expect(await claim(other, 'a', 'read', 10, 20, true)).toBe('used');
    expect(await claim(other, 'b', 'read', 10, 20, true)).toBe('fresh');
    expect(await claim(other, 'a', 'from before its start', 10, 20)).toBe('fresh');
  });

  it('of reads are taken while the disk is full, by what is remembered; of changes not', async () => {
    const store = await emptied(0);
    expect(await claim(store, 'a', 'before', 10, 10, true)).toBe('fresh');
    const other = new PostgresNonceStore(await openLog('plinth'), 20);
    const tell = (texts: readonly string[]): Promise<void> =>
      asOwner(server.ownerUrl, async (client) => {
        for (const text of texts) await client.query(text);
        await client.query('SELECT pg_reload_conf()');
      });
    // As the guard of the disk says it, without filling one.
    await tell([
      `ALTER SYSTEM SET plinth.storage = 'full'`,
      'ALTER SYSTEM SET default_transaction_read_only = on',
    ]);
    try {
      const refused = async (): Promise<string | undefined> => {
        for (let n = 0; n < 200; n += 1) {
          const failure: unknown = await claim(store, 'a', `change${n}`, 10, 10).catch(
            (error: unknown) => error,
          );
          if (failure instanceof Retryable) return failure.reason;
          await sleep(20);
        }
        return undefined;
      };
      expect(await refused()).toBe(STORAGE_FULL);
      expect(await claim(other, 'a', 'fresh', 10, 20, true)).toBe('fresh');
      expect(await claim(other, 'a', 'fresh', 10, 20, true)).toBe('used');
      expect(await claim(other, 'a', 'before', 10, 20, true)).toBe('used');
    } finally {
      await tell(['ALTER SYSTEM RESET default_transaction_read_only', 'ALTER SYSTEM RESET plinth.storage']);
    }
    for (let n = 0; ; n += 1) {
      const isKept = await claim(store, 'a', `again${n}`, 10, 10).catch(() => undefined);
      if (isKept === 'fresh') break;
      await sleep(20);
    }
  });

  it('go when no gateway takes their timestamp any more', async () => {
    const store = await emptied(0);
    const count = async (): Promise<number> =>
      (await log.query<{ n: number }>('SELECT count(*)::int AS n FROM plinth.nonces'))[0]?.n ?? -1;
    for (let i = 0; i < 100; i += 1) await claim(store, 'a', `n${i}`, 10, 10);
    expect(await count()).toBe(100);
    const laterMs = 11 + 2 * LIMITS.recvWindowMs;
    await claim(store, 'a', 'later', laterMs, laterMs);
    // The sweep follows the claim: the next claim waits for it.
    await claim(store, 'a', 'last', laterMs, laterMs);
    expect(await count()).toBe(2);
  });

  it('let every call through once, of two gateways that get it at the same moment', async () => {
    const { path } = SERVICES.Accounts.getAccount;
    const body = SERVICES.Accounts.getAccount.requestSerialize({ accountId: 'a1', read: undefined });
    const gateways: Started[] = [];
    for (const schema of ['plinth', 'plinth']) {
      const nonces = new PostgresNonceStore(await openLog(schema), 1_700_000_000_000);
      gateways.push(await startGateway({}, { nonces }));
    }
    const [one, two] = gateways as [Started, Started];
    const key = one.issue('alpha');
    for (const on of gateways) {
      on.cell.accounts.set('a1', 'alpha');
      const info = one.cell.keys.get(key.keyId);
      if (info !== undefined) on.cell.keys.set(key.keyId, info);
    }
    const signer = one.client(key);
    const raws = gateways.map(
      ({ server }) => new Client(`127.0.0.1:${server.port}`, credentials.createInsecure()),
    );
    const send = (raw: Client, metadata: Metadata): Promise<string> =>
      new Promise((resolve) => {
        const pass = (value: Buffer): Buffer => value;
        raw.makeUnaryRequest(path, pass, pass, body, metadata, (error: ServiceError | null) =>
          resolve(error === null ? 'ok' : errorFromStatus(error).reason),
        );
      });
    for (let n = 0; n < 50; n += 1) {
      const captured = signer.sign(path, body, '');
      const answers = await Promise.all(raws.map((raw) => send(raw, captured)));
      expect(answers.sort()).toEqual(['NONCE_USED', 'ok']);
    }
    for (const raw of raws) raw.close();
    await one.stop();
    await two.stop();
  });

  it('let no captured call through after a restart of the gateway', async () => {
    const { path } = SERVICES.Accounts.getAccount;
    const body = SERVICES.Accounts.getAccount.requestSerialize({ accountId: 'a1', read: undefined });
    const started = async (): Promise<Started> => {
      const on = await startGateway({}, { nonces: new PostgresNonceStore(log, 1_700_000_000_000) });
      on.cell.accounts.set('a1', 'alpha');
      return on;
    };
    const before = await started();
    const key = before.issue('alpha');
    const info = before.cell.keys.get(key.keyId);
    const captured = before.client(key).sign(path, body, '');
    const send = (on: Started): Promise<string> =>
      new Promise((resolve) => {
        const raw = new Client(`127.0.0.1:${on.server.port}`, credentials.createInsecure());
        const pass = (value: Buffer): Buffer => value;
        raw.makeUnaryRequest(path, pass, pass, body, captured, (error: ServiceError | null) => {
          raw.close();
          resolve(error === null ? 'ok' : errorFromStatus(error).reason);
        });
      });
    expect(await send(before)).toBe('ok');
    await before.stop();
    const after = await started();
    if (info !== undefined) after.cell.keys.set(key.keyId, info);
    expect(await send(after)).toBe('NONCE_USED');
    await after.stop();
  });
});
