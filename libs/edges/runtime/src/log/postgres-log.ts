import { CorruptLog, Retryable, assertRead, catalogueCodec, toEnvelope } from '@plinth/eventing';
import type {
  AppendRequest,
  AppendResult,
  Envelope,
  EventCodec,
  EventLog,
  LogHead,
  StoredCommand,
  StoredEvent,
  StoredLog,
  StreamId,
} from '@plinth/eventing';
import { AssertionError } from '@plinth/money';
import pg from 'pg';
import { prepareAppend } from './append-batch.ts';
import { AppendLane } from './append-lane.ts';
import { AppendQueue, Pace } from './append-queue.ts';
import { clientConfig, connectClient, describeUrl, prepareClient } from './connection.ts';
import type { ConnectionOptions } from './connection.ts';
import { EVENT_COLUMNS, contiguous, copyRows, DamagedRow, eventParser } from './copy-rows.ts';
import * as limits from './limits.ts';
import { measured } from './measured-append.ts';
import { migrate } from './migrate.ts';
import { messageOf, READ_ONLY_STATE, readFailure, sqlStateOf } from './pg-errors.ts';
import { readOnlyFailure } from './storage-guard.ts';
import { WakeUp } from './wake-up.ts';

export type PostgresLogOptions = Readonly<{
  /**
   * Login that the log works as. Its rights are laid down to those of a service where the server allows it.
   */
  url: string;
  /** Login that owns the schema and runs the migrations; `url` when it is the same. */
  ownerUrl?: string;
  /** The log of another cell, only read: its tables are brought up to date by its own processes. */
  isForeign?: boolean;
  /** Schema that holds this log; one database can hold many. */
  schema?: string;
  codec?: EventCodec;
  lanes?: number;
}>;

/** The one ordered log of a cell, kept in PostgreSQL. Open it with `openPostgresLog`. */
export class PostgresLog implements EventLog, StoredLog {
  readonly schema: string;
  readonly epoch: number;
  readonly #codec: EventCodec;
  readonly #pool: pg.Pool;
  readonly #lanes: readonly AppendLane[];
  readonly #queue: AppendQueue;
  readonly #wakeUp: WakeUp;
  readonly #ownListeners = new Set<(last: bigint) => void>();
  #closing: Promise<void> | undefined;

  constructor(options: PostgresLogOptions, pool: pg.Pool, epoch: number) {
    this.schema = options.schema ?? DEFAULT_SCHEMA;
    this.epoch = epoch;
    this.#codec = options.codec ?? catalogueCodec;
    this.#pool = pool;
    const connection = (purpose: string): ConnectionOptions => ({
      url: options.url,
      rights: 'service',
      purpose: `${purpose} ${this.schema}`,
    });
    const pace = new Pace();
    this.#lanes = Array.from(
      { length: options.lanes ?? limits.APPEND_LANES },
      () => new AppendLane(connection('append'), this.schema, epoch, pace),
    );
    this.#wakeUp = new WakeUp(connection('listen'), this.schema);
    this.#queue = new AppendQueue(
      this.#lanes.map((lane) => (batch) => lane.send(batch)),
      (last) => {
        this.#wakeUp.notify();
        for (const listener of this.#ownListeners) listener(last);
      },
      pace,
    );
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    return measured(this.#queue.add(prepareAppend(request, this.#codec)));
  }

  /** Appends that wait for the batch under way. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** What the database takes on its disk. */
  async sizeBytes(): Promise<number> {
    const [row] = await this.query<{ size: string }>('SELECT pg_database_size(current_database()) AS size');
    return Number.parseInt(row?.size ?? '0', 10);
  }

  async read(after: bigint, limit: number): Promise<readonly Envelope[]> {
    return this.#readAll(after, limit, (event) => toEnvelope(event, this.#codec));
  }

  async readStored(after: bigint, limit: number): Promise<readonly StoredEvent[]> {
    return this.#readAll(after, limit, (event) => ({ ...event, bytes: new Uint8Array(event.bytes) }));
  }

