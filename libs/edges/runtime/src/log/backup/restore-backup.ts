import type { StoredEvent } from '@plinth/eventing';
import { EVENT_CATALOGUE, isEventType } from '@plinth/messages';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { zstdDecompressSync } from 'node:zlib';
import { canonicalEvent } from '../../audit/canonical-event.ts';
import { leafHash, MerkleTree } from '../../audit/merkle-tree.ts';
import { keepInTable } from '../../audit/heads-table.ts';
import type { TreeHead } from '../../audit/tree-head.ts';
import { contiguous, copyRows, EVENT_COLUMNS, eventParser } from '../copy-rows.ts';
import { migrate } from '../migrate.ts';
import { asOwner, DEFAULT_SCHEMA } from '../postgres-log.ts';
import { eventBytesOf, type CheckedBackup } from './check-backup.ts';
import { KEPT_COMMAND_COLUMNS, KEPT_EVENT_COLUMNS } from './copy-rows-of-file.ts';
import { readBackupFile, type BackupPart } from './manifest.ts';

export type RestoreOptions = Readonly<{
  /** Login that owns the schema. */
  ownerUrl: string;
  schema?: string;
  directory: string;
  backup: CheckedBackup;
  /** Last position that is wanted; everything when it is not given. */
  toPosition?: number;
  onPart?: (position: number, last: number) => void;
}>;

export type Restored = Readonly<{
  logId: string;
  /** One above the epoch of the backup: no process of the time before can append. */
  epoch: number;
  position: number;
  /** Of the tree over the restored events, read back from the database; hex. */
  root: string;
}>;

/** The target cannot take the log, or asked for something that the backup has not. Nothing was changed. */
export class RestoreRefused extends Error {
  override readonly name = 'RestoreRefused';
}

/**
 * Puts a checked backup, or its beginning, into a database that has no log in the schema yet, in one
 * transaction, then reads every event back and compares the root with the one of the backup.
 * @throws RestoreRefused when there is a log already, or the position is not in the backup.
 */
