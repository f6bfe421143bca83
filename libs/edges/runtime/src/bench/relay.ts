import { randomUUID } from 'node:crypto';
import { openPostgresLog } from '../log/index.ts';
import type { PostgresLog } from '../log/index.ts';
import { LogPublication } from '../relay/log-publication.ts';
import { connectKafka, type Kafka, type KafkaAccess } from '../transport/kafka-settings.ts';
import { KafkaTopics } from '../transport/kafka-topics.ts';
import { KafkaWriter, type PartitionWriter } from '../transport/kafka-writer.ts';
import { figureOf, ratioOf, type Figures } from './figures.ts';
import { benchIds, benchRequest, benchSchema, benchServer, dropBenchSchema, fillEvents } from './workload.ts';

export type RelayBenchOptions = Readonly<{
  kafka: KafkaAccess;
  /** A PostgreSQL to keep the log in; an embedded one when it is not given. */
  url?: string;
  events?: number;
  rounds?: number;
  /** Ends it early; then it throws. */
  signal?: AbortSignal;
}>;

const EVENTS_PER_APPEND = 1_000;
const LOOK_MS = 1;

/**
 * The backbone from PostgreSQL into a real Kafka, one awaited batch in flight, through our own writer and
 * through the client library's producer in turn.
 */
export const benchRelay = async (options: RelayBenchOptions): Promise<Figures> => {
  const { kafka: access, events = 100_000, rounds = 3, signal } = options;
  const server = await benchServer(options.url);
  const schema = benchSchema();
  const kafka = connectKafka('plinth-bench', access);
  let log: PostgresLog | undefined;
  try {
    log = await openPostgresLog({ ...server, schema });
    await fill(log, events, signal);
    const writers = [
      () => new KafkaWriter(kafka, access),
      () => libraryWriter(kafka),
    ] satisfies (() => PartitionWriter)[];
    const rates = writers.map((): number[] => []);
    // The rounds take turns, so that a disturbance of the machine meets both alike; the first warms up.
    for (let round = 0; round <= rounds; round += 1) {
      for (const [i, writer] of writers.entries()) {
        const rate = await publish({ kafka, log, writer: writer(), events, signal });
        if (round > 0) rates[i]?.push(rate);
      }
    }
    const [own, library] = [
      figureOf('log → Kafka', 'events/s', rates[0] ?? []),
      figureOf('the same through the producer of kafkajs', 'events/s', rates[1] ?? []),
    ];
    return { bench: 'relay', figures: [own, library], ratios: [ratioOf('own / kafkajs', own, library)] };
  } finally {
    await log?.close();
    await dropBenchSchema(server.ownerUrl, schema);
    await server.close();
  }
};

const fill = async (log: PostgresLog, events: number, signal?: AbortSignal): Promise<void> => {
  const nextId = benchIds();
  for (let n = 0; n * EVENTS_PER_APPEND < events; n += 1) {
    signal?.throwIfAborted();
    const account = `relay${n}`;
    const append = {
      stream: `account-${account}`,
      expectedVersion: 0,
      events: fillEvents(account, EVENTS_PER_APPEND, nextId),
    };
    const { status } = await log.append(benchRequest(append, nextId(), 1_700_000_000_000 + n));
    if (status !== 'appended') throw new Error(`Expected appended, was ${status}`);
  }
};

type Round = Readonly<{
  kafka: Kafka;
  log: PostgresLog;
  writer: PartitionWriter;
  events: number;
  signal: AbortSignal | undefined;
}>;

/** Events a second from the first acknowledged batch to the last, into a topic of its own. */
const publish = async (round: Round): Promise<number> => {
  const { kafka, log, writer, events, signal } = round;
  const topic = `plinth.bench.${randomUUID()}`;
  const publication = new LogPublication({ log, topics: new KafkaTopics(kafka), writer, topic });
  const stop = new AbortController();
  const running = publication.run(() => true, stop.signal).finally(() => stop.abort());
  const reach = async (position: bigint): Promise<void> => {
    while (publication.position < position && !stop.signal.aborted && signal?.aborted !== true)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  };
  await reach(1n);
  const [first, startMs] = [publication.position, performance.now()];
  await reach(BigInt(events));
  const seconds = (performance.now() - startMs) / 1_000;
  stop.abort();
  await running;
  const admin = kafka.admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
  signal?.throwIfAborted();
  return Number(publication.position - first) / seconds;
};

/** As the library is used at its safest: not idempotent, one batch at a time, awaited. */
const libraryWriter = (kafka: Kafka): PartitionWriter => {
  const producer = kafka.producer({ idempotent: false, maxInFlightRequests: 1 });
  let connected: Promise<void> | undefined;
  return {
    send: async (topic, partition, records) => {
      await (connected ??= producer.connect());
      const messages = records.map(({ key, value, headers }) => ({ key, value, headers, partition }));
      const [answer] = await producer.send({ topic, acks: -1, messages });
      return BigInt(answer?.baseOffset ?? -1);
    },
    close: () => producer.disconnect(),
  };
};
