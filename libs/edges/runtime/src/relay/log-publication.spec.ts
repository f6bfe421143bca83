import { describe, expect, it } from '@jest/globals';
import { MemoryLog } from '@plinth/eventing';
import { testAppend, testRequest } from '@plinth/eventing/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { HistoryForked } from '../audit/history-forked.ts';
import { readLogRecord } from '../transport/log-record.ts';
import { memoryTopic } from '../transport/testing/memory-topic.ts';
import { LogPublication, TopicCut } from './log-publication.ts';

/** Positions of the whole records of a topic, in their order. */
const positionsOf = ({ records }: Topic): readonly bigint[] =>
  records().flatMap((one) => readLogRecord(one)?.position ?? []);

const filled = async (count: number, stream = 'account-1'): Promise<MemoryLog> => {
  const log = new MemoryLog();
  for (let version = 0; version < count; version += 5) {
    await log.append(testRequest([testAppend(stream, version, 5)]));
  }
  return log;
};

type Topic = ReturnType<typeof memoryTopic>;

const opened = (log: MemoryLog, { topics, writer }: Topic, idleCheckMs = 5): LogPublication =>
  new LogPublication({ log, topics, writer, topic: 'log', idleCheckMs });

/** Runs until the head is published; rejects with what the publication rejects with. */
const publish = async (log: MemoryLog, topic: Topic): Promise<void> => {
  const publication = opened(log, topic);
  const stop = new AbortController();
  const running = publication.run(() => true, stop.signal).finally(() => stop.abort());
  // It may fail while this still looks at the position: it is awaited below.
  running.catch(() => undefined);
  const { position } = await log.head();
  while (publication.position < position && !stop.signal.aborted) await sleep(1);
  stop.abort();
  await running;
};

const upTo = (count: number): readonly bigint[] => Array.from({ length: count }, (_, i) => BigInt(i + 1));

describe('LogPublication', () => {
  it('publishes every event in order and goes on from the end of the topic', async () => {
    const [log, topic] = [await filled(20), memoryTopic()];
    await publish(log, topic);
    await log.append(testRequest([testAppend('account-2', 0, 3)]));
    await publish(log, topic);
    expect(positionsOf(topic)).toEqual(upTo(23));
  });

  it('repeats at most what was in flight, wherever a send was cut', async () => {
    for (const fault of ['before', 'after'] as const) {
      const log = await filled(20);
      const topic = memoryTopic((send) => (send === 1 ? fault : undefined));
      await expect(publish(log, topic)).rejects.toThrow(`cut ${fault}`);
      await publish(log, topic);
      expect(positionsOf(topic)).toEqual(upTo(20));
    }
  });

  it('sees that the topic was cut, and fills it again', async () => {
    const [log, topic] = [await filled(20), memoryTopic()];
    const publication = opened(log, topic);
    const stop = new AbortController();
    const running = publication.run(() => true, stop.signal);
    while (publication.position < 20n) await sleep(1);
    topic.cut(7);
    await expect(running).rejects.toThrow(TopicCut);
    await publish(log, topic);
    expect(positionsOf(topic)).toEqual(upTo(20));
  });

  it('sees it at the next send, too, when nobody looks in between', async () => {
    const [log, topic] = [await filled(20), memoryTopic()];
    const publication = opened(log, topic, 3_600_000);
    const stop = new AbortController();
    const running = publication.run(() => true, stop.signal);
    running.catch(() => stop.abort());
    while (publication.position < 20n) await sleep(1);
    topic.cut(7);
    await log.append(testRequest([testAppend('account-2', 0, 5)]));
    while (publication.position < 25n && !stop.signal.aborted) await sleep(1);
    stop.abort();
    await expect(running).rejects.toThrow(TopicCut);
  });

  it('stops when the topic is of another history, or ahead of the log', async () => {
    const topic = memoryTopic();
    await publish(await filled(20), topic);
    await expect(publish(await filled(25), topic)).rejects.toThrow(HistoryForked);
    await expect(publish(await filled(10), topic)).rejects.toThrow(/ends at position 20, the log has none/);
  });

  it('publishes nothing once it does not lead', async () => {
    const [log, topic] = [await filled(20), memoryTopic()];
    await opened(log, topic).run(() => false, new AbortController().signal);
    expect(positionsOf(topic)).toEqual([]);
  });
});
