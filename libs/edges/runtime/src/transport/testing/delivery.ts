import type { EventLog, Transport } from '@plinth/eventing';
import { testAppend, testRequest } from '@plinth/eventing/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaTopics } from '../kafka-topics.ts';
import { readLogRecord } from '../log-record.ts';

const STREAM = 'account-1';

/** Appends so many events of one stream, a few at a time; returns the position after them. */
export const appendSome = async (log: EventLog, count: number, atOnce = 10, pauseMs = 0): Promise<bigint> => {
  const { position } = await log.head();
  let version = Number.parseInt(position.toString(), 10);
  const end = version + count;
  while (version < end) {
    const events = Math.min(atOnce, end - version);
    const result = await log.append(testRequest([testAppend(STREAM, version, events)]));
    if (result.status !== 'appended') throw new Error(`Expected appended, was ${result.status}`);
    version += events;
    if (pauseMs > 0) await sleep(pauseMs);
  }
  return BigInt(end);
};

export type Delivered = Readonly<{
  positions: readonly bigint[];
  /** Events that were never applied, and applications beyond the first. */
  lost: number;
  twice: number;
}>;

export type Follower = Readonly<{
  last: () => bigint;
  /** Rejects with what stopped the subscription, or after 60 s. */
  reached: (position: bigint) => Promise<void>;
  stop: () => Promise<Delivered>;
}>;

/** A consumer of the transport from the first event on, beside the test. */
export const startFollower = (transport: Transport): Follower => {
  const stop = new AbortController();
  const positions: bigint[] = [];
  let failure: unknown;
  const running = (async () => {
    for await (const batch of transport.subscribe(0n, stop.signal)) {
      positions.push(...batch.map(({ position }) => position));
    }
  })().catch((error: unknown) => {
    failure = error;
  });
  const last = (): bigint => positions.at(-1) ?? 0n;
  const reached = async (position: bigint): Promise<void> => {
    for (let tries = 0; last() < position; tries += 1) {
      if (failure !== undefined) throw failure as Error;
      if (tries > 6_000) throw new Error(`Expected to reach position ${position}, was at ${last()}`);
      await sleep(10);
    }
  };
  const end = async (): Promise<Delivered> => {
    stop.abort();
    await running;
    const distinct = new Set(positions);
    const head = positions.reduce((a, b) => (a > b ? a : b), 0n);
    return {
      positions,
      lost: Number.parseInt(head.toString(), 10) - distinct.size,
      twice: positions.length - distinct.size,
    };
  };
  return { last, reached, stop: end };
};

export type TopicContent = Readonly<{ records: number; lost: number; duplicates: number }>;

/** What a topic holds, against a log of so many events. */
export const contentOf = async (topics: KafkaTopics, topic: string, head: bigint): Promise<TopicContent> => {
  const ends = await topics.ends(topic);
  const raw = await topics.read(topic, new Map([[0, 0n]]), ends);
  const positions = raw.flatMap((one) => readLogRecord(one)?.position ?? []);
  const distinct = new Set(positions).size;
  return {
    records: raw.length,
    lost: Number.parseInt(head.toString(), 10) - distinct,
    duplicates: positions.length - distinct,
  };
};

/** Waits until something holds, at most 90 s. */
export const until = async (holds: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  for (let tries = 0; tries < 4_500; tries += 1) {
    if (await holds()) return;
    await sleep(20);
  }
  throw new Error(`Expected that ${what}`);
};
