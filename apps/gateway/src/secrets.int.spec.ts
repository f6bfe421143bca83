import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayClient } from '@plinth/gateway';
import { makeKey } from '@plinth/gateway/client';
import { asOwner } from '@plinth/runtime';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from './testing/cluster.ts';

/** Stands wherever a secret is expected of a process that cannot start with it. */
const CANARY = 'canary7f3aQx9tLm2vYk8sWd4n';
const LEAST_CHARACTERS = 16;
/** A warning or worse; or it goes on, when the database asks for no password. */
const OBJECTS = /"level":[456]0|"serving"/;

/** A secret in every form in which it might be written: as it is, in base64, in hex, and these as bytes. */
const formsOf = (secret: Buffer | string): readonly string[] => {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  return [bytes.toString('latin1'), base64, bytes.toString('hex'), Buffer.from(base64).toString('hex')];
};

/** What would be seen of a key in PEM: its longest line. */
const pemLine = (path: string): string =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('-----'))
    .reduce((longest, line) => (line.length > longest.length ? line : longest), '');

describe('what a cluster is told in secret', () => {
  const said: string[] = [];
  const cluster = new Cluster({ isMeasured: true, onLine: (line) => said.push(line) });
  const shared = makeKey('desk.shared', 'hmac-sha256');
  let secrets: ReadonlyMap<string, readonly string[]>;

  const file = (name: string): string => join(cluster.directory, name);

  beforeAll(async () => {
    await cluster.start(undefined, { only: ['accounts', 'gateway'] });
    const keys = ['accounts', 'gateway', 'edge'].map((name) => join(cluster.certificates(name), 'tls.key'));
    await cluster.until('both to serve', () =>
      Promise.resolve(cluster.running.every((part) => part.isUp()) ? true : undefined),
    );
    secrets = new Map([
      ['password of the database', formsOf(new URL(cluster.databaseUrl).password)],
      ['key of the operator', formsOf(cluster.key.secret)],
      ['sealing key', formsOf(Buffer.from(readFileSync(file('sealing.key'), 'utf8').trim(), 'base64'))],
      ['key of tree heads', [pemLine(file('head.pem'))]],
      ['keys of certificates', keys.map(pemLine)],
      ['shared secret of a client', formsOf(shared.secret)],
      ['secret in a setting that is wrong', formsOf(CANARY)],
    ]);
    for (const form of [...secrets.values()].flat()) expect(form.length).toBeGreaterThan(LEAST_CHARACTERS);
  }, 180_000);

  afterAll(async () => cluster.stop(), 60_000);

  /** Which of the secrets stand in a text. */
  const told = (text: string): readonly string[] =>
    [...secrets].flatMap(([name, forms]) => (forms.some((form) => text.includes(form)) ? [name] : []));

  it('stays out of logs, answers, metrics and the database, whatever goes well and wrong', async () => {
    const { client } = cluster;
    await client.call('Operations', 'OpenClient', { clientId: 'desk', name: 'Desk', jurisdiction: 'CH' });
    await client.call('Operations', 'IssueApiKey', {
      ...{ clientId: 'desk', keyId: shared.keyId, algorithm: shared.algorithm, verifier: shared.secret },
      scopes: ['read'],
    });
    const ca = readFileSync(file('tls/ca.crt'));
    const address = cluster.address('gateway');
    const desk = new GatewayClient({ address, key: shared, ca });
    const stranger = new GatewayClient({ address, key: { ...shared, secret: makeKey('x').secret }, ca });
    const answers: string[] = [];
    const ask = async (from: GatewayClient, accountId: string): Promise<void> => {
      const answer: unknown = await from
        .call('Accounts', 'GetAccount', { accountId, read: undefined })
        .catch((error: unknown) => error);
      answers.push(
        String(answer),
        JSON.stringify(answer, (_, value: unknown) => String(value)),
      );
    };
    for (const from of [desk, stranger, client]) await ask(from, 'nobody');
    const { response } = await client.call('Accounts', 'GetClient', { clientId: 'desk', read: undefined });
    answers.push(response.keys.map(({ verifier }) => Buffer.from(verifier).toString('latin1')).join());
    // The database is gone in the middle of it, and a service is killed.
    await asOwner(cluster.databaseUrl, (owner) =>
      owner.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()`),
    );
    await cluster.kill('accounts');
    await ask(client, 'nobody');
    cluster.run('accounts');
    await cluster.until('accounts again', async () => {
      await client.call('Accounts', 'GetClient', { clientId: 'desk', read: undefined });
      return true;
    });
    for (const name of ['accounts', 'gateway']) {
      const figures = await fetch(`http://127.0.0.1:${cluster.metricsPort(name)}/metrics`);
      const text = await figures.text();
      expect(text).toContain('plinth_');
      expect(told(text)).toEqual([]);
    }
    desk.close();
    stranger.close();
    expect(told(answers.join('\n'))).toEqual([]);
    expect(said.length).toBeGreaterThan(4);
    expect(told(said.join('\n'))).toEqual([]);
    expect(told(await wholeDatabase(cluster.databaseUrl))).toEqual([]);
  }, 180_000);

  it('stays out of what a process says that cannot start with it', async () => {
    const written = (name: string, text: string): string => {
      writeFileSync(file(name), text, { mode: 0o600 });
      return file(name);
    };
    const pem = `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----\n`;
    const url = new URL(cluster.databaseUrl);
    url.password = CANARY;
    const wrong: readonly (readonly [string, string, string])[] = [
      ['accounts', 'PLINTH_DATABASE_URL', url.href],
      ['accounts', 'PLINTH_DATABASE_URL', `postgresql://plinth:${CANARY}@[bad:5432/plinth`],
      ['accounts', 'PLINTH_DATABASE_URL', `postgresql://plinth:${CANARY}@127.0.0.1:99999/plinth`],
      ['accounts', 'PLINTH_TLS_KEY', written('bad.key', pem)],
      ['gateway', 'PLINTH_SEALING_KEY', written('bad.sealing', `${CANARY}\n`)],
      ['gateway', 'PLINTH_HEAD_KEY', written('bad.pem', pem)],
      ['gateway', 'PLINTH_OPERATOR_KEYS', written('bad.json', `${CANARY}: not JSON`)],
      ['gateway', 'PLINTH_OPERATOR_KEYS', written('odd.json', JSON.stringify([{ secret: CANARY }]))],
    ];
    for (const [name, setting, value] of wrong) {
      const part = await cluster.runReplica(name, { [setting]: value });
      const gaveUp = once(part.child, 'exit');
      // Who waits for a database says so and goes on waiting; everything else ends the process.
      await cluster.until(`${name} to object to ${setting}`, () =>
        Promise.resolve(
          !part.isRunning() || part.lines.some((line) => OBJECTS.test(line)) ? true : undefined,
        ),
      );
      part.child.kill('SIGKILL');
      await gaveUp;
      expect(part.lines.join('\n')).not.toBe('');
      expect([setting, told(part.lines.join('\n'))]).toEqual([setting, []]);
    }
  }, 180_000);
});

/** Every row of every table of the log's schema, as text. */
const wholeDatabase = (url: string): Promise<string> =>
  asOwner(url, async (owner) => {
    const tables = await owner.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'plinth'`,
    );
    expect(tables.rows.length).toBeGreaterThan(5);
    const parts: string[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await owner.query<{ row: string }>(`SELECT one::text AS row FROM ${name} AS one`);
      parts.push(...rows.map(({ row }) => row));
    }
    return parts.join('\n');
  });
