import type { PostgresLog } from '@plinth/runtime';
import { LIMITS } from '../limits.ts';
import { MemoryNonceStore, type Claim, type NonceStore } from './nonce-store.ts';

type Waiting = Readonly<{
  keyId: string;
  nonce: string;
  timestampMs: number;
  resolve: (claim: Claim) => void;
  reject: (error: unknown) => void;
}>;

/** Claims that one statement settles at the most. */
const BATCH_MAX = 1_000;

/**
 * Nonces in a table beside the log: a call that one gateway took is refused by every other, and after a
 * restart. A call goes on when its nonce is safely written. Claims that come while a statement is under way
 * are settled together by the next one. What this process itself remembers bounds each key and the whole.
 */
export class PostgresNonceStore implements NonceStore {
  readonly #log: Pick<PostgresLog, 'query'>;
  readonly #table: string;
  readonly #own: MemoryNonceStore;
  #waiting: Waiting[] = [];
  #isWriting = false;
  #sweptAtMs: number;

  constructor(log: Pick<PostgresLog, 'query' | 'schema'>, nowMs: number) {
    this.#log = log;
    this.#table = `${log.schema}.nonces`;
    this.#own = new MemoryNonceStore(nowMs, 0);
    this.#sweptAtMs = nowMs - SWEEP_EVERY_MS;
  }

  async claim(keyId: string, nonce: string, timestampMs: number, nowMs: number): Promise<Claim> {
    const own = await this.#own.claim(keyId, nonce, timestampMs, nowMs);
    if (own !== 'fresh') return own;
    const { promise, resolve, reject } = Promise.withResolvers<Claim>();
    this.#waiting.push({ keyId, nonce, timestampMs, resolve, reject });
    if (!this.#isWriting) void this.#write(nowMs);
    return promise;
  }

  async #write(nowMs: number): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_MAX);
      try {
        const fresh = await this.#insert(batch);
        for (const { keyId, nonce, resolve } of batch)
          resolve(fresh.has(`${keyId} ${nonce}`) ? 'fresh' : 'used');
        await this.#sweep(nowMs);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWriting = false;
  }

  async #insert(batch: readonly Waiting[]): Promise<ReadonlySet<string>> {
    const rows = await this.#log.query<{ key_id: string; nonce: string }>(
      `INSERT INTO ${this.#table} (key_id, nonce, timestamp_ms)
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
        ON CONFLICT DO NOTHING RETURNING key_id, nonce`,
      [batch.map((w) => w.keyId), batch.map((w) => w.nonce), batch.map((w) => w.timestampMs)],
    );
    return new Set(rows.map(({ key_id: keyId, nonce }) => `${keyId} ${nonce}`));
  }

  /**
   * Forgets nonces whose timestamps no gateway takes any more. Twice the window: clocks of gateways differ.
   */
  async #sweep(nowMs: number): Promise<void> {
    if (nowMs - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    this.#sweptAtMs = nowMs;
    await this.#log.query(`DELETE FROM ${this.#table} WHERE timestamp_ms < $1`, [
      nowMs - 2 * LIMITS.recvWindowMs,
    ]);
  }
}

const SWEEP_EVERY_MS = LIMITS.recvWindowMs;
