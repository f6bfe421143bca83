import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { consumerSettings, KAFKA_LIMITS } from './kafka-settings.ts';
import type { RawRecord } from './log-record.ts';
import { pause } from './pause.ts';

export type ReaderOptions = Readonly<{
  topic: string;
  /** A name that no other reader has. */
  groupId: string;
  /** Offset to begin with in each partition that is read; the others are not read. */
  from: ReadonlyMap<number, bigint>;
}>;

const HEARTBEAT_MS = 1_000;

/**
 * Reads partitions from given offsets. kafkajs reads in consumer groups only, so each reader is a group of
 * its own, commits nothing, and goes back to its own place whenever the library joins again.
 */
export class KafkaReader {
  readonly #consumer: Consumer;
  readonly #options: ReaderOptions;
  readonly #next: Map<number, bigint>;
  #waiting: RawRecord[] = [];
  #failure: Error | undefined;
  #isClosed = false;
  #wake: () => void = () => undefined;
  #room: () => void = () => undefined;

  constructor(kafka: Kafka, options: ReaderOptions) {
    this.#consumer = kafka.consumer(consumerSettings(options.groupId));
    this.#options = options;
    this.#next = new Map(options.from);
  }

  /** Why the reader ended by itself. It is then closed and another is opened. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  async open(): Promise<void> {
    const { topic } = this.#options;
    const { GROUP_JOIN, CRASH } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, () => this.#seek());
    this.#consumer.on(CRASH, ({ payload }) => this.#fail(payload.error));
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topic, fromBeginning: true });
    await this.#consumer.run({ autoCommit: false, eachBatch: (payload) => this.#take(payload) });
  }

  /**
   * Records that have come, waiting for the first at most so long; empty when none came, when it has failed
   * or was woken.
   */
  async take(waitMs: number, signal: AbortSignal): Promise<readonly RawRecord[]> {
    if (waitMs > 0 && this.#waiting.length === 0 && this.#failure === undefined && !signal.aborted) {
      await pause(waitMs, signal, (wake) => (this.#wake = wake));
    }
    const taken = this.#waiting;
    this.#waiting = [];
    this.#room();
    return taken;
  }

  /** Ends the wait of `take`, if there is one. */
  wake(): void {
    this.#wake();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#room();
    await this.#consumer.disconnect().catch(() => undefined);
  }

  #seek(): void {
    for (const [partition, offset] of this.#next) {
      this.#consumer.seek({ topic: this.#options.topic, partition, offset: offset.toString() });
    }
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#wake();
  }

  async #take(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const { partition, messages } = batch;
    if (this.#next.has(partition)) {
      while (this.#waiting.length >= KAFKA_LIMITS.waitingRecords && !this.#isClosed) {
        await payload.heartbeat();
        await this.#waitForRoom();
      }
      for (const message of messages) this.#waiting.push(rawRecord(partition, message));
      this.#next.set(partition, BigInt(batch.lastOffset()) + 1n);
      this.#wake();
    }
    payload.resolveOffset(batch.lastOffset());
    await payload.heartbeat();
  }

  #waitForRoom(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, HEARTBEAT_MS);
      this.#room = () => (clearTimeout(timer), resolve());
    });
  }
}

const rawRecord = (partition: number, { offset, key, value, headers }: KafkaMessage): RawRecord => ({
  partition,
  offset: BigInt(offset),
  key,
  value,
  // A header that stands there twice is none of ours: it is read as if it were missing.
  headers: Object.fromEntries(
    Object.entries(headers ?? {}).filter(([, header]) => !Array.isArray(header)),
  ) as RawRecord['headers'],
});