  async readStream(stream: StreamId, after: number, limit: number): Promise<readonly Envelope[]> {
    assertRead(after, limit);
    let expected = after;
    return this.#copy(
      `SELECT ${EVENT_COLUMNS} FROM ${this.schema}.events WHERE stream = ${pg.escapeLiteral(stream)}
        AND version > ${after} AND version <= ${after + limit} ORDER BY version`,
      (event) => {
        expected += 1;
        if (event.version === expected) return toEnvelope(event, this.#codec);
        throw outOfTurn(event, expected);
      },
    );
  }

  async readStreams(after: ReadonlyMap<StreamId, number>, limit: number): Promise<readonly Envelope[]> {
    if (after.size === 0) return [];
    for (const version of after.values()) assertRead(version, limit);
    const expected = new Map(after);
    const streams = [...after.keys()].map((stream) => pg.escapeLiteral(stream)).join();
    const versions = [...after.values()].join();
    return this.#copy(
      `SELECT ${EVENT_COLUMNS}
        FROM unnest(ARRAY[${streams}]::text[], ARRAY[${versions}]::int[]) AS wanted (name, known)
        JOIN LATERAL (SELECT * FROM ${this.schema}.events WHERE stream = wanted.name
          AND version > wanted.known AND version <= wanted.known + ${limit}) AS found ON true
        ORDER BY stream, version`,
      (event) => {
        const next = (expected.get(event.stream) ?? 0) + 1;
        expected.set(event.stream, next);
        if (event.version === next) return toEnvelope(event, this.#codec);
        throw outOfTurn(event, next);
      },
    );
  }

  async head(): Promise<LogHead> {
    const [row] = await this.query<{ position: string; epoch: number }>(
      `SELECT position, epoch FROM ${this.schema}.log_head`,
    );
    if (row === undefined)
      throw new AssertionError(`Expected the head row of schema ${this.schema}, was none`);
    return { position: BigInt(row.position), epoch: row.epoch };
  }

  async checkpoint(consumer: string): Promise<bigint> {
    const [row] = await this.query<{ position: string }>(
      `SELECT position FROM ${this.schema}.checkpoints WHERE consumer = $1`,
      [consumer],
    );
    return BigInt(row?.position ?? 0);
  }

  async command(tenant: string, key: string): Promise<StoredCommand | undefined> {
    const [row] = await this.query<{ body_hash: Buffer; answer: Buffer; last: string }>(
      `SELECT body_hash, answer, last FROM ${this.schema}.commands WHERE tenant = $1 AND key = $2`,
      [tenant, key],
    );
    if (row === undefined) return undefined;
    return {
      bodyHash: new Uint8Array(row.body_hash),
      answer: new Uint8Array(row.answer),
      last: BigInt(row.last),
    };
  }

  onAppend(listener: () => void): () => void {
    return this.#wakeUp.listen(listener);
  }

  /** Calls back with the last position of what was appended through this object. Returns the unsubscriber. */
  onOwnAppend(listener: (last: bigint) => void): () => void {
    this.#ownListeners.add(listener);
    return () => this.#ownListeners.delete(listener);
  }

  /** Name of this log, made with its schema: it stands in every signed tree head. */
  async logId(): Promise<string> {
    const [row] = await this.query<{ log_uuid: string }>(`SELECT log_uuid FROM ${this.schema}.log_head`);
    if (row === undefined)
      throw new AssertionError(`Expected the head row of schema ${this.schema}, was none`);
    return row.log_uuid;
  }

