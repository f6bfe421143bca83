import { Server } from '@grpc/grpc-js';
import { hostname } from 'node:os';
import { headsOfTable } from '../audit/heads-table.ts';
import { ConfigError, readConfig } from '../config/config.ts';
import { kafkaOf, telemetryOf, tlsOf } from '../config/process-files.ts';
import { cellSettings, kafkaSettings, processSettings, telemetrySettings } from '../config/settings.ts';
import { addHealth, openHealthPort, type Health } from '../grpc/health.ts';
import { addReflection } from '../grpc/reflection.ts';
import { serverCredentials } from '../grpc/credentials.ts';
import { bind, isLoopback, shutDown } from '../grpc/server.ts';
import { innerServerOptions } from '../rpc/callers.ts';
import { PostgresLeaderLock } from '../log/leader-lock.ts';
import type { PostgresLog } from '../log/postgres-log.ts';
import { openLogPatiently, untilStopped, type Environment } from '../process/run-process.ts';
import { startTelemetry } from '../telemetry/export.ts';
import { observeLag, observeLeader } from '../telemetry/instruments.ts';
import { LogWatch } from '../telemetry/log-watch.ts';
import { makeLogger } from '../telemetry/logger.ts';
import { connectKafka } from '../transport/kafka-settings.ts';
import { KafkaTopics } from '../transport/kafka-topics.ts';
import { KafkaWriter } from '../transport/kafka-writer.ts';
import { headsTopic, logTopic } from '../transport/topic-names.ts';
import type { DeadLetter } from './desk/dead-letters.ts';
import { DeskPublication } from './desk/desk-publication.ts';
import { HeadsPublication } from './heads-publication.ts';
import { observeDeadLetters, observeFailing } from './relay-instruments.ts';
import { LogPublication } from './log-publication.ts';
import type { Publication } from './publication.ts';
import { Relay } from './relay.ts';

const schema = { ...cellSettings, ...processSettings, ...kafkaSettings, ...telemetrySettings } as const;

const GRACE_MS = 2_000;
const WATCH_MS = 1_000;

/**
 * The relay as a process: log → Kafka, for as long as it leads; several stand by for one another. Health says
 * serving while it stands by or its last attempts succeeded.
 * @throws ConfigError naming every setting that is missing or wrong.
 */
export const runRelay = async (environment: Environment): Promise<void> => {
  const config = readConfig(schema, environment);
  const kafka = kafkaOf(config);
  if (kafka === undefined) throw new ConfigError('PLINTH_KAFKA_BROKERS: must be set for a relay');
  const { PLINTH_DATABASE_URL: url, PLINTH_DATABASE_OWNER_URL: ownerUrl } = config;
  const { PLINTH_HOST: host, PLINTH_PORT: port } = config;
  const telemetry = await startTelemetry('plinth-relay', telemetryOf(config));
  const logger = makeLogger('relay', config.PLINTH_LOG_LEVEL);
  const log = await openLogPatiently({ url, ...(ownerUrl === undefined ? {} : { ownerUrl }) }, logger);
  const client = connectKafka(`plinth-relay-${hostname()}`, kafka.access);
  const topics = new KafkaTopics(client);
  const { prefix } = kafka;
  const onDead = (letter: DeadLetter): void =>
    logger.error(letter, 'an event was put aside: it is tried again when a relay starts');
  const desks = new DeskPublication({
    ...{ log, topics, prefix, onDead },
    writer: new KafkaWriter(client, kafka.access),
    source: `/plinth/cells/${config.PLINTH_CELL}`,
  });
  const publications = [
    new LogPublication({
      log,
      topics,
      writer: new KafkaWriter(client, kafka.access),
      topic: logTopic(prefix),
    }),
    desks,
    new HeadsPublication({
      heads: headsOfTable(log),
      topics,
      writer: new KafkaWriter(client, kafka.access),
      topic: headsTopic(prefix),
    }),
  ];
  const lock = new PostgresLeaderLock({ url, schema: log.schema, service: 'relay' });
  const onFailure = (publication: string, error: unknown): void =>
    logger.warn({ publication, err: error }, 'publishing failed: it is tried again');
  const onLeading = (isLeading: boolean): void => logger.info(isLeading ? 'leading' : 'standing by');
  const relay = new Relay({ lock, publications, onFailure, onLeading });
  const edge = await openEdge(config, relay);
  const stopLetters = observeDeadLetters(() => [[desks.waitingLetters, {}]]);
  const stopWatching = watch(log, relay, publications, edge.health);
  const stop = new AbortController();
  const failed = relay.run(stop.signal).then(() => new Promise<never>(() => undefined));
  logger.info({ address: `${host}:${port}`, brokers: kafka.access.brokers }, 'relaying');
  await untilStopped({
    logger,
    failed,
    stop: async () => {
      stopWatching();
      stopLetters();
      stop.abort();
      await relay.ended;
      await lock.release();
      await edge.close();
      await log.close();
      await telemetry.stop();
    },
  });
};

type Edge = Readonly<{ health: Health; close: () => Promise<unknown> }>;

type EdgeConfig = Readonly<{
  PLINTH_HOST: string;
  PLINTH_PORT: number;
  PLINTH_HEALTH_PORT: number;
  PLINTH_PLAINTEXT: string;
  PLINTH_TLS_KEY: string | undefined;
  PLINTH_TLS_CERT: string | undefined;
  PLINTH_TLS_CA: string | undefined;
}>;

/** The only calls that a relay answers: health, and what it answers. */
const openEdge = async (config: EdgeConfig, relay: Relay): Promise<Edge> => {
  const { PLINTH_HOST: host, PLINTH_PORT: port, PLINTH_PLAINTEXT: plaintext } = config;
  const { tls } = tlsOf(config);
  if (tls === undefined && plaintext !== 'anywhere' && !isLoopback(host))
    throw new ConfigError(`PLINTH_HOST: Expected TLS or a loopback address, was ${host}`);
  const server = new Server(innerServerOptions(tls));
  const health = addHealth(server, ['plinth.relay']);
  addReflection(server, []);
  await bind(server, host, port, serverCredentials(tls));
  health.set(relay.failing.length === 0);
  const closeHealth = await openHealthPort(health, host, config.PLINTH_HEALTH_PORT);
  return { health, close: () => Promise.all([shutDown(server, GRACE_MS), closeHealth()]) };
};

/** Keeps the health, and lets the figures of the publications be read. */
const watch = (
  log: PostgresLog,
  relay: Relay,
  publications: readonly Publication[],
  health: Health,
): (() => void) => {
  const timer = setInterval(() => health.set(relay.failing.length === 0), WATCH_MS);
  const ofLog = new LogWatch(log);
  const stops = publications.map((publication) =>
    observeLag(
      `relay ${publication.name}`,
      // A standby is not behind: it publishes nothing.
      () => (relay.isLeading ? ofLog.head() : Promise.resolve(publication.position)),
      () => publication.position,
    ),
  );
  stops.push(
    observeLeader(() => [[relay.isLeading ? 1 : 0, { service: 'relay' }]]),
    observeFailing(() =>
      publications.map(({ name }) => [relay.failing.includes(name) ? 1 : 0, { publication: name }]),
    ),
    () => ofLog.stop(),
  );
  return () => {
    clearInterval(timer);
    for (const stop of stops) stop();
  };
};
