import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { transportContract } from '@plinth/eventing/transport-contract';
import { freshLog, startTestServer, type TestServer } from '../log/testing/server.ts';
import { connectKafka } from './kafka-settings.ts';
import { KafkaTopics } from './kafka-topics.ts';
import { KafkaTransport } from './kafka-transport.ts';
import { startRelay } from './testing/cluster.ts';
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

  transportContract('a log through its relay and a real Kafka', async () => {
    const { log, close } = await freshLog(server);
    const topic = freshTopic();
    const relay = startRelay(kafka.brokers, log, topic);
    const client = connectKafka('reader', kafka);
    await new KafkaTopics(client).ensure(topic, 'log', 1);
    const transport = new KafkaTransport({ kafka: client, topic, log, service: 'test', batchMax: 7 });
    return {
      ...{ log, transport },
      close: async () => {
        await relay.stop();
        await deleteTopics(client, topic);
        await close();
      },
    };
  });
});
