import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transportContract } from '@plinth/eventing/transport-contract';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresLog } from '../log/postgres-log.ts';
import { freshLog, startTestServer, type TestServer } from '../log/testing/server.ts';
import { connectKafka } from './kafka-settings.ts';
import { KafkaTopics } from './kafka-topics.ts';
import { KafkaTransport, type KafkaTransportOptions } from './kafka-transport.ts';
import { startRelay } from './testing/cluster.ts';
import { appendSome } from './testing/delivery.ts';
import { deleteTopics, freshTopic, kafkaMissing, startTestKafka, type TestKafka } from './testing/kafka.ts';

if (kafkaMissing !== undefined) it.skip(kafkaMissing, () => undefined);

(kafkaMissing === undefined ? describe : describe.skip)('KafkaTransport', () => {
  let server: TestServer;
  let kafka: TestKafka;
  beforeAll(async () => {
    [server, kafka] = await Promise.all([startTestServer(), startTestKafka()]);
  });
  afterAll(async () => {
    await server.close();
    await kafka.close();
  });

  const settings = { service: 'test', batchMax: 7 } as const;

  transportContract('a log through its relay and a real Kafka', () => open(() => settings));

  transportContract('a log to which the subscriber appends itself', () =>
    open((log) => ({ ...settings, onOwnAppend: (listener) => log.onOwnAppend(listener) })),
  );

  const open = async (
    optionsOf: (log: PostgresLog) => Omit<KafkaTransportOptions, 'kafka' | 'topic' | 'log'>,
  ) => {
    const { log, close } = await freshLog(server);
    const topic = freshTopic();
    const relay = startRelay(kafka.brokers, log, topic);
    const client = connectKafka('reader', kafka);
    await new KafkaTopics(client).ensure(topic, 'log', 1);
    const transport = new KafkaTransport({ kafka: client, topic, log, ...optionsOf(log) });
    return {
      ...{ log, transport },
      close: async () => {
        await relay.stop();
        await deleteTopics(client, topic);
        await close();
      },
    };
  };

  it('gives what the subscriber has appended itself before any relay has brought it', async () => {
    const { log, close } = await freshLog(server);
    const topic = freshTopic();
    const client = connectKafka('reader', kafka);
    await new KafkaTopics(client).ensure(topic, 'log', 1);
    const stop = new AbortController();
    const transport = new KafkaTransport({
      ...{ kafka: client, topic, log, service: 'test', silenceMs: 600_000 },
      onOwnAppend: (listener) => log.onOwnAppend(listener),
    });
    const seen: bigint[] = [];
    const following = (async () => {
      for await (const batch of transport.subscribe(0n, stop.signal))
        for (const { position } of batch) seen.push(position);
    })();
    while (!transport.isJoined) await sleep(10);
    const head = await appendSome(log, 30);
    while ((seen.at(-1) ?? 0n) < head) await sleep(5);
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, n) => BigInt(n + 1)));
    expect(transport.figures).toMatchObject({ own: seen.length, gap: 0, repaired: 0, applied: 0 });
    stop.abort();
    await following;
    await deleteTopics(client, topic);
    await close();
  });
});
