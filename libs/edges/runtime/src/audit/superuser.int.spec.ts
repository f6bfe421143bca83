import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CorruptLog } from '@plinth/eventing';
import { testAppend, testRequest } from '@plinth/eventing/testing';
import { asOwner, type PostgresLog } from '../log/index.ts';
import { freshLog, testServers, type FreshLog, type TestServer } from '../log/testing/server.ts';
import { exportedEvent } from './exported-event.ts';
import { HeadSigner } from './head-signer.ts';
import { keepInTable } from './heads-table.ts';
import { freshSigningKey, type SigningKey, type TreeHead } from './tree-head.ts';
import { LogVerifier } from './verifier.ts';
import type { Witness } from './witness-file.ts';

// A superuser switches the triggers off and rewrites history in the tables. Whatever he does below the last
// witnessed head must be found by who has the witness and the public key, and the signer must not sign on
// top of it.

const SIZE = 60;
const HEADS = [17, 40, SIZE];

const memoryWitness = (): Witness => {
  const heads: TreeHead[] = [];
  return { heads: () => heads, publish: (head) => void heads.push(head) };
};

type Witnessed = Readonly<{ fresh: FreshLog; witness: Witness; key: SigningKey; signer: () => HeadSigner }>;

const witnessed = async (server: TestServer): Promise<Witnessed> => {
  const fresh = await freshLog(server);
  const { log } = fresh;
  const [witness, key, logId] = [memoryWitness(), freshSigningKey(), await log.logId()];
  let now = 0;
  const signer = (): HeadSigner =>
    new HeadSigner({
      ...{ log, logId, epoch: log.epoch, key, witness, keep: keepInTable(log) },
      clock: { now: () => (now += 1_000) },
    });
  const first = signer();
  for (let n = 0; n < SIZE; n += 1) {
    await log.append(testRequest([testAppend(`account-${n % 5}`, Math.floor(n / 5))]));
    if (HEADS.includes(n + 1)) await first.advance();
  }
  return { fresh, witness, key, signer };
};

/**
 * What the offline verifier says of the log as it can be read now: the first bad position, undefined when
 * all is well.
 */
const firstBadPosition = async (
  log: PostgresLog,
  heads: readonly TreeHead[],
  publicKey: Uint8Array,
): Promise<bigint | undefined> => {
  const verifier = new LogVerifier(heads, publicKey);
  for (let last = 0n; ; last += 1n) {
    try {
      const [event] = await log.readStored(last, 1);
      if (event === undefined) break;
      verifier.add(exportedEvent(event));
    } catch (error) {
      if (error instanceof CorruptLog) return error.position;
      throw error;
    }
  }
  const [first] = verifier.finish().findings;
  return first === undefined ? undefined : BigInt(first.position);
};

type Forgery = Readonly<{
  name: string;
  sql: (s: string, at: number) => string;
  /**
   * The log is shorter afterwards and goes on smoothly, so that the end is the first place that is surely
   * wrong.
   */
  isShorter?: true;
}>;

/** Positions and versions that follow each other again, as a careful forger leaves them. */
const renumber = (s: string): string => `
  UPDATE ${s}.events SET version = version + 1000000, position = position + 1000000;
  UPDATE ${s}.events e SET position = n.position, version = n.version FROM (
    SELECT id, row_number() OVER (ORDER BY position) AS position,
      row_number() OVER (PARTITION BY stream ORDER BY position) AS version
    FROM ${s}.events) n WHERE n.id = e.id;
  UPDATE ${s}.log_head SET position = (SELECT max(position) FROM ${s}.events)`;

