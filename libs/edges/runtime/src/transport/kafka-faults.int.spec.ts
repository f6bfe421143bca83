import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventCodec } from '@plinth/eventing';
import { catalogueCodec, CorruptLog } from '@plinth/eventing';
import { HistoryForked } from '../audit/history-forked.ts';
import type { RelayedLog } from '../relay/log-chunks.ts';
import { freshLog, startTestServer, type FreshLog, type TestServer } from '../log/testing/server.ts';
import { openPostgresLog } from '../log/postgres-log.ts';
import { connectKafka, type Address, type Kafka } from './kafka-settings.ts';
import { KafkaTopics } from './kafka-topics.ts';
import { KafkaTransport } from './kafka-transport.ts';
import { KafkaWriter, type NewRecord } from './kafka-writer.ts';
import { GENESIS, headersOf, logRecord } from './log-record.ts';
import { brokerControl, controlMissing } from './testing/broker-control.ts';
import { startRelay, type RunningRelay } from './testing/cluster.ts';
import { appendSome, contentOf, startFollower, until } from './testing/delivery.ts';
import { startFaultProxy, type Fault, type FaultProxy } from './testing/fault-proxy.ts';
import { deleteTopics, freshTopic, kafkaMissing, startTestKafka, type TestKafka } from './testing/kafka.ts';

for (const reason of [kafkaMissing, kafkaMissing === undefined ? controlMissing : undefined]) {
  if (reason !== undefined) it.skip(reason, () => undefined);
}

const withKafka = kafkaMissing === undefined ? describe : describe.skip;
const withBroker = kafkaMissing === undefined && controlMissing === undefined ? describe : describe.skip;

/** How much longer a broker stays away than some hundred appends take: a minute by flag. */
const OUTAGE_MS = 1_000 * Number(process.env['PLINTH_FAULT_OUTAGE_S'] ?? 0);

