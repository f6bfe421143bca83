import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { canonicalEvent } from '../../audit/canonical-event.ts';
import { headsOfTable } from '../../audit/heads-table.ts';
import { leafHash, MerkleTree } from '../../audit/merkle-tree.ts';
import type { TreeHead } from '../../audit/tree-head.ts';
import { connectClient } from '../connection.ts';
import { readFailure } from '../pg-errors.ts';
import { DEFAULT_SCHEMA } from '../postgres-log.ts';
import { checkBackup } from './check-backup.ts';
import { countRows, eventsOf, KEPT_COMMAND_COLUMNS, KEPT_EVENT_COLUMNS } from './copy-rows-of-file.ts';
import { COMMANDS_PER_FILE, COMPRESSION_LEVEL, EVENTS_PER_FILE, FILES_MAX } from './limits.ts';
import {
  BackupDamaged,
  readManifest,
  sha256,
  writeDurably,
  writeManifest,
  type BackupFile,
  type BackupPart,
  type Manifest,
} from './manifest.ts';

export type CreateOptions = Readonly<{
  url: string;
  schema?: string;
  /** A new directory, or one with an earlier backup of the same log, which is then continued. */
  directory: string;
  nowMs: number;
  onPart?: (position: number, head: number) => void;
}>;

export type CreatedBackup = Readonly<{ manifest: Manifest; added: number }>;

/** The log as one moment shows it. */
type LogAt = Readonly<{ logId: string; epoch: number; position: number }>;

/**
 * Copies a log to files while it is written to: everything up to its head at the start, nothing after. What
 * an earlier backup in the same directory has is checked and kept.
 * @throws BackupDamaged when the directory holds a backup that is not whole, or one of another history.
 */
export const createBackup = async (options: CreateOptions): Promise<CreatedBackup> => {
  const { url, directory, schema = DEFAULT_SCHEMA } = options;
  mkdirSync(directory, { recursive: true });
  const before = readManifest(directory) === undefined ? undefined : checkBackup({ directory });
  const client = await connectClient(
    { url, rights: 'service', purpose: `backup ${schema}` },
    () => undefined,
  );
  try {
    // A long read holds no lock that an append waits for.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(
      `SELECT set_config('statement_timeout', '0', true),
        set_config('idle_in_transaction_session_timeout', '0', true)`,
    );
    const at = await logAt(client, schema);
    if (before !== undefined) assertContinues(before.manifest, at);
    const tree = before?.tree ?? new MerkleTree();
    const parts = [...(before?.manifest.parts ?? [])];
    const earlier = parts.length;
    for (let first = tree.size + 1; first <= at.position; first += EVENTS_PER_FILE) {
      const last = Math.min(first + EVENTS_PER_FILE - 1, at.position);
      if (parts.length >= FILES_MAX) throw new Error(`Expected at most ${FILES_MAX} parts of a backup`);
      parts.push(await copyPart(client, schema, directory, tree, first, last));
      options.onPart?.(last, at.position);
    }
    const heads = await allHeads(client, schema, at.position);
    const checkpoints = await checkpointsOf(client, schema);
    await client.query('COMMIT');
    const manifest: Manifest = {
      ...{ format: 'plinth-backup-v1', ...at, root: tree.root().toString('hex'), parts },
      heads: writeFile(directory, `heads-${padded(at.position)}.ndjson`, headLines(heads)),
      ...{ checkpoints, madeAtMs: options.nowMs },
    };
    writeManifest(directory, manifest);
    if (before !== undefined && before.manifest.heads.name !== manifest.heads.name)
      rmSync(join(directory, before.manifest.heads.name), { force: true });
    return {
      manifest,
      added: parts.slice(earlier).reduce((sum, { first, last }) => sum + last - first + 1, 0),
    };
  } catch (error) {
    throw error instanceof BackupDamaged ? error : readFailure(error);
  } finally {
    await client.end();
  }
};

const assertContinues = (before: Manifest, at: LogAt): void => {
  if (before.logId !== at.logId)
    throw new BackupDamaged(`Expected a backup of log ${at.logId} in the directory, was of ${before.logId}`);
  if (before.epoch > at.epoch || before.position > at.position)
    throw new BackupDamaged(
      `Expected a backup up to position ${at.position} in the directory, was ${before.position}: ` +
        'the log was cut or restored; make a new one elsewhere',
    );
  if (before.epoch < at.epoch)
    throw new BackupDamaged(
      `Expected a backup of epoch ${at.epoch} in the directory, was ${before.epoch}: make one elsewhere`,
    );
};

