import kafkajs, {
  type ConsumerConfig,
  type ISocketFactory,
  type ITopicConfig,
  type Kafka,
  type KafkaConfig,
  type logLevel,
} from 'kafkajs';
import './kafka-queue.ts';
import { readFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';

/*
 * Every setting of Kafka stands here, and why. kafkajs 2.2.4 can acknowledge messages that it lost: with an
 * idempotent producer and two sends in flight, with the send after one that threw, and with one send that
 * spans partitions. So it reads and asks only; what is written goes through `KafkaWriter`: one request at a
 * time, to one partition, awaited, not idempotent, over connections that are closed after every failure. What
 * is sent twice is dropped by position.
 */

export type KafkaAccess = Readonly<{
  /** `host:port` of some brokers. */
  brokers: readonly string[];
  /** Files in PEM. Without an authority the connection is plaintext. */
  tls?: Readonly<{ caFile: string; certFile?: string; keyFile?: string }>;
  /** Where a broker that gave this address is really reached: through a tunnel or a proxy. */
  route?: (address: Address) => Address;
}>;

export type Address = Readonly<{ host: string; port: number }>;

export type { Kafka } from 'kafkajs';

export const KAFKA_LIMITS = {
  /** Events and bytes of one produce request; one event alone may be larger. */
  batchEvents: 1_000,
  batchBytes: 2_097_152,
  /** What a broker takes as one batch: the largest event with its envelope fits. */
  messageBytes: 4_194_304,
  /** Records that a reader keeps before it stops fetching. */
  waitingRecords: 20_000,
} as const;

const CONNECT_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 10_000;
const SESSION_TIMEOUT_MS = 30_000;

/** A client for one process. The library's own log lines are dropped: every failure reaches the caller. */
export const connectKafka = (clientId: string, access: KafkaAccess): Kafka => {
  const { brokers, tls, route } = access;
  const config: KafkaConfig = {
    clientId,
    brokers: [...brokers],
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    // Few and short: our own loops try again, from a place that they read back first.
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
    logLevel: kafkajs.logLevel.NOTHING satisfies logLevel,
  };
  if (route !== undefined) config.socketFactory = routedSockets(route);
  if (tls === undefined) return new kafkajs.Kafka(config);
  return new kafkajs.Kafka({ ...config, ssl: tlsFilesOf(tls) });
};

export const tlsFilesOf = ({ caFile, certFile, keyFile }: NonNullable<KafkaAccess['tls']>) => ({
  ca: [readFileSync(caFile)],
  ...(certFile === undefined ? {} : { cert: readFileSync(certFile) }),
  ...(keyFile === undefined ? {} : { key: readFileSync(keyFile) }),
});

const routedSockets =
  (route: (address: Address) => Address): ISocketFactory =>
  ({ host, port, ssl, onConnect }) => {
    const there = route({ host, port });
    const socket = ssl
      ? connectTls({ ...ssl, ...there, servername: host }, onConnect)
      : connectPlain(there, onConnect);
    return socket.setKeepAlive(true);
  };

/** What a writer waits for, and how long. All replicas in sync have a batch before it counts. */
export const WRITER_SETTINGS = {
  clientId: 'plinth-writer',
  acks: -1,
  connectMs: CONNECT_TIMEOUT_MS,
  timeoutMs: REQUEST_TIMEOUT_MS,
} as const;

const byKey = kafkajs.Partitioners.DefaultPartitioner();

/** The partition of a key, as every client of Kafka computes it: murmur2. */
export const partitionOf = (key: string, partitions: number): number =>
  byKey({
    topic: '',
    partitionMetadata: Array.from({ length: partitions }, (_, partitionId) => ({
      ...{ partitionId, leader: 0, partitionErrorCode: 0 },
      ...{ replicas: [], isr: [], offlineReplicas: [] },
    })),
    message: { key, value: null },
  });

/** A group of its own for every reader: nothing is balanced, nothing committed. */
export const consumerSettings = (groupId: string): ConsumerConfig => ({
  groupId,
  sessionTimeout: SESSION_TIMEOUT_MS,
  heartbeatInterval: 3_000,
  // The broker answers as soon as there is one byte; this is how long it holds an empty request.
  maxWaitTimeInMs: 500,
  minBytes: 1,
  maxBytesPerPartition: 2 * KAFKA_LIMITS.messageBytes,
  allowAutoTopicCreation: false,
  retry: { retries: 2, restartOnFailure: async () => false },
});

export type TopicKind = 'log' | 'events' | 'state';

/**
 * Topics of events are kept by size and never compacted: retention by time could empty one that is quiet, and
 * with it the place where its writer goes on. Topics of state keep the last record of every key.
 */
export const topicSettings = (
  topic: string,
  kind: TopicKind,
  partitions: number,
  brokers: number,
): ITopicConfig => {
  const replicationFactor = Math.min(3, brokers);
  const entries: Readonly<Record<string, string>> = {
    'max.message.bytes': String(KAFKA_LIMITS.messageBytes),
    'min.insync.replicas': String(Math.max(1, replicationFactor - 1)),
    'unclean.leader.election.enable': 'false',
    ...(kind === 'state'
      ? { 'cleanup.policy': 'compact' }
      : {
          'cleanup.policy': 'delete',
          'retention.ms': '-1',
          'retention.bytes': String(kind === 'log' ? 8 * 2 ** 30 : 2 ** 30),
        }),
  };
  return {
    topic,
    numPartitions: partitions,
    replicationFactor,
    configEntries: Object.entries(entries).map(([name, value]) => ({ name, value })),
  };
};