  /** Answers the appends that were taken, then closes the connections. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#queue.close();
    await Promise.all([...this.#lanes.map((lane) => lane.close()), this.#wakeUp.close(), this.#pool.end()]);
  }

  /**
   * One statement with the rights of a service, for the stores that live beside the log in its schema. With a
   * name the server reads and plans it once per connection: for what is asked all the time.
   */
  async query<Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
    name?: string,
  ): Promise<Row[]> {
    const named = name === undefined ? {} : { name };
    try {
      const { rows } = await this.#pool.query<Row>({ ...named, text, values: [...values] });
      return rows;
    } catch (error) {
      const failure = readFailure(error);
      throw sqlStateOf(error) === READ_ONLY_STATE ? await readOnlyFailure(this.#pool, failure) : failure;
    }
  }

  /** Several statements in one transaction. */
  async transaction<T>(run: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    return this.#withClient(async (client) => {
      await client.query('BEGIN');
      const result = await run(client);
      await client.query('COMMIT');
      return result;
    });
  }

  async #readAll<T>(after: bigint, limit: number, take: (event: StoredEvent) => T): Promise<readonly T[]> {
    assertRead(after, limit);
    try {
      return await this.#copy(
        `SELECT ${EVENT_COLUMNS} FROM ${this.schema}.events
          WHERE position > ${after} AND position <= ${after + BigInt(limit)} ORDER BY position`,
        contiguous(after, take),
      );
    } catch (error) {
      if (!(error instanceof DamagedRow)) throw error;
      throw new CorruptLog(after + BigInt(error.row) + 1n, error.message);
    }
  }

  #copy<T>(select: string, take: (event: StoredEvent) => T): Promise<readonly T[]> {
    return this.#withClient((client) => copyRows(client, select, eventParser(take)));
  }

  /** A connection that a failure passed through is not used again. */
  async #withClient<T>(run: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    let client: pg.PoolClient | undefined;
    try {
      client = await this.#pool.connect();
      const result = await run(client);
      client.release();
      return result;
    } catch (error) {
      client?.release(true);
      throw error instanceof CorruptLog ? error : readFailure(error);
    }
  }
}

const outOfTurn = ({ position, stream, version }: StoredEvent, expected: number): CorruptLog =>
  new CorruptLog(position, `Expected version ${expected} of stream ${stream}, was ${version}`);

export const DEFAULT_SCHEMA = 'plinth';

/**
 * Brings the schema of an own log to its present form and opens it. Throws `Retryable` while the server
 * cannot be reached.
 */
export const openPostgresLog = async (options: PostgresLogOptions): Promise<PostgresLog> => {
  const schema = options.schema ?? DEFAULT_SCHEMA;
  const ownerUrl = options.ownerUrl ?? options.url;
  if (options.isForeign !== true) await asOwner(ownerUrl, (client) => migrate(client, schema));
  const pool = readersPool({ url: options.url, rights: 'service', purpose: `read ${schema}` });
  try {
    const { rows } = await pool.query<{ epoch: number }>(`SELECT epoch FROM ${schema}.log_head`);
    const [head] = rows;
    if (head === undefined) throw new AssertionError(`Expected the head row of schema ${schema}, was none`);
    return new PostgresLog({ ...options, schema }, pool, head.epoch);
  } catch (error) {
    await pool.end();
    throw readFailure(error);
  }
};

const readersPool = (connection: ConnectionOptions): pg.Pool => {
  // The pool awaits what the hook returns, though its type does not say so.
  const prepare = (client: pg.ClientBase): unknown => {
    // The pool listens to idle connections only; an error of one in use would end the process.
    client.on('error', () => undefined);
    return prepareClient(client, connection.rights);
  };
  const pool = new pg.Pool({
    ...clientConfig(connection),
    max: limits.READ_CONNECTIONS,
    onConnect: prepare,
  });
  // An idle connection that breaks is replaced; queries in flight get the error themselves.
  pool.on('error', () => undefined);
  return pool;
};

/** Runs something with the rights of the schema's owner, on a connection of its own. */
export const asOwner = async <T>(url: string, run: (client: pg.Client) => Promise<T>): Promise<T> => {
  let client: pg.Client;
  try {
    client = await connectClient({ url, rights: 'owner', purpose: 'owner' }, () => undefined);
  } catch (error) {
    throw error instanceof AssertionError
      ? error
      : new Retryable(`cannot connect to ${describeUrl(url)}: ${messageOf(error)}`, { cause: error });
  }
  try {
    return await run(client);
  } finally {
    await client.end();
  }
};

/**
 * To be called when a standby that may lack the end of the log is promoted: processes of the old epoch can
 * append no more, and readers that were ahead find out by the epoch.
 */
export const advanceEpoch = (ownerUrl: string, schema: string = DEFAULT_SCHEMA): Promise<number> =>
  asOwner(ownerUrl, async (client) => {
    const { rows } = await client.query<{ epoch: number }>(
      `UPDATE ${schema}.log_head SET epoch = epoch + 1 RETURNING epoch`,
    );
    return rows[0]?.epoch ?? 0;
  });
