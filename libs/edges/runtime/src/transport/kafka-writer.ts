import type { Kafka } from 'kafkajs';
import { BrokerConnection } from './broker-connection.ts';
import { type Address, type KafkaAccess, tlsFilesOf, WRITER_SETTINGS } from './kafka-settings.ts';
import type { Headers } from './log-record.ts';
import { encodeRecordBatch } from './record-batch.ts';

export type NewRecord = Readonly<{ key: Buffer | string | null; value: Buffer | null; headers: Headers }>;

/** Writes to partitions; the only way anything of ours gets into a topic. */
export interface PartitionWriter {
  /** Resolves to the offset of the first record once all replicas in sync have them. */
  send(topic: string, partition: number, records: readonly NewRecord[]): Promise<bigint>;
  close(): Promise<void>;
}

/** Kafka refused a batch. */
export class ProduceRefused extends Error {
  override readonly name = 'ProduceRefused';
}

const PRODUCE = 0;
/** Spoken by every broker from 2.1 on, 4.x included. */
const VERSION = 7;
const REFUSALS: Readonly<Record<number, string>> = {
  ...{ 2: 'CORRUPT_MESSAGE', 3: 'UNKNOWN_TOPIC_OR_PARTITION', 6: 'NOT_LEADER_OR_FOLLOWER' },
  ...{ 7: 'REQUEST_TIMED_OUT', 10: 'MESSAGE_TOO_LARGE', 19: 'NOT_ENOUGH_REPLICAS' },
  ...{ 20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 29: 'TOPIC_AUTHORIZATION_FAILED', 56: 'KAFKA_STORAGE_ERROR' },
};

/**
 * One produce request at a time, to one partition, awaited, never sent again by itself. After a request that
 * failed nobody knows what was written: every connection is closed, and the caller reads its place back
 * before it goes on. The client library's producer is not used: it repeats requests on its own, and its
 * encoder takes most of the relay's time.
 */
export class KafkaWriter implements PartitionWriter {
  readonly #kafka: Kafka;
  readonly #access: KafkaAccess;
  readonly #connections = new Map<string, BrokerConnection>();
  /** Leaders by `topic partition`. */
  readonly #leaders = new Map<string, Address>();
  #isSending = false;

  constructor(kafka: Kafka, access: KafkaAccess) {
    this.#kafka = kafka;
    this.#access = access;
  }

  async send(topic: string, partition: number, records: readonly NewRecord[]): Promise<bigint> {
    if (this.#isSending) throw new Error('Expected one send at a time: the one before was not awaited');
    this.#isSending = true;
    try {
      const connection = await this.#connection(topic, partition);
      const { timeoutMs } = WRITER_SETTINGS;
      const batch = encodeRecordBatch(records, Date.now());
      const answer = await connection.request(
        PRODUCE,
        VERSION,
        produceBody(topic, partition, batch),
        timeoutMs,
      );
      return offsetOf(answer, topic, partition);
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      this.#isSending = false;
    }
  }

  close(): Promise<void> {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
    this.#leaders.clear();
    return Promise.resolve();
  }

  async #connection(topic: string, partition: number): Promise<BrokerConnection> {
    const name = `${topic} ${partition}`;
    if (!this.#leaders.has(name)) await this.#findLeaders(topic);
    const leader = this.#leaders.get(name);
    if (leader === undefined) throw new ProduceRefused(`${topic} has no leader of partition ${partition}`);
    const { tls, route } = this.#access;
    const there = route?.(leader) ?? leader;
    const address = `${there.host}:${there.port}`;
    let connection = this.#connections.get(address);
    if (connection === undefined) {
      const files = tls === undefined ? undefined : { ...tlsFilesOf(tls), servername: leader.host };
      const { clientId, connectMs } = WRITER_SETTINGS;
      connection = await BrokerConnection.open(there, files, clientId, connectMs);
      this.#connections.set(address, connection);
    }
    return connection;
  }

  async #findLeaders(topic: string): Promise<void> {
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
      const [{ brokers }, { topics }] = await Promise.all([
        admin.describeCluster(),
        admin.fetchTopicMetadata({ topics: [topic] }),
      ]);
      for (const { partitionId, leader } of topics[0]?.partitions ?? []) {
        const broker = brokers.find(({ nodeId }) => nodeId === leader);
        if (broker === undefined) continue;
        this.#leaders.set(`${topic} ${partitionId}`, { host: broker.host, port: broker.port });
      }
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

/** transactional_id (none), acks, timeout, one topic, one partition, the batch. */
const produceBody = (topic: string, partition: number, batch: Buffer): readonly Buffer[] => {
  const name = Buffer.from(topic, 'utf8');
  const head = Buffer.allocUnsafe(26 + name.length);
  let at = head.writeInt16BE(-1, 0);
  at = head.writeInt16BE(WRITER_SETTINGS.acks, at);
  at = head.writeInt32BE(WRITER_SETTINGS.timeoutMs, at);
  at = head.writeInt32BE(1, at);
  at = head.writeInt16BE(name.length, at);
  at += name.copy(head, at);
  at = head.writeInt32BE(1, at);
  at = head.writeInt32BE(partition, at);
  head.writeInt32BE(batch.length, at);
  return [head, batch];
};

/** count, topic, count, partition, error code, first offset, … */
const offsetOf = (answer: Buffer, topic: string, partition: number): bigint => {
  const at = 4 + 2 + answer.readInt16BE(4) + 4 + 4;
  const code = answer.readInt16BE(at);
  if (code === 0) return answer.readBigInt64BE(at + 2);
  const why = REFUSALS[code] ?? `error ${code}`;
  throw new ProduceRefused(`${topic} partition ${partition}: the broker refused a batch with ${why}`);
};
