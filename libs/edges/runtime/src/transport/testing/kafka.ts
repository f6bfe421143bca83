import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Kafka } from '../kafka-settings.ts';

const run = promisify(execFile);

export type TestKafka = Readonly<{ brokers: readonly string[]; close: () => Promise<void> }>;

const IMAGE = 'apache/kafka:4.4.0';
const ASK_MS = 5_000;
const START_MS = 90_000;

const isDockerThere = async (): Promise<boolean> => {
  try {
    await run('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: ASK_MS });
    return true;
  } catch {
    return false;
  }
};

const brokersSet = process.env['PLINTH_KAFKA_BROKERS'];

/** Why there is no Kafka to test against; undefined when there is one. */
export const kafkaMissing: string | undefined =
  brokersSet || (await isDockerThere())
    ? undefined
    : 'PLINTH_KAFKA_BROKERS is not set and Docker does not answer: not run against a real Kafka';

/** The Kafka of PLINTH_KAFKA_BROKERS, else one in a container that is gone afterwards. */
export const startTestKafka = async (): Promise<TestKafka> => {
  if (brokersSet) return { brokers: brokersSet.split(','), close: async () => undefined };
  const port = 20_000 + (randomBytes(2).readUInt16BE() % 20_000);
  const { stdout } = await run(
    'docker',
    [
      ...['run', '--detach', '--rm', '--publish', `127.0.0.1:${port}:${port}`],
      ...['--env', 'KAFKA_NODE_ID=1', '--env', 'KAFKA_PROCESS_ROLES=broker,controller'],
      ...['--env', `KAFKA_LISTENERS=PLAINTEXT://:${port},CONTROLLER://:9093`],
      ...['--env', `KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://127.0.0.1:${port}`],
      ...['--env', 'KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER'],
      ...['--env', 'KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT'],
      ...['--env', 'KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:9093'],
      ...[
        '--env',
        'KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1',
        '--env',
        'KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS=0',
      ],
      IMAGE,
    ],
    { timeout: START_MS },
  );
  const container = stdout.trim();
  const close = async (): Promise<void> => void (await run('docker', ['rm', '--force', container]));
  return { brokers: [`127.0.0.1:${port}`], close };
};

/** A name that no other test has. */
export const freshTopic = (what = 'log'): string => `plinth.test.${what}.${randomBytes(6).toString('hex')}`;

/** Deletes the topics whose names begin so: a broker that keeps every test's topics gets slow. */
export const deleteTopics = async (kafka: Kafka, prefix: string): Promise<void> => {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  } finally {
    await admin.disconnect();
  }
};
