import pg from 'pg';
import { clientConfig } from './connection.ts';
import { assertSchemaName } from './schema.ts';

export type PlainEvent = Readonly<{
  id: string;
  stream: string;
  version: number;
  type: string;
  data: Uint8Array;
}>;

/**
 * The usual way to keep events in PostgreSQL: a `bigserial` position and one transaction per append from a
 * pool of connections. It is the baseline of the append benchmark and the broken control of the log's tests:
 * positions are given out before the commit, so a reader that asks for `position > last` misses what commits
 * late, and rollbacks leave gaps.
 */
export class PlainInserts {
  readonly #pool: pg.Pool;
  readonly #table: string;

  constructor(url: string, schema: string, connections: number) {
    assertSchemaName(schema);
    this.#table = `${schema}.plain_events`;
    this.#pool = new pg.Pool({
      ...clientConfig({ url, rights: 'owner', purpose: 'plain' }),
      max: connections,
    });
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  async create(): Promise<void> {
    await this.#pool.query(`CREATE TABLE ${this.#table} (
      position bigserial PRIMARY KEY, id uuid NOT NULL UNIQUE, stream text NOT NULL, version integer NOT NULL,
      type text NOT NULL, data bytea NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now(),
      UNIQUE (stream, version))`);
  }

  /**
   * One transaction: look at the stream's version, insert, commit; `beforeEnd` runs between the insert and
   * the end.
   */
  async append(
    events: readonly PlainEvent[],
    { isRolledBack = false, beforeEnd }: PlainAppendOptions = {},
  ): Promise<boolean> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      for (const { id, stream, version, type, data } of events) {
        const { rows } = await client.query<{ version: number | null }>(
          `SELECT max(version) AS version FROM ${this.#table} WHERE stream = $1`,
          [stream],
        );
        if ((rows[0]?.version ?? 0) !== version - 1)
          throw new Error(`Expected version ${version - 1} of ${stream}`);
        await client.query(
          `INSERT INTO ${this.#table} (id, stream, version, type, data) VALUES ($1, $2, $3, $4, $5)`,
          [id, stream, version, type, data],
        );
      }
      await beforeEnd?.();
      await client.query(isRolledBack ? 'ROLLBACK' : 'COMMIT');
      client.release();
      return !isRolledBack;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** The naive reader: whatever lies behind the last position it has seen. */
  async readAfter(
    position: bigint,
    limit: number,
  ): Promise<readonly Readonly<{ position: bigint; id: string }>[]> {
    const { rows } = await this.#pool.query<{ position: string; id: string }>(
      `SELECT position, id FROM ${this.#table} WHERE position > $1 ORDER BY position LIMIT $2`,
      [position, limit],
    );
    return rows.map((row) => ({ position: BigInt(row.position), id: row.id }));
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

export type PlainAppendOptions = Readonly<{ isRolledBack?: boolean; beforeEnd?: () => Promise<unknown> }>;
