import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freshLog, startTestServer, type FreshLog, type TestServer } from '../log/testing/server.ts';
import { openPostgresLog, type PostgresLog } from '../log/postgres-log.ts';
import { connectKafka } from '../transport/kafka-settings.ts';
import { KafkaTopics } from '../transport/kafka-topics.ts';
import { KafkaTransport } from '../transport/kafka-transport.ts';
import { appendSome, contentOf, startFollower, until } from '../transport/testing/delivery.ts';
import {
  deleteTopics,
  freshTopic,
  kafkaMissing,
  startTestKafka,
  type TestKafka,
} from '../transport/testing/kafka.ts';

if (kafkaMissing !== undefined) it.skip(kafkaMissing, () => undefined);

/** Of this run alone. */
const PORT = 20_000 + 2 * (process.pid % 10_000);
const MAIN = fileURLToPath(new URL('../../../../../apps/relay/src/main.ts', import.meta.url));

(kafkaMissing === undefined ? describe : describe.skip)('two relays as processes', () => {
  let server: TestServer;
  let kafka: TestKafka;
  let scratch: FreshLog;
  let log: PostgresLog;
  const prefix = freshTopic('relay');
  const relays: ChildProcess[] = [];
  beforeAll(async () => {
    [server, kafka] = await Promise.all([startTestServer(), startTestKafka()]);
    scratch = await freshLog(server);
    // A process works in the schema that every installation has.
    log = await openPostgresLog(server);
  });
  afterAll(async () => {
    for (const relay of relays) relay.kill('SIGKILL');
    await deleteTopics(connectKafka('test', kafka), prefix);
    await log.close();
    await scratch.close();
    await server.close();
    await kafka.close();
  });

  /** Starts one and waits until it says that it relays. */
  const start = async (port: number): Promise<ChildProcess> => {
    const env = {
      ...process.env,
      ...{ PLINTH_DATABASE_URL: server.url, PLINTH_DATABASE_OWNER_URL: server.ownerUrl },
      ...{ PLINTH_KAFKA_BROKERS: kafka.brokers.join(','), PLINTH_KAFKA_PREFIX: prefix },
      PLINTH_PORT: String(port),
    };
    const relay = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', MAIN], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    relays.push(relay);
    let said = '';
    relay.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(() => {
      if (relay.exitCode !== null) throw new Error(said);
      return said.includes('"msg":"relaying"');
    }, 'the relay comes up');
    return relay;
  };

  it('publish once between them; when the leader is killed the other goes on where it was', async () => {
    const client = connectKafka('test', kafka);
    const topics = new KafkaTopics(client);
    const topic = `${prefix}.log.v1`;
    const first = await start(PORT);
    await appendSome(log, 100);
    await until(async () => ((await topics.ends(topic))[0]?.end ?? 0n) >= 100n, 'the first relay publishes');
    const second = await start(PORT + 1);
    const through = new KafkaTransport({ kafka: client, topic, log, service: 'test' });
    const follower = startFollower(through);
    await follower.reached(100n);
    first.kill('SIGKILL');
    await once(first, 'exit');
    const killedMs = performance.now();
    const head = await appendSome(log, 200, 10, 5);
    await follower.reached(head);
    await until(async () => (await contentOf(topics, topic, head)).lost === 0, 'the second relay publishes');
    const takeoverMs = Math.round(performance.now() - killedMs);
    const content = await contentOf(topics, topic, head);
    const { lost, twice } = await follower.stop();
    process.stdout.write(`relay killed: ${JSON.stringify({ takeoverMs, lost, twice, topic: content })}\n`);
    expect({ lost, twice, topicLost: content.lost }).toEqual({ lost: 0, twice: 0, topicLost: 0 });
    second.kill('SIGTERM');
    const [code] = (await once(second, 'exit')) as [number | null];
    expect(code).toBe(0);
  });
});
