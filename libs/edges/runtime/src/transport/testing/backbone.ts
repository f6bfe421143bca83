import { randomBytes, randomUUID } from 'node:crypto';
import { connectKafka, type Kafka } from '../kafka-settings.ts';
import { KafkaTopics } from '../kafka-topics.ts';
import { KafkaWriter, type NewRecord } from '../kafka-writer.ts';
import { eventOf, headersOf, logRecord, readLogRecord, type RawRecord } from '../log-record.ts';
import { logTopic } from '../topic-names.ts';
import { deleteTopics } from './kafka.ts';

/** Records of one send; a broker takes a few megabytes at once. */
const SEND_MAX = 200;
const ALL = Number.MAX_SAFE_INTEGER;

/** The backbone of a cluster, read and written behind its relay's back. */
export class Backbone {
  readonly #kafka: Kafka;
  readonly #topics: KafkaTopics;
  readonly #prefix: string;
  readonly #topic: string;
  readonly #brokers: readonly string[];

  constructor(brokers: readonly string[], prefix: string) {
    this.#brokers = brokers;
    this.#kafka = connectKafka(`test-${randomUUID()}`, { brokers });
    this.#topics = new KafkaTopics(this.#kafka);
    this.#prefix = prefix;
    this.#topic = logTopic(prefix);
  }

  /** The last so many records, in the order of the topic. */
  async last(count: number): Promise<readonly RawRecord[]> {
    const ends = await this.#topics.ends(this.#topic);
    const [{ first, end } = { first: 0n, end: 0n }] = ends;
    const from = end - BigInt(count) > first ? end - BigInt(count) : first;
    return this.#topics.read(this.#topic, new Map([[0, from]]), ends);
  }

  /** Position that the topic's last record is about; 0n while there is none. */
  async position(): Promise<bigint> {
    const record = (await this.last(1)).map(readLogRecord).at(-1);
    return record?.position ?? 0n;
  }

  /** Writes records again, in this order. */
  async deliver(records: readonly RawRecord[]): Promise<void> {
    await this.#send(
      records.map(({ key, value, headers }) => ({ key, value, headers: headers as NewRecord['headers'] })),
    );
  }

  /**
   * Writes a whole record of an event after this position that follows on a history that never was. Gives its
   * position.
   */
  async forge(after: bigint): Promise<bigint> {
    const record = (await this.last(1)).map(readLogRecord).at(-1);
    if (record === undefined) throw new Error(`Expected records in ${this.#topic}`);
    const event = { ...eventOf(record), position: after + 1n, id: randomUUID() };
    const forged = logRecord(event, randomBytes(32), record.epoch);
    await this.#send([{ key: null, value: forged.value, headers: headersOf(forged) }]);
    return event.position;
  }

  /** Events up to this position that the topic does not hold. */
  async missing(head: bigint): Promise<number> {
    const positions = new Set((await this.last(ALL)).map((raw) => readLogRecord(raw)?.position));
    let missing = 0;
    for (let position = 1n; position <= head; position += 1n) if (!positions.has(position)) missing += 1;
    return missing;
  }

  /** Deletes every topic of the cluster: it has ended. */
  remove(): Promise<void> {
    return deleteTopics(this.#kafka, `${this.#prefix}.`);
  }

  async #send(records: readonly NewRecord[]): Promise<void> {
    const writer = new KafkaWriter(this.#kafka, { brokers: this.#brokers });
    try {
      for (let i = 0; i < records.length; i += SEND_MAX)
        await writer.send(this.#topic, 0, records.slice(i, i + SEND_MAX));
    } finally {
      await writer.close();
    }
  }
}