export const restoreBackup = async (options: RestoreOptions): Promise<Restored> => {
  const { ownerUrl, schema = DEFAULT_SCHEMA, backup } = options;
  const { manifest, tree } = backup;
  const position = options.toPosition ?? manifest.position;
  if (!Number.isSafeInteger(position) || position < 1 || position > manifest.position)
    throw new RestoreRefused(`Expected a position from 1 to ${manifest.position}, was ${position}`);
  const epoch = manifest.epoch + 1;
  return asOwner(ownerUrl, async (client) => {
    await migrate(client, schema);
    await client.query('BEGIN');
    try {
      await client.query(
        `SELECT set_config('statement_timeout', '0', true),
          set_config('idle_in_transaction_session_timeout', '0', true)`,
      );
      await assertEmpty(client, schema);
      for (const part of manifest.parts) {
        if (part.first > position) break;
        await putPart(client, schema, options.directory, part, position);
        options.onPart?.(Math.min(part.last, position), position);
      }
      await putHeads(client, schema, backup.heads, position);
      await putCheckpoints(client, schema, manifest.checkpoints, position < manifest.position, position);
      await client.query(
        `UPDATE ${schema}.log_head SET position = $1, epoch = $2, log_uuid = $3,
          recorded_at = (SELECT max(recorded_at) FROM ${schema}.events)`,
        [position, epoch, manifest.logId],
      );
      const root = await rootOf(client, schema, position);
      const expected = tree.root(position).toString('hex');
      if (root !== expected) throw new Error(`Expected the root ${expected} in the database, was ${root}`);
      await client.query('COMMIT');
      await client.query(`ANALYZE ${schema}.events, ${schema}.commands`);
      return { logId: manifest.logId, epoch, position, root };
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  });
};

const assertEmpty = async (client: pg.Client, schema: string): Promise<void> => {
  const { rows } = await client.query<{ position: string }>(
    `SELECT position FROM ${schema}.log_head FOR UPDATE`,
  );
  const at = rows[0]?.position;
  if (at !== '0')
    throw new RestoreRefused(
      `Expected no log in schema ${schema} of the target, was one of ${at} events: restore elsewhere`,
    );
};

const copyInto = (client: pg.Client, table: string, bytes: Buffer): Promise<void> =>
  pipeline(Readable.from([bytes]), client.query(copyFrom(`COPY ${table} FROM STDIN (FORMAT binary)`)));

const putPart = async (
  client: pg.Client,
  schema: string,
  directory: string,
  part: BackupPart,
  position: number,
): Promise<void> => {
  const events = eventBytesOf(directory, part);
  if (part.last <= position) await copyInto(client, `${schema}.events (${KEPT_EVENT_COLUMNS})`, events);
  else {
    await client.query(`CREATE TEMP TABLE some_events (LIKE ${schema}.events) ON COMMIT DROP`);
    await copyInto(client, `some_events (${KEPT_EVENT_COLUMNS})`, events);
    await client.query(
      `INSERT INTO ${schema}.events (${KEPT_EVENT_COLUMNS})
        SELECT ${KEPT_EVENT_COLUMNS} FROM some_events WHERE position <= $1`,
      [position],
    );
  }
  await client.query(
    `CREATE TEMP TABLE IF NOT EXISTS some_commands (LIKE ${schema}.commands) ON COMMIT DROP`,
  );
  await client.query('TRUNCATE some_commands');
  const commands = zstdDecompressSync(readBackupFile(directory, part.commands));
  await copyInto(client, `some_commands (${KEPT_COMMAND_COLUMNS})`, commands);
  await client.query(
    `INSERT INTO ${schema}.commands (${KEPT_COMMAND_COLUMNS})
      SELECT ${KEPT_COMMAND_COLUMNS} FROM some_commands WHERE last <= $1 ON CONFLICT DO NOTHING`,
    [position],
  );
};

const putHeads = async (
  client: pg.Client,
  schema: string,
  heads: readonly TreeHead[],
  position: number,
): Promise<void> => {
  const query = async (text: string, values: readonly unknown[]): Promise<readonly unknown[]> =>
    (await client.query<Readonly<Record<string, unknown>>>(text, [...values])).rows;
  const keep = keepInTable({ schema, query });
  for (const head of heads) if (head.size <= position) await keep(head);
};

/**
 * How far each service had reacted. Of a log that ends before the backup does, the kept checkpoints may speak
 * of reactions that are not restored: then the last cause that the kept events name counts. What came after
 * it had no effect that was kept, so it is reacted to again.
 */
const putCheckpoints = async (
  client: pg.Client,
  schema: string,
  kept: Readonly<Record<string, number>>,
  isCut: boolean,
  position: number,
): Promise<void> => {
  const reacted = isCut ? await lastCauses(client, schema) : new Map<string, number>();
  for (const [consumer, at] of Object.entries(kept)) {
    const upTo = isCut ? Math.min(at, reacted.get(consumer) ?? 0, position) : at;
    await client.query(`INSERT INTO ${schema}.checkpoints (consumer, position) VALUES ($1, $2)`, [
      consumer,
      upTo,
    ]);
  }
};

type CauseRow = Readonly<{ type: string; position: string }>;

const lastCauses = async (client: pg.Client, schema: string): Promise<ReadonlyMap<string, number>> => {
  const { rows } = await client.query<CauseRow>(
    `SELECT effect.type, max(cause.position) AS position
      FROM ${schema}.events effect JOIN ${schema}.events cause ON cause.id::text = effect.causation_id
      GROUP BY effect.type`,
  );
  const last = new Map<string, number>();
  for (const { type, position } of rows) {
    if (!isEventType(type)) continue;
    const { owner } = EVENT_CATALOGUE[type];
    last.set(owner, Math.max(last.get(owner) ?? 0, Number(position)));
  }
  return last;
};

const READ_ROWS = 5_000;

/** Root over the events as the database has them now. */
const rootOf = async (client: pg.Client, schema: string, position: number): Promise<string> => {
  const tree = new MerkleTree();
  const take = (event: StoredEvent): void => tree.append(leafHash(canonicalEvent(event)));
  for (let after = 0; after < position; after += READ_ROWS) {
    const select = `SELECT ${EVENT_COLUMNS} FROM ${schema}.events
      WHERE position > ${after} AND position <= ${after + READ_ROWS} ORDER BY position`;
    await copyRows(client, select, eventParser(contiguous(BigInt(after), take)));
  }
  return tree.root().toString('hex');
};
