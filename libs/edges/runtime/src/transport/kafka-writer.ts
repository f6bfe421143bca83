import type { Kafka, Message, Producer } from 'kafkajs';
import { ACKS_OF_ALL, producerSettings } from './kafka-settings.ts';
import type { Headers } from './log-record.ts';

export type NewRecord = Readonly<{ key: Buffer | string | null; value: Buffer | null; headers: Headers }>;

/** Writes to partitions; the only way anything of ours gets into a topic. */
export interface PartitionWriter {
  /** Resolves to the offset of the first record once all replicas in sync have them. */
  send(topic: string, partition: number, records: readonly NewRecord[]): Promise<bigint>;
  close(): Promise<void>;
}

/**
 * One send at a time, to one partition, awaited. After a send that threw nobody knows what was written: the
 * producer is thrown away, and the caller reads its place back before it goes on.
 */
export class KafkaWriter implements PartitionWriter {
  readonly #kafka: Kafka;
  #producer: Producer | undefined;
  #isSending = false;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  async send(topic: string, partition: number, records: readonly NewRecord[]): Promise<bigint> {
    if (this.#isSending) throw new Error('Expected one send at a time: the one before was not awaited');
    this.#isSending = true;
    try {
      this.#producer ??= await this.#connect();
      const messages = records as Message[];
      for (const message of messages) message.partition = partition;
      const [answer] = await this.#producer.send({ topic, acks: ACKS_OF_ALL, messages });
      return BigInt(answer?.baseOffset ?? -1);
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      this.#isSending = false;
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.disconnect().catch(() => undefined);
  }

  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer(producerSettings());
    await producer.connect();
    return producer;
  }
}