const FORGERIES: readonly Forgery[] = [
  {
    name: 'a changed payload',
    sql: (s, at) => `UPDATE ${s}.events SET data = data || '\\x1801' WHERE position = ${at}`,
  },
  {
    name: 'a changed actor',
    sql: (s, at) => `UPDATE ${s}.events SET actor = 'client:eve' WHERE position = ${at}`,
  },
  {
    name: 'a changed time',
    sql: (s, at) => `UPDATE ${s}.events SET occurred_at = occurred_at + 1 WHERE position = ${at}`,
  },
  {
    name: 'a changed id',
    sql: (s, at) => `UPDATE ${s}.events SET id = gen_random_uuid() WHERE position = ${at}`,
  },
  { name: 'a deletion', sql: (s, at) => `DELETE FROM ${s}.events WHERE position = ${at}` },
  {
    name: 'a deletion, renumbered',
    isShorter: true,
    sql: (s, at) => `DELETE FROM ${s}.events WHERE position = ${at}; ${renumber(s)}`,
  },
  {
    name: 'an insertion, renumbered',
    sql: (s, at) => `
      UPDATE ${s}.events SET position = position + 1000000, version = version + 1000000
        WHERE position > ${at};
      INSERT INTO ${s}.events SELECT position + 1, occurred_at, recorded_at, gen_random_uuid(),
        version + 500000, schema, stream, type, data, correlation_id, causation_id, actor, traceparent
        FROM ${s}.events WHERE position = ${at};
      ${renumber(s)}`,
  },
  {
    name: 'two events that changed places, renumbered',
    sql: (s, at) => `
      UPDATE ${s}.events SET position = -position WHERE position IN (${at}, ${at + 1});
      UPDATE ${s}.events SET position = CASE -position WHEN ${at} THEN ${at + 1} ELSE ${at} END
        WHERE position < 0;
      ${renumber(s)}`,
  },
  {
    name: 'a truncation',
    sql: (s, at) =>
      `DELETE FROM ${s}.events WHERE position > ${at}; UPDATE ${s}.log_head SET position = ${at}`,
  },
  {
    name: 'a whole new end',
    sql: (s, at) => `UPDATE ${s}.events SET actor = 'client:eve' WHERE position > ${at}`,
  },
];

describe.each(testServers())('a superuser on %s', (_, start) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(async () => server.close());

  const forge = (schema: string, sql: string): Promise<unknown> =>
    asOwner(server.ownerUrl, async (client) => {
      const tables = ['events', 'tree_heads', 'commands', 'log_head'].map((table) => `${schema}.${table}`);
      for (const table of tables) await client.query(`ALTER TABLE ${table} DISABLE TRIGGER ALL`);
      await client.query(`ALTER TABLE ${schema}.events DROP CONSTRAINT events_position_check`);
      await client.query(sql);
      for (const table of tables) await client.query(`ALTER TABLE ${table} ENABLE TRIGGER ALL`);
    });

  it('leaves an untouched log proven, and the signer goes on', async () => {
    const { fresh, witness, key, signer } = await witnessed(server);
    expect(await firstBadPosition(fresh.log, witness.heads(), key.publicKey)).toBeUndefined();
    await fresh.log.append(testRequest([testAppend('account-9', 0)]));
    expect((await signer().advance())?.size).toBe(SIZE + 1);
    await fresh.close();
  });

  // One place in each part of the log: before the first head, between heads, near the last one.
  it.each(FORGERIES.flatMap((forgery) => [5, 23, 52].map((at) => [forgery.name, at, forgery] as const)))(
    'is found out: %s at %d',
    async (_name, at, { sql, isShorter }) => {
      const { fresh, witness, key, signer } = await witnessed(server);
      await forge(fresh.schema, sql(fresh.schema, at));
      const position = await firstBadPosition(fresh.log, witness.heads(), key.publicKey);
      const provenBefore = [0, ...HEADS].filter((size) => size < at).at(-1) ?? 0;
      expect(Number(position)).toBeGreaterThan(provenBefore);
      expect(Number(position)).toBeLessThanOrEqual(isShorter ? SIZE : at + 1);
      await expect(signer().advance()).rejects.toThrow(/Expected/);
      expect(witness.heads()).toHaveLength(HEADS.length);
      await fresh.close();
    },
  );

  it('is found out when he rewrites the end and signs heads of his own for it', async () => {
    const { fresh, witness, key } = await witnessed(server);
    const { schema, log } = fresh;
    await forge(
      schema,
      `UPDATE ${schema}.events SET actor = 'client:eve' WHERE position > 30;
        DELETE FROM ${schema}.tree_heads`,
    );
    const [own, ownWitness] = [freshSigningKey(), memoryWitness()];
    const ports = {
      log,
      logId: await log.logId(),
      epoch: log.epoch,
      witness: ownWitness,
      clock: { now: () => 1 },
    };
    await new HeadSigner({ ...ports, key: { ...own, keyId: key.keyId }, keep: keepInTable(log) }).advance();
    // His log agrees with his heads, but not with the key that the clients know, nor with the witness.
    expect(await firstBadPosition(log, ownWitness.heads(), own.publicKey)).toBeUndefined();
    expect(await firstBadPosition(log, ownWitness.heads(), key.publicKey)).toBeDefined();
    expect(await firstBadPosition(log, witness.heads(), key.publicKey)).toBe(18n);
    await fresh.close();
  });
});