const logAt = async (client: pg.Client, schema: string): Promise<LogAt> => {
  const { rows } = await client.query<{ log_uuid: string; epoch: number; position: string }>(
    `SELECT log_uuid, epoch, position FROM ${schema}.log_head`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`Expected the head row of schema ${schema}, was none`);
  return { logId: row.log_uuid, epoch: row.epoch, position: Number(row.position) };
};

const padded = (position: number): string => String(position).padStart(12, '0');

/** Rows of a query as PostgreSQL copies them. */
const copied = async (client: pg.Client, select: string): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of client.query(copyTo(`COPY (${select}) TO STDOUT (FORMAT binary)`)))
    chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** A name that a backup that was cut off left behind is taken again. */
const writeFile = (directory: string, name: string, bytes: Buffer): BackupFile => {
  rmSync(join(directory, name), { force: true });
  writeDurably(join(directory, name), bytes);
  return { name, bytes: bytes.length, sha256: sha256(bytes) };
};

const compressed = (bytes: Buffer): Buffer =>
  zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL } });

const copyPart = async (
  client: pg.Client,
  schema: string,
  directory: string,
  tree: MerkleTree,
  first: number,
  last: number,
): Promise<BackupPart> => {
  const events = await copied(
    client,
    `SELECT ${KEPT_EVENT_COLUMNS} FROM ${schema}.events WHERE position BETWEEN ${first} AND ${last}
      ORDER BY position`,
  );
  const eventsName = `events-${padded(first)}.copy.zst`;
  for (const event of eventsOf(events, eventsName)) {
    if (event.position !== BigInt(tree.size + 1))
      throw new BackupDamaged(`Expected position ${tree.size + 1} in the log, was ${event.position}`);
    tree.append(leafHash(canonicalEvent(event)));
  }
  if (tree.size !== last)
    throw new BackupDamaged(`Expected events up to ${last} in the log, was ${tree.size}`);
  // A refused command stands at the head of its moment, so the last position before may have got more since.
  const commands = await copied(
    client,
    `SELECT ${KEPT_COMMAND_COLUMNS} FROM ${schema}.commands WHERE last BETWEEN ${first - 1} AND ${last}
      LIMIT ${COMMANDS_PER_FILE + 1}`,
  );
  const commandsName = `commands-${padded(first)}.copy.zst`;
  const rows = countRows(commands, commandsName);
  if (rows > COMMANDS_PER_FILE)
    throw new Error(`Expected at most ${COMMANDS_PER_FILE} answers from ${first} to ${last}, was more`);
  return {
    first,
    last,
    events: writeFile(directory, eventsName, compressed(events)),
    commands: writeFile(directory, commandsName, compressed(commands)),
  };
};

const HEADS_PAGE = 10_000;

const allHeads = async (client: pg.Client, schema: string, size: number): Promise<readonly TreeHead[]> => {
  const query = async (text: string, values: readonly unknown[]): Promise<readonly unknown[]> =>
    (await client.query<Readonly<Record<string, unknown>>>(text, [...values])).rows;
  const read = headsOfTable({ schema, query });
  const heads: TreeHead[] = [];
  for (;;) {
    const page = await read(heads.at(-1)?.size ?? 0, HEADS_PAGE);
    heads.push(...page.filter((head) => head.size <= size));
    if (page.length < HEADS_PAGE || (page.at(-1)?.size ?? 0) > size) return heads;
  }
};

const headLines = (heads: readonly TreeHead[]): Buffer =>
  Buffer.from(heads.map((head) => `${JSON.stringify(head)}\n`).join(''));

const checkpointsOf = async (client: pg.Client, schema: string): Promise<Record<string, number>> => {
  const { rows } = await client.query<{ consumer: string; position: string }>(
    `SELECT consumer, position FROM ${schema}.checkpoints ORDER BY consumer`,
  );
  return Object.fromEntries(rows.map(({ consumer, position }) => [consumer, Number(position)]));
};
