import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaReader } from './kafka-reader.ts';
import { topicSettings, type TopicKind } from './kafka-settings.ts';
import type { RawRecord } from './log-record.ts';
import { pause } from './pause.ts';

const { KafkaJSError } = kafkajs;

/** First offset that is kept, and the one that the next record will have. */
export type PartitionEnds = Readonly<{ partition: number; first: bigint; end: bigint }>;

const READ_WAIT_MS = 250;
const READ_MS = 20_000;
const MADE_MS = 10_000;
const MADE_PAUSE_MS = 50;

/** What is asked of topics. Each question has a connection of its own. */
export class KafkaTopics {
  readonly #kafka: Kafka;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** Makes a topic that does not exist yet. Resolves to its number of partitions. */
  async ensure(topic: string, kind: TopicKind, partitions: number): Promise<number> {
    return this.#ask(async (admin) => {
      const { brokers } = await admin.describeCluster();
      const settings = topicSettings(topic, kind, partitions, brokers.length);
      if (!(await admin.listTopics()).includes(topic)) {
        await admin.createTopics({ topics: [settings], waitForLeaders: false });
      }
      return leadersOf(admin, topic);
    });
  }

  /** The ends of every partition, in order; none when there is no such topic. */
  async ends(topic: string): Promise<readonly PartitionEnds[]> {
    return this.#ask(async (admin) => {
      if (!(await admin.listTopics()).includes(topic)) return [];
      const offsets = await admin.fetchTopicOffsets(topic);
      return offsets
        .map(({ partition, low, high }) => ({ partition, first: BigInt(low), end: BigInt(high) }))
        .sort((a, b) => a.partition - b.partition);
    });
  }

  /** Records from the given offsets up to the ends as they were given. */
  async read(
    topic: string,
    from: ReadonlyMap<number, bigint>,
    ends: readonly PartitionEnds[],
  ): Promise<readonly RawRecord[]> {
    const open = new Map(
      ends.flatMap(({ partition, end }) => ((from.get(partition) ?? end) < end ? [[partition, end]] : [])),
    );
    const records: RawRecord[] = [];
    if (open.size === 0) return records;
    const own = new Map([...from].filter(([partition]) => open.has(partition)));
    const until = AbortSignal.timeout(READ_MS);
    const reader = await this.#openReader(topic, own, until);
    try {
      while (open.size > 0) {
        if (reader.failure !== undefined) throw reader.failure;
        until.throwIfAborted();
        for (const record of await reader.take(READ_WAIT_MS, until)) {
          const end = open.get(record.partition) ?? 0n;
          if (record.offset < end) records.push(record);
          if (record.offset + 1n >= end) open.delete(record.partition);
        }
      }
      return records;
    } finally {
      await reader.close();
    }
  }

  /** The last record of every partition that has any. */
  async lastRecords(topic: string): Promise<ReadonlyMap<number, RawRecord>> {
    const ends = await this.ends(topic);
    const from = new Map(
      ends.filter(({ first, end }) => end > first).map(({ partition, end }) => [partition, end - 1n]),
    );
    const records = await this.read(topic, from, ends);
    return new Map(records.map((record) => [record.partition, record]));
  }

  /** A broker that has just come up has its groups still to load: it says so, and is asked again. */
  async #openReader(
    topic: string,
    from: ReadonlyMap<number, bigint>,
    until: AbortSignal,
  ): Promise<KafkaReader> {
    for (;;) {
      const reader = new KafkaReader(this.#kafka, { topic, groupId: `plinth-once-${randomUUID()}`, from });
      try {
        await reader.open();
        return reader;
      } catch (error) {
        await reader.close();
        const mayPass = error instanceof KafkaJSError && error.retriable;
        if (!mayPass || until.aborted) throw error;
        await pause(READ_WAIT_MS, until);
      }
    }
  }

  async #ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
      return await question(admin);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

/** The number of partitions once every leader answers for its own: a new topic takes a moment. */
const leadersOf = async (admin: Admin, topic: string): Promise<number> => {
  for (let left = MADE_MS; ; left -= MADE_PAUSE_MS) {
    try {
      return (await admin.fetchTopicOffsets(topic)).length;
    } catch (error) {
      if (left <= 0) throw error;
      await sleep(MADE_PAUSE_MS);
    }
  }
};
