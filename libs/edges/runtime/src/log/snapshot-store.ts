import type { Snapshot, SnapshotHead, SnapshotStore } from '@plinth/eventing';
import { assert } from '@plinth/money';
import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants as zlib, deflateRaw, inflateRaw, type ZlibOptions } from 'node:zlib';
import * as limits from './limits.ts';
import type { PostgresLog } from './postgres-log.ts';

const compress = promisify<Uint8Array, ZlibOptions, Buffer>(deflateRaw);
const expand = promisify<Uint8Array, ZlibOptions, Buffer>(inflateRaw);

type Row = Readonly<{
  fold: string;
  revision: number;
  position: string;
  state_hash: string;
  bytes: string;
}>;
type Part = Readonly<{ state_hash: string; parts: number; data: Buffer }>;

/**
 * Snapshots beside the log, compressed, in parts. They are a cache: one that is missing, incomplete or
 * damaged is passed over for an older one, and with none left the log is folded from its first event.
 */
export class PostgresSnapshots implements SnapshotStore {
  readonly #log: PostgresLog;
  readonly #table: string;

  constructor(log: PostgresLog) {
    this.#log = log;
    this.#table = `${log.schema}.snapshots`;
  }

  async list(owner?: string): Promise<readonly SnapshotHead[]> {
    const rows = await this.#log.query<Row>(
      `SELECT fold, revision, position, min(state_hash) AS state_hash, sum(length(data)) AS bytes
        FROM ${this.#table} WHERE $1::text IS NULL OR fold = $1
        GROUP BY fold, revision, position ORDER BY fold, position DESC, revision`,
      [owner ?? null],
    );
    return rows.map(({ fold, revision, position, state_hash: stateHash, bytes }) => ({
      ...{ owner: fold, revision, position: BigInt(position), stateHash, bytes: Number(bytes) },
    }));
  }

  async read({ owner, revision, position }: SnapshotHead): Promise<Uint8Array | undefined> {
    const rows = await this.#log.query<Part>(
      `SELECT state_hash, parts, data FROM ${this.#table}
        WHERE fold = $1 AND revision = $2 AND position = $3 ORDER BY part`,
      [owner, revision, position],
    );
    const [first] = rows;
    if (first === undefined || rows.length !== first.parts) return undefined;
    try {
      const state = await expand(Buffer.concat(rows.map(({ data }) => data)), {
        maxOutputLength: limits.SNAPSHOT_BYTES_MAX,
      });
      return hash('sha256', state) === first.state_hash ? state : undefined;
    } catch (error) {
      if (DAMAGED.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  }

  /** @throws AssertionError when the state is too large to be kept. */
  async save({ owner, revision, position, stateHash, state }: Snapshot): Promise<void> {
    assert(
      state.length <= limits.SNAPSHOT_BYTES_MAX,
      () => `Expected a state of at most ${limits.SNAPSHOT_BYTES_MAX} bytes, was ${state.length}`,
    );
    const data = await compress(state, { level: zlib.Z_BEST_SPEED });
    const parts = Math.max(1, Math.ceil(data.length / limits.SNAPSHOT_PART_BYTES));
    await this.#log.transaction(async (client) => {
      const key = [owner, revision, position];
      const where = 'WHERE fold = $1 AND revision = $2 AND position = $3';
      await client.query(`DELETE FROM ${this.#table} ${where}`, key);
      for (let part = 0; part < parts; part += 1) {
        const start = part * limits.SNAPSHOT_PART_BYTES;
        await client.query(
          `INSERT INTO ${this.#table} (fold, revision, position, state_hash, part, parts, data)
            VALUES ($1, $2, $3, $4, $5, $6, $7)`,
          [...key, stateHash, part, parts, data.subarray(start, start + limits.SNAPSHOT_PART_BYTES)],
        );
      }
      // Other revisions are of no use to this program; of its own it keeps a few, in case the newest is
      // damaged or ahead of where a service has to begin.
      await client.query(
        `DELETE FROM ${this.#table} WHERE fold = $1 AND (revision <> $2 OR position < (
          SELECT min(position) FROM (SELECT DISTINCT position FROM ${this.#table}
            WHERE fold = $1 AND revision = $2 ORDER BY position DESC LIMIT $3) kept))`,
        [owner, revision, limits.SNAPSHOTS_KEPT],
      );
    });
  }
}

/** What zlib says of bytes that are not what was written. */
const DAMAGED = new Set(['Z_DATA_ERROR', 'Z_BUF_ERROR', 'ERR_BUFFER_TOO_LARGE']);
