import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CorruptLog } from '@plinth/eventing';
import { testAppend, testCommand, testRequest } from '@plinth/eventing/testing';
import { APPEND_PARAMETERS } from './append-function.ts';
import { connectClient } from './connection.ts';
import { DamagedRow } from './copy-rows.ts';
import { migrate } from './migrate.ts';
import { EpochChanged } from './pg-errors.ts';
import { advanceEpoch, asOwner, openPostgresLog } from './postgres-log.ts';
import { prepareLog } from './service-login.ts';
import { freshLog, freshSchema, testServers, type FreshLog, type TestServer } from './testing/server.ts';

describe.each(testServers())('%s', (_, start) => {
  let server: TestServer;
  let fresh: FreshLog;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(async () => server.close());
  beforeEach(async () => {
    fresh = await freshLog(server);
    const command = testCommand('k');
    await fresh.log.append(testRequest([testAppend('account-1', 0, 5)], { command }));
  });
  afterEach(async () => fresh.close());

  const asService = async (text: string): Promise<unknown> => {
    const client = await connectClient(
      { url: server.url, rights: 'service', purpose: 'test' },
      () => undefined,
    );
    try {
      return await client.query(text);
    } finally {
      await client.end();
    }
  };
  const owner = (text: string): Promise<unknown> => asOwner(server.ownerUrl, (client) => client.query(text));

  const changes = (schema: string): readonly string[] => [
    `UPDATE ${schema}.events SET actor = 'client:eve' WHERE position = 2`,
    `DELETE FROM ${schema}.events WHERE position = 5`,
    `TRUNCATE ${schema}.events`,
    `UPDATE ${schema}.commands SET last = 1`,
    `DELETE FROM ${schema}.commands`,
    `TRUNCATE ${schema}.commands, ${schema}.tree_heads`,
    `DELETE FROM ${schema}.log_head`,
    `TRUNCATE ${schema}.log_head`,
  ];

  it('refuses every change of history, to its owner too', async () => {
    for (const change of changes(fresh.schema)) {
      await expect(owner(change)).rejects.toThrow('the log is append-only');
      await expect(asService(change)).rejects.toThrow('permission denied');
    }
    expect((await fresh.log.read(0n, 10)).map(({ position }) => position)).toEqual([1n, 2n, 3n, 4n, 5n]);
  });

  it('lets services append through its function alone', async () => {
    const { schema } = fresh;
    await expect(asService(`UPDATE ${schema}.log_head SET position = 9`)).rejects.toThrow(
      'permission denied',
    );
    await expect(asService(`INSERT INTO ${schema}.checkpoints VALUES ('risk', 9)`)).rejects.toThrow(
      'permission denied',
    );
    await expect(asService(`INSERT INTO ${schema}.events SELECT * FROM ${schema}.events`)).rejects.toThrow(
      'permission denied',
    );
    await expect(asService(`ALTER TABLE ${schema}.events DISABLE TRIGGER ALL`)).rejects.toThrow(
      'must be owner',
    );
  });

  const tamper = (text: string): Promise<unknown> =>
    owner(
      `ALTER TABLE ${fresh.schema}.events DISABLE TRIGGER ALL; ${text};
        ALTER TABLE ${fresh.schema}.events ENABLE TRIGGER ALL`,
    );

  it('stops a reader at a gap', async () => {
    await tamper(`DELETE FROM ${fresh.schema}.events WHERE position = 3`);
    const reading = fresh.log.read(0n, 10);
    await expect(reading).rejects.toBeInstanceOf(CorruptLog);
    await expect(reading).rejects.toMatchObject({ position: 3n });
    await expect(fresh.log.readStored(2n, 10)).rejects.toThrow(
      'position 3: Expected the next event of the log, was position 4',
    );
    await expect(fresh.log.readStream('account-1', 0, 10)).rejects.toThrow(
      'Expected version 3 of stream account-1, was 4',
    );
    expect(await fresh.log.read(0n, 2)).toHaveLength(2);
  });

  it('stops a reader at an event that it cannot read', async () => {
    await tamper(`UPDATE ${fresh.schema}.events SET type = 'Unheard' WHERE position = 4`);
    await expect(fresh.log.read(0n, 10)).rejects.toThrow('position 4: payload of Unheard cannot be read');
    await tamper(`UPDATE ${fresh.schema}.events SET data = '\\xff' WHERE position = 2`);
    await expect(fresh.log.read(0n, 10)).rejects.toThrow('position 2: payload of TimerFired cannot be read');
    await tamper(`UPDATE ${fresh.schema}.events SET schema = 99 WHERE position = 1`);
    await expect(fresh.log.read(0n, 10)).rejects.toThrow('upgrade this program first');
  });

  it('stops a reader at a row that is none of ours, however it is asked', async () => {
    const { log, schema } = fresh;
    await owner(`ALTER TABLE ${schema}.events ALTER COLUMN actor DROP NOT NULL`);
    await tamper(`UPDATE ${schema}.events SET actor = NULL WHERE position = 3`);
    const failure: unknown = await log.read(0n, 10).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CorruptLog);
    expect(failure).toMatchObject({ position: 3n, message: expect.stringContaining('Expected a text') });
    expect(await log.read(0n, 2)).toHaveLength(2);
    // It must not look like a fault that passes.
    await expect(log.readStream('account-1', 0, 10)).rejects.toThrow(DamagedRow);
    await expect(log.readStreams(new Map([['account-1', 0]]), 10)).rejects.toThrow(DamagedRow);
    expect(await log.read(3n, 10)).toHaveLength(2);
  });

  it('takes no appends of processes that work in an epoch that is over', async () => {
    expect(await advanceEpoch(server.ownerUrl, fresh.schema)).toBe(2);
    await expect(fresh.log.append(testRequest([testAppend('account-2', 0)]))).rejects.toBeInstanceOf(
      EpochChanged,
    );
    const reopened = await openPostgresLog({ ...server, schema: fresh.schema });
    expect(await reopened.head()).toEqual({ position: 5n, epoch: 2 });
    expect((await reopened.append(testRequest([testAppend('account-2', 0)]))).status).toBe('appended');
    await reopened.close();
  });

  it('records nothing as earlier than what stands before it, though its clock was set back', async () => {
    const { log, schema } = fresh;
    // What was recorded last is still to come by the clock of now.
    await owner(`UPDATE ${schema}.log_head SET recorded_at = clock_timestamp() + interval '10 minutes'`);
    await log.append(testRequest([testAppend('account-2', 0, 2)]));
    // One of these is refused, so that each is judged by itself.
    await Promise.all([
      log.append(testRequest([testAppend('account-3', 0)])),
      log.append(testRequest([testAppend('account-2', 7)])),
    ]);
    const { rows } = await asOwner(server.ownerUrl, (client) =>
      client.query<{ isBack: boolean; isAhead: boolean }>(
        `SELECT recorded_at < lag(recorded_at, 1, recorded_at) OVER (ORDER BY position) AS "isBack",
          recorded_at > clock_timestamp() AS "isAhead" FROM ${schema}.events ORDER BY position`,
      ),
    );
    expect(rows.map(({ isBack }) => isBack)).toEqual(Array.from({ length: 8 }, () => false));
    expect(rows.slice(5)).toEqual(Array.from({ length: 3 }, () => ({ isBack: false, isAhead: true })));
  });

  it('appends under no isolation but read committed', async () => {
    const none = Array.from({ length: APPEND_PARAMETERS.length - 1 }, () => "'{}'").join(', ');
    const text = `SELECT * FROM ${fresh.schema}.append(1, ${none})`;
    await expect(asService(`BEGIN ISOLATION LEVEL SERIALIZABLE; ${text}`)).rejects.toThrow(
      'append needs read committed',
    );
  });

  it('migrates once, by one process at a time, and refuses a schema of another program', async () => {
    const again = (): Promise<number> => asOwner(server.ownerUrl, (client) => migrate(client, fresh.schema));
    expect(await Promise.all([again(), again()])).toEqual([0, 0]);
    await owner(`INSERT INTO ${fresh.schema}.migrations VALUES (6, 'future', 'x')`);
    await expect(again()).rejects.toThrow('the database belongs to a newer program');
    await owner(`DELETE FROM ${fresh.schema}.migrations WHERE number = 6`);
    await owner(`UPDATE ${fresh.schema}.migrations SET hash = 'y' WHERE number = 2`);
    await expect(again()).rejects.toThrow('Expected migration 2 (append-only)');
  });

  it('is made ready by its owner, and opened by a login that may only read and append', async () => {
    const schema = freshSchema();
    const url = new URL(server.ownerUrl);
    [url.username, url.password] = [`service_${schema}`, 'a secret'];
    const asLogin = () => openPostgresLog({ url: url.href, schema });
    try {
      const first = await prepareLog(server.ownerUrl, url.href, schema);
      expect(first).toMatchObject({ login: url.username, madeLogin: true });
      expect(first.migrations).toBeGreaterThan(0);
      expect(await prepareLog(server.ownerUrl, url.href, schema)).toMatchObject({
        ...{ migrations: 0, madeLogin: false },
      });
      const log = await asLogin();
      await log.append(testRequest([testAppend('account-1', 0, 2)], { command: testCommand('k') }));
      expect(await log.head()).toMatchObject({ position: 2n });
      await log.close();
      await owner(
        `DELETE FROM ${schema}.migrations WHERE number = (SELECT max(number) FROM ${schema}.migrations)`,
      );
      await expect(asLogin()).rejects.toThrow('run `plinth log migrate` as its owner');
    } finally {
      await owner(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      await owner(`DROP OWNED BY "${url.username}"`).catch(() => undefined);
      await owner(`DROP ROLE IF EXISTS "${url.username}"`);
    }
  });
});
