import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshLog, startTestServer, type FreshLog, type TestServer } from '../log/testing/server.ts';
import { connectKafka, type Kafka } from './kafka-settings.ts';
import { KafkaTopics } from './kafka-topics.ts';
import { KafkaTransport } from './kafka-transport.ts';
import { controlMissing } from './testing/broker-control.ts';
import { startRelay, type RunningRelay } from './testing/cluster.ts';
import { appendSome, contentOf, startFollower, until } from './testing/delivery.ts';
import { freshTopic } from './testing/kafka.ts';
import { startOwnBrokers, type OwnBrokers } from './testing/own-brokers.ts';

if (controlMissing !== undefined) it.skip(controlMissing, () => undefined);

const NODES = 3;

(controlMissing === undefined ? describe : describe.skip)(`${NODES} brokers`, () => {
  let [server, own, fresh, relay]: [TestServer?, OwnBrokers?, FreshLog?, RunningRelay?] = [];
  let kafka: Kafka;
  const topic = freshTopic();

  beforeAll(async () => {
    [server, own] = await Promise.all([startTestServer(), startOwnBrokers(NODES)]);
    fresh = await freshLog(server);
    kafka = connectKafka('test', own);
    await new KafkaTopics(kafka).ensure(topic, 'log', 1);
  }, 240_000);

  afterAll(async () => {
    await relay?.stop();
    await fresh?.close();
    await Promise.all([server?.close(), own?.close()]);
  }, 60_000);

  /** Number of the broker that leads the topic's only partition. */
  const leader = async (): Promise<number> => {
    const admin = kafka.admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    await admin.disconnect();
    return topics[0]?.partitions[0]?.leader ?? -1;
  };

  it('publish on when the leading one is killed, and nothing is lost, then or when it is back', async () => {
    const { log } = fresh as FreshLog;
    const { brokers, control } = own as OwnBrokers;
    relay = startRelay(brokers, log, topic);
    const through = new KafkaTransport({ kafka, topic, log, service: 'test', silenceMs: 300 });
    const follower = startFollower(through);
    const topics = new KafkaTopics(kafka);
    await follower.reached(await appendSome(log, 200));
    const killed = await leader();
    await control.signal(killed, 'KILL');
    const during = await appendSome(log, 300, 10, 10);
    await follower.reached(during);
    // Two of three replicas are enough: it is published while the third one is away.
    await until(() => relay?.publication.position === during, 'the relay goes on with two brokers');
    const next = await leader();
    await control.restart(killed);
    const head = await appendSome(log, 200);
    await follower.reached(head);
    await until(() => relay?.publication.position === head, 'the relay reaches the head of the log');
    const content = await contentOf(topics, topic, head);
    const { lost, twice } = await follower.stop();
    const figures = { killed, next, events: String(head), lost, twice, topic: content };
    process.stdout.write(
      `one of three brokers killed: ${JSON.stringify({ ...figures, ...through.figures })}\n`,
    );
    expect(next).not.toBe(killed);
    expect({ lost, twice, topicLost: content.lost }).toEqual({ lost: 0, twice: 0, topicLost: 0 });
  }, 240_000);
});