/** Figures of a fault, where a reader of the run finds them. */
const tell = (what: string, figures: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`);
};

/** A seeded choice: the same faults at the same requests in every run. */
const seeded = (faults: readonly Fault[], seed: number): (() => Fault) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return faults[Math.floor((state / 2 ** 32) * faults.length)] ?? 'none';
  };
};

type Scene = Readonly<{ log: FreshLog; topic: string; client: Kafka; topics: KafkaTopics }>;

let server: TestServer;
let kafka: TestKafka;
let scene: Scene;
let relay: RunningRelay | undefined;

const startScene = (): void => {
  beforeAll(async () => {
    [server, kafka] = await Promise.all([startTestServer(), startTestKafka()]);
  });
  afterAll(async () => {
    await server.close();
    await kafka.close();
  });
  beforeEach(async () => {
    const client = connectKafka('test', kafka);
    scene = { log: await freshLog(server), topic: freshTopic(), client, topics: new KafkaTopics(client) };
    await scene.topics.ensure(scene.topic, 'log', 1);
  });
  afterEach(async () => {
    await relay?.stop();
    relay = undefined;
    await deleteTopics(scene.client, scene.topic);
    await scene.log.close();
  });
};

const transport = (log: RelayedLog = scene.log.log, silenceMs = 300): KafkaTransport =>
  new KafkaTransport({ kafka: scene.client, topic: scene.topic, log, service: 'test', silenceMs });

const relayed = (): Promise<void> =>
  until(async () => {
    if (relay?.ended() !== undefined) throw relay.ended();
    return relay?.publication.position === (await scene.log.log.head()).position;
  }, 'the relay reaches the head of the log');

withKafka('produce requests that fare badly', () => {
  startScene();
  const cases: readonly (readonly [string, readonly Fault[]])[] = [
    ['are answered, but the answer is lost', ['none', 'none', 'lose-response']],
    ['never reach the broker', ['none', 'none', 'lose-request']],
    ['reach the broker twice', ['none', 'duplicate']],
    ['are answered late', ['none', 'delay']],
    ['meet all of it', ['none', 'none', 'lose-response', 'lose-request', 'duplicate', 'delay']],
  ];
  it.each(cases)('%s: loss 0, double effect 0', async (what, faults) => {
    const choose = seeded(faults, 7);
    const proxies = new Map<string, FaultProxy>();
    for (const broker of kafka.brokers) {
      const [host = '', port = ''] = broker.split(':');
      proxies.set(broker, await startFaultProxy({ host, port: Number.parseInt(port, 10) }, choose));
    }
    const route = (address: Address): Address =>
      proxies.get(`${address.host}:${address.port}`)?.address ?? address;
    relay = startRelay(kafka.brokers, scene.log.log, scene.topic, 200, route);
    const through = transport();
    const follower = startFollower(through);
    const head = await appendSome(scene.log.log, 400, 5, 2);
    await follower.reached(head);
    await relayed();
    const content = await contentOf(scene.topics, scene.topic, head);
    const { lost, twice } = await follower.stop();
    const done = [...proxies.values()].flatMap((proxy) => [...proxy.done]);
    tell(what, { faults: Object.fromEntries(done), lost, twice, topic: content, ...through.figures });
    expect(done.length).toBeGreaterThan(0);
    expect({ lost, twice, topicLost: content.lost }).toEqual({ lost: 0, twice: 0, topicLost: 0 });
    await relay.stop();
    for (const proxy of proxies.values()) await proxy.close();
  });
});

/** The records that a relay would write for what the log holds. */
const recordsOf = async (log: RelayedLog): Promise<readonly NewRecord[]> => {
  let previous: Buffer = GENESIS;
  return (await log.readStored(0n, 10_000)).map((event) => {
    const record = logRecord(event, previous, 1);
    previous = record.hash;
    return { key: null, value: record.value, headers: headersOf(record) };
  });
};

/** Joins the topic when the log is empty, so that everything comes through Kafka. */
const joinedFollower = async (through: KafkaTransport): Promise<ReturnType<typeof startFollower>> => {
  const follower = startFollower(through);
  await until(() => through.isJoined, 'the reader joins');
  return follower;
};

withKafka('what comes through the topic', () => {
  startScene();

  const deliver = async (records: readonly NewRecord[]): Promise<void> => {
    const writer = new KafkaWriter(scene.client, kafka);
    for (const record of records) await writer.send(scene.topic, 0, [record]);
    await writer.close();
  };

  it('five times, shuffled and replayed as a whole: double effect 0', async () => {
    const through = transport();
    const follower = await joinedFollower(through);
    const head = await appendSome(scene.log.log, 60);
    const records = await recordsOf(scene.log.log);
    const five = records.flatMap((record) => [record, record, record, record, record]);
    const shuffled = five.map((_, i) => five[(i * 37) % five.length] as NewRecord);
    await deliver([...shuffled, ...records]);
    await follower.reached(head);
    await until(() => through.figures.duplicate > 200, 'the replay is read');
    const { lost, twice } = await follower.stop();
    tell('duplicated, reordered, replayed', { lost, twice, ...through.figures });
    expect({ lost, twice }).toEqual({ lost: 0, twice: 0 });
    expect(through.figures.gap).toBeGreaterThan(0);
  });

  it('with records missing in the middle and at the end: every gap is repaired from the log', async () => {
    const through = transport();
    const follower = await joinedFollower(through);
    const head = await appendSome(scene.log.log, 100);
    const records = await recordsOf(scene.log.log);
    const started = performance.now();
    await deliver(records.filter((_, i) => i % 10 !== 3 && i < 95));
    await follower.reached(head);
    const { lost, twice } = await follower.stop();
    tell('missing', { lost, twice, ms: Math.round(performance.now() - started), ...through.figures });
    expect({ lost, twice }).toEqual({ lost: 0, twice: 0 });
    expect(through.figures.repaired).toBeGreaterThanOrEqual(5);
  });

  it('damaged: it is passed over and its event taken from the log', async () => {
    const through = transport();
    const follower = await joinedFollower(through);
    const head = await appendSome(scene.log.log, 20);
    const records = await recordsOf(scene.log.log);
    const broken = records.map((record, i) =>
      i % 4 === 1 ? { ...record, value: Buffer.from('not an event') } : record,
    );
    await deliver(broken);
    await follower.reached(head);
    await until(() => through.figures.damaged === 5, 'all damaged records are read');
    const { lost, twice } = await follower.stop();
    tell('damaged', { lost, twice, ...through.figures });
    expect({ lost, twice }).toEqual({ lost: 0, twice: 0 });
  });

  it('of another history: the reader stops with HISTORY_FORKED, and so does the relay', async () => {
    // A silence would have it read on in the log, before it meets what is foreign.
    const follower = await joinedFollower(transport(scene.log.log, 60_000));
    await appendSome(scene.log.log, 20);
    const records = await recordsOf(scene.log.log);
    await deliver(records.slice(0, 10));
    await follower.reached(10n);
    const other = await freshLog(server);
    await appendSome(other.log, 20);
    await deliver((await recordsOf(other.log)).slice(10, 15));
    await expect(follower.reached(20n)).rejects.toThrow(/HISTORY_FORKED.* position 11/);
    expect((await follower.stop()).positions).toHaveLength(10);
    relay = startRelay(kafka.brokers, scene.log.log, scene.topic);
    await until(() => relay?.ended() !== undefined, 'the relay stops');
    expect(relay.ended()).toBeInstanceOf(HistoryForked);
    await other.close();
  });

  it('ahead of the log, which was restored to an earlier point: HISTORY_FORKED', async () => {
    const other = await freshLog(server);
    await appendSome(other.log, 20);
    await deliver(await recordsOf(other.log));
    relay = startRelay(kafka.brokers, scene.log.log, scene.topic);
    await until(() => relay?.ended() !== undefined, 'the relay stops');
    expect(String(relay.ended())).toMatch(/HISTORY_FORKED.*position 20, the log has none there/);
    await other.close();
  });

  it('that no reader can understand: it stops there, and goes on once it can', async () => {
    const poison: EventCodec = {
      ...catalogueCodec,
      decode: (type, schema, bytes) => {
        if (bytes.includes(7)) throw new Error('a field of the future');
        return catalogueCodec.decode(type, schema, bytes);
      },
    };
    relay = startRelay(kafka.brokers, scene.log.log, scene.topic);
    const log = await openPostgresLog({ ...server, schema: scene.log.schema, codec: poison });
    const through = new KafkaTransport({
      ...{ kafka: scene.client, topic: scene.topic, log, service: 'test', codec: poison },
    });
    const follower = await joinedFollower(through);
    const head = await appendSome(scene.log.log, 20);
    await expect(follower.reached(head)).rejects.toThrow(CorruptLog);
    expect((await follower.stop()).positions).toEqual([1n, 2n, 3n, 4n, 5n, 6n]);
    const wiser = startFollower(transport());
    await wiser.reached(head);
    const { lost, twice } = await wiser.stop();
    expect({ lost, twice }).toEqual({ lost: 0, twice: 0 });
    await log.close();
  });

  it('after the topic was deleted, or emptied: it is rebuilt from the log', async () => {
    relay = startRelay(kafka.brokers, scene.log.log, scene.topic);
    const through = transport();
    const follower = startFollower(through);
    await appendSome(scene.log.log, 300, 100);
    await relayed();
    const admin = scene.client.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [scene.topic] });
    const head = await appendSome(scene.log.log, 50);
    await follower.reached(head);
    await until(
      async () => (await contentOf(scene.topics, scene.topic, head)).lost === 0,
      'the topic is whole',
    );
    const [ends] = await scene.topics.ends(scene.topic);
    const partitions = [{ partition: 0, offset: String(ends?.end) }];
    await relay.stop();
    // A topic that was just made again refuses this for a moment.
    await until(
      () =>
        admin.deleteTopicRecords({ topic: scene.topic, partitions }).then(
          () => true,
          () => false,
        ),
      'the topic is emptied',
    );
    await admin.disconnect();
    relay = startRelay(kafka.brokers, scene.log.log, scene.topic);
    const later = await appendSome(scene.log.log, 50);
    await follower.reached(later);
    await relayed();
    const content = await contentOf(scene.topics, scene.topic, later);
    const { lost, twice } = await follower.stop();
    tell('topic deleted, then emptied', { lost, twice, topic: content, ...through.figures });
    expect({ lost, twice, topicLost: content.lost }).toEqual({ lost: 0, twice: 0, topicLost: 0 });
  });
});

withBroker('a broker', () => {
  startScene();

  it('that is killed and started again while events are appended: nothing waits or is lost', async () => {
    const control = brokerControl();
    relay = startRelay(kafka.brokers, scene.log.log, scene.topic);
    const through = transport();
    const follower = startFollower(through);
    await follower.reached(await appendSome(scene.log.log, 200));
    await control.signal(1, 'KILL');
    let during = await appendSome(scene.log.log, 400, 10, 10);
    for (const end = performance.now() + OUTAGE_MS; performance.now() < end;)
      during = await appendSome(scene.log.log, 20, 10, 50);
    await follower.reached(during);
    const published = relay.publication.position;
    await control.restart(1);
    const head = await appendSome(scene.log.log, 200);
    await follower.reached(head);
    await relayed();
    const content = await contentOf(scene.topics, scene.topic, head);
    const { lost, twice } = await follower.stop();
    tell('broker killed', {
      publishedWhileDown: String(published),
      lost,
      twice,
      topic: content,
      ...through.figures,
    });
    // Of several brokers the others go on; of one nothing is published until it is back.
    if (kafka.brokers.length === 1) expect(published).toBeLessThan(during);
    expect({ lost, twice, topicLost: content.lost }).toEqual({ lost: 0, twice: 0, topicLost: 0 });
  });

  it('that is frozen and thawed: order and content are as before', async () => {
    const control = brokerControl();
    relay = startRelay(kafka.brokers, scene.log.log, scene.topic);
    const through = transport();
    const follower = startFollower(through);
    await follower.reached(await appendSome(scene.log.log, 100));
    await control.signal(1, 'STOP');
    try {
      await follower.reached(await appendSome(scene.log.log, 200, 10, 10));
    } finally {
      await control.signal(1, 'CONT');
    }
    const head = await appendSome(scene.log.log, 100);
    await follower.reached(head);
    await relayed();
    const content = await contentOf(scene.topics, scene.topic, head);
    const { lost, twice } = await follower.stop();
    tell('broker frozen', { lost, twice, topic: content, ...through.figures });
    expect({ lost, twice, topicLost: content.lost }).toEqual({ lost: 0, twice: 0, topicLost: 0 });
  });
});
