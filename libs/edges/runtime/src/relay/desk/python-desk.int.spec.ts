import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freshLog, startTestServer, type FreshLog, type TestServer } from '../../log/testing/server.ts';
import { connectKafka } from '../../transport/kafka-settings.ts';
import { KafkaTopics } from '../../transport/kafka-topics.ts';
import { KafkaWriter } from '../../transport/kafka-writer.ts';
import { until } from '../../transport/testing/delivery.ts';
import {
  deleteTopics,
  freshTopic,
  kafkaMissing,
  startTestKafka,
  type TestKafka,
} from '../../transport/testing/kafka.ts';
import { DeskPublication } from './desk-publication.ts';
import { DESK_TOPICS } from './desk-topics.ts';
import { appendDeskEvents, deskEvents } from './testing/desk-events.ts';

const run = promisify(execFile);
const DESK = fileURLToPath(new URL('../../../../../../docs/how-to/desk.py', import.meta.url));
const PYTHON = process.env['PLINTH_PYTHON'] ?? 'python3';

const hasClient = ['confluent_kafka', 'kafka'].some(
  (name) => spawnSync(PYTHON, ['-c', `import ${name}`], { stdio: 'ignore' }).status === 0,
);
const missing =
  kafkaMissing ??
  (hasClient ? undefined : `${PYTHON} has neither confluent-kafka nor kafka-python: desk.py was not run`);

if (missing !== undefined) it.skip(missing, () => undefined);

(missing === undefined ? describe : describe.skip)('docs/how-to/desk.py', () => {
  let server: TestServer;
  let kafka: TestKafka;
  let fresh: FreshLog;
  const prefix = freshTopic('python');
  const topic = `${prefix}.margin.v1`;
  beforeAll(async () => {
    [server, kafka] = await Promise.all([startTestServer(), startTestKafka()]);
    fresh = await freshLog(server);
    const head = await appendDeskEvents(fresh.log, deskEvents(5, 8));
    const client = connectKafka('test', kafka);
    const desks = new DeskPublication({
      ...{ log: fresh.log, topics: new KafkaTopics(client), writer: new KafkaWriter(client, kafka) },
      ...{ prefix, source: '/plinth/cells/test' },
      definitions: DESK_TOPICS.filter(({ name }) => name === 'margin'),
    });
    const stop = new AbortController();
    const running = desks.run(() => true, stop.signal);
    await until(() => desks.position === head, 'everything is published');
    stop.abort();
    await running;
  });
  afterAll(async () => {
    await deleteTopics(connectKafka('test', kafka), prefix);
    await fresh.close();
    await server.close();
    await kafka.close();
  });

  const desk = (...more: readonly string[]) =>
    run(PYTHON, [DESK, '--brokers', kafka.brokers.join(','), '--topic', topic, '--to-end', ...more]);

  it('follows the topic to its end and finds every link in place', async () => {
    const lines = (await desk()).stdout.trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ next: 40, duplicate: 0, missing: 0, unlinked: 0 });
    const changes = (await desk('--account', 'a3')).stdout.trim().split('\n').slice(0, -1);
    expect(changes).toHaveLength(8);
    expect(JSON.parse(changes[0] ?? '')).toMatchObject({
      ...{ account: 'a3', from: 'healthy', to: 'restricted', equity: '999', initial: '10', maintenance: '5' },
    });
  });

  it('says so when a record is not what it was', async () => {
    const client = connectKafka('test', kafka);
    const topics = new KafkaTopics(client);
    const [first] = await topics.read(topic, new Map([[0, 0n]]), await topics.ends(topic));
    const writer = new KafkaWriter(client, kafka);
    const headers = { ...first?.headers, ce_sequence: '9999' } as Record<string, string>;
    await writer.send(topic, 0, [{ key: 'a0', value: Buffer.from([10, 1, 65]), headers }]);
    await writer.close();
    await expect(desk()).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('9999') });
  });
});
