import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testAppend, testRequest } from '@plinth/eventing/testing';
import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { issueCertificate, makeAuthority, type Pair } from '../certificates/index.ts';
import { asOwner, openPostgresLog } from './postgres-log.ts';
import { startTestServer } from './testing/server.ts';

const DAY_MS = 86_400_000;

describe('a database that speaks TLS', () => {
  let server: Awaited<ReturnType<typeof startTestServer>>;
  let directory: string;
  let authority: Pair;
  const fileOf = (name: string): string => join(directory, name);

  /** Puts a certificate in place as the server's user reads it, and has the server take it up. */
  const serve = async (): Promise<void> => {
    const terms = { hosts: ['127.0.0.1', 'localhost'], notAfterMs: Date.now() + DAY_MS };
    const { cert, key } = await issueCertificate(authority, terms, Date.now());
    await writeFile(fileOf('server.crt'), cert);
    await writeFile(fileOf('server.key'), key, { mode: 0o600 });
    const { uid, gid } = await stat(join(server.server.place, 'pgdata'));
    await chown(fileOf('server.key'), uid, gid);
    await asOwner(server.ownerUrl, async (client) => {
      await client.query(`ALTER SYSTEM SET ssl_cert_file = '${fileOf('server.crt')}'`);
      await client.query(`ALTER SYSTEM SET ssl_key_file = '${fileOf('server.key')}'`);
      await client.query('ALTER SYSTEM SET ssl = on');
      await client.query('SELECT pg_reload_conf()');
    });
    await sleep(500);
  };

  const urlWith = (options: string): string => `${server.url}?${options}`;
  const checked = (ca: string): string => urlWith(`sslmode=verify-full&sslrootcert=${fileOf(ca)}`);

  beforeAll(async () => {
    server = await startTestServer();
    directory = await mkdtemp(join(tmpdir(), 'plinth-tls-'));
    await chmod(directory, 0o755);
    authority = await makeAuthority('the database’s', Date.now(), 30);
    await writeFile(fileOf('ca.crt'), authority.cert);
    await writeFile(fileOf('other.crt'), (await makeAuthority('another', Date.now(), 30)).cert);
    const first = await openPostgresLog({ url: server.url, ownerUrl: server.ownerUrl });
    await first.close();
    await serve();
  }, 120_000);

  afterAll(async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('is spoken to in TLS when the URL says so, on every connection', async () => {
    const log = await openPostgresLog({ url: checked('ca.crt'), ownerUrl: server.ownerUrl });
    expect((await log.head()).position).toBe(0n);
    await log.append(testRequest([testAppend('account-1', 0, 200)]));
    expect(await log.read(0n, 1_000)).toHaveLength(200);
    // As the server sees it: of all of the log's connections.
    const seen = await asOwner(server.ownerUrl, async (client) => {
      const { rows } = await client.query<{ ssl: boolean; version: string }>(
        "SELECT ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'plinth'",
      );
      return rows;
    });
    expect(seen.length).toBeGreaterThan(0);
    for (const row of seen)
      expect(row).toMatchObject({ ssl: true, version: expect.stringMatching(/^TLSv1\.[23]$/) });
    await log.close();
  });

  it('is not believed with a certificate of another authority, and the password stays here', async () => {
    const opened = openPostgresLog({ url: checked('other.crt'), ownerUrl: server.ownerUrl });
    const error: unknown = await opened.catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/certificate|self-signed|unable to verify/i);
    expect(String(error)).not.toContain(new URL(server.url).password);
  });

  it('is not spoken to in plaintext instead when it has no TLS, and that is said', async () => {
    const plain = await startTestServer();
    const asked = `${plain.url}?sslmode=verify-full&sslrootcert=${fileOf('ca.crt')}`;
    const byUrl: unknown = await openPostgresLog({ url: asked }).catch((reason: unknown) => reason);
    expect(String(byUrl)).toContain('does not support SSL');
    process.env['PGSSLMODE'] = 'verify-full';
    try {
      const bySetting: unknown = await openPostgresLog({ url: plain.url }).catch((reason: unknown) => reason);
      expect(String(bySetting)).toContain('does not support SSL');
    } finally {
      delete process.env['PGSSLMODE'];
    }
    const seen = await asOwner(plain.ownerUrl, async (client) => {
      const { rows } = await client.query(
        "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'plinth %' AND usename = 'plinth'",
      );
      return rows.length;
    });
    expect(seen).toBe(0);
    await plain.close();
  });

  it('may take a new certificate while the log is open', async () => {
    const log = await openPostgresLog({ url: checked('ca.crt'), ownerUrl: server.ownerUrl });
    await serve();
    expect((await log.head()).position).toBe(200n);
    const again = await openPostgresLog({ url: checked('ca.crt'), ownerUrl: server.ownerUrl });
    expect((await again.head()).position).toBe(200n);
    await log.close();
    await again.close();
  });
});
