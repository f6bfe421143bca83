import type { Snapshot, SnapshotStore } from '@plinth/eventing';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import * as limits from './limits.ts';
import type { PostgresLog } from './postgres-log.ts';

const compress = promisify(deflateRaw);
const expand = promisify(inflateRaw);

type Part = Readonly<{ position: string; state_hash: string; parts: number; part: number; data: Buffer }>;

/**
 * Snapshots of folds beside the log, compressed, in parts. They are a cache: one that is missing,
 * incomplete or damaged is passed over for an older one, and with none left the fold is rebuilt from the
 * log.
 */
export class PostgresSnapshots implements SnapshotStore {
  readonly #log: PostgresLog;

  constructor(log: PostgresLog) {
    this.#log = log;
  }

  async latest(fold: string, revision: number): Promise<Snapshot | undefined> {
    const positions = await this.#log.query<{ position: string }>(
      `SELECT DISTINCT position FROM ${this.#log.schema}.snapshots WHERE fold = $1 AND revision = $2
        ORDER BY position DESC`,
      [fold, revision],
    );
    for (const { position } of positions) {
      const snapshot = await this.#read(fold, revision, position);
      if (snapshot !== undefined) return snapshot;
    }
    return undefined;
  }

  async save(snapshot: Snapshot): Promise<void> {
    const { fold, revision, position, stateHash } = snapshot;
    const data = await pack(snapshot);
    const parts = Math.max(1, Math.ceil(data.length / limits.SNAPSHOT_PART_BYTES));
    const table = `${this.#log.schema}.snapshots`;
    await this.#log.transaction(async (client) => {
      const key = [fold, revision, position];
      await client.query(`DELETE FROM ${table} WHERE fold = $1 AND revision = $2 AND position = $3`, key);
      for (let part = 0; part < parts; part += 1) {
        const start = part * limits.SNAPSHOT_PART_BYTES;
        await client.query(
          `INSERT INTO ${table} (fold, revision, position, state_hash, part, parts, data)
            VALUES ($1, $2, $3, $4, $5, $6, $7)`,
          [...key, stateHash, part, parts, data.subarray(start, start + limits.SNAPSHOT_PART_BYTES)],
        );
      }
      // Other revisions are of no use to this program; of its own it keeps a few, in case the newest is
      // damaged.
      await client.query(
        `DELETE FROM ${table} WHERE fold = $1 AND (revision <> $2 OR position < (
          SELECT min(position) FROM (SELECT DISTINCT position FROM ${table} WHERE fold = $1 AND revision = $2
            ORDER BY position DESC LIMIT $3) kept))`,
        [fold, revision, limits.SNAPSHOTS_KEPT],
      );
    });
  }

  async #read(fold: string, revision: number, position: string): Promise<Snapshot | undefined> {
    const rows = await this.#log.query<Part>(
      `SELECT position, state_hash, parts, part, data FROM ${this.#log.schema}.snapshots
        WHERE fold = $1 AND revision = $2 AND position = $3 ORDER BY part`,
      [fold, revision, position],
    );
    const [first] = rows;
    if (first === undefined || rows.length !== first.parts) return undefined;
    const entries = await unpack(Buffer.concat(rows.map(({ data }) => data)));
    if (entries === undefined) return undefined;
    return { fold, revision, position: BigInt(position), stateHash: first.state_hash, entries };
  }
}

const DIGEST_BYTES = 32;

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/**
 * SHA-256 of what follows, then the compressed entries: each text with its length in bytes (uint32) before
 * it.
 */
const pack = async ({ entries }: Snapshot): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for (const text of entries.flat()) {
    const bytes = Buffer.from(text, 'utf8');
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(bytes.length);
    chunks.push(length, bytes);
  }
  const packed = await compress(Buffer.concat(chunks));
  return Buffer.concat([digest(packed), packed]);
};

const unpack = async (data: Buffer): Promise<readonly (readonly [string, string])[] | undefined> => {
  const packed = data.subarray(DIGEST_BYTES);
  if (!digest(packed).equals(data.subarray(0, DIGEST_BYTES))) return undefined;
  const bytes = await expand(packed);
  const entries: (readonly [string, string])[] = [];
  let at = 0;
  const text = (): string => {
    const start = at + 4;
    at = start + bytes.readUInt32BE(at);
    return bytes.toString('utf8', start, at);
  };
  while (at < bytes.length) entries.push([text(), text()]);
  return entries;
};
