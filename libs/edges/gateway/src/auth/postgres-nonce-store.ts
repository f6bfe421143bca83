import { Retryable } from '@plinth/eventing';
import { STORAGE_FULL, type PostgresLog } from '@plinth/runtime';
import { LIMITS } from '../limits.ts';
import { MemoryNonceStore, type Claim, type Nonce, type NonceStore } from './nonce-store.ts';

type Waiting = Nonce & Readonly<{ resolve: (isOurs: boolean) => void; reject: (error: unknown) => void }>;

/** Nonces that one statement settles at the most. */
const BATCH_MAX = 1_000;

const idOf = ({ keyId, nonce }: Pick<Nonce, 'keyId' | 'nonce'>): string => `${keyId} ${nonce}`;

/**
 * Nonces in a table beside the log: a call that one gateway took is refused by every other, and after a
 * restart. A call goes on when its nonce is written. Those that come while a statement is under way are
 * settled together by the next one. What this process itself remembers bounds each key and the whole.
 *
 * Nonces of reads are seen by every gateway at once, but nobody waits until they are on the disk: a server
 * that crashes may forget those of its last moments. While the disk is full reads go on by what this gateway
 * remembers and the table holds; calls that change something are refused.
 */
export class PostgresNonceStore implements NonceStore {
  readonly #own: MemoryNonceStore;
  readonly #reads: NonceWriter;
  readonly #changes: NonceWriter;

  constructor(log: Pick<PostgresLog, 'query' | 'schema'>, nowMs: number) {
    this.#own = new MemoryNonceStore(nowMs, 0);
    this.#reads = new NonceWriter(log, true, nowMs);
    this.#changes = new NonceWriter(log, false, nowMs);
  }

  take(nonce: Nonce, nowMs: number): Claim {
    return this.#own.take(nonce, nowMs);
  }

  keep(nonce: Nonce, isRead: boolean, nowMs: number): Promise<boolean> {
    return (isRead ? this.#reads : this.#changes).keep(nonce, nowMs);
  }
}

/** Of a transaction that nobody waits for: set in the statement itself, it holds until its commit. */
const UNAWAITED = `, (SELECT set_config('synchronous_commit', 'off', true)) AS unawaited`;

/** One statement at a time. */
class NonceWriter {
  readonly #log: Pick<PostgresLog, 'query'>;
  readonly #table: string;
  readonly #areReads: boolean;
  #waiting: Waiting[] = [];
  #isWriting = false;
  #sweptAtMs: number;

  constructor(log: Pick<PostgresLog, 'query' | 'schema'>, areReads: boolean, nowMs: number) {
    this.#log = log;
    this.#table = `${log.schema}.nonces`;
    this.#areReads = areReads;
    this.#sweptAtMs = nowMs - SWEEP_EVERY_MS;
  }

  keep(nonce: Nonce, nowMs: number): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#waiting.push({ ...nonce, resolve, reject });
    if (!this.#isWriting) {
      this.#isWriting = true;
      // Calls that have come together go into the first statement together.
      setImmediate(() => void this.#write(nowMs));
    }
    return promise;
  }

  async #write(nowMs: number): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_MAX);
      try {
        const ours = await this.#insert(batch);
        for (const one of batch) one.resolve(ours.has(idOf(one)));
        await this.#sweep(nowMs);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWriting = false;
  }

  /** Ids of those that nobody had. */
  async #insert(batch: readonly Waiting[]): Promise<ReadonlySet<string>> {
    const columns = columnsOf(batch);
    try {
      const rows = await this.#log.query<NonceRow>(
        `INSERT INTO ${this.#table} (key_id, nonce, timestamp_ms)
          SELECT key_id, nonce, timestamp_ms
          FROM unnest($1::text[], $2::text[], $3::bigint[]) AS given (key_id, nonce, timestamp_ms)
          ${this.#areReads ? UNAWAITED : ''}
          ON CONFLICT DO NOTHING RETURNING key_id, nonce`,
        [...columns, batch.map(({ timestampMs }) => timestampMs)],
        this.#areReads ? 'nonces of reads' : 'nonces of changes',
      );
      return new Set(rows.map(({ key_id: keyId, nonce }) => idOf({ keyId, nonce })));
    } catch (error) {
      const isFull = error instanceof Retryable && error.reason === STORAGE_FULL;
      if (!isFull || !this.#areReads) throw error;
      return this.#unknown(batch);
    }
  }

  /** Ids of those that are not in the table. */
  async #unknown(batch: readonly Waiting[]): Promise<ReadonlySet<string>> {
    const rows = await this.#log.query<NonceRow>(
      `SELECT key_id, nonce FROM ${this.#table}
        JOIN unnest($1::text[], $2::text[]) AS given (key_id, nonce) USING (key_id, nonce)`,
      columnsOf(batch),
    );
    const known = new Set(rows.map(({ key_id: keyId, nonce }) => idOf({ keyId, nonce })));
    return new Set(batch.map(idOf).filter((id) => !known.has(id)));
  }

  /**
   * Forgets nonces whose timestamps no gateway takes any more. Twice the window: clocks of gateways differ.
   */
  async #sweep(nowMs: number): Promise<void> {
    if (nowMs - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    this.#sweptAtMs = nowMs;
    try {
      await this.#log.query(`DELETE FROM ${this.#table} WHERE timestamp_ms < $1`, [
        nowMs - 2 * LIMITS.recvWindowMs,
      ]);
    } catch (error) {
      // What is not needed any more stays a while: no call waits for that.
      if (!(error instanceof Retryable)) throw error;
    }
  }
}

type NonceRow = { key_id: string; nonce: string };

const columnsOf = (batch: readonly Nonce[]): readonly string[][] => [
  batch.map(({ keyId }) => keyId),
  batch.map(({ nonce }) => nonce),
];

const SWEEP_EVERY_MS = LIMITS.recvWindowMs;
