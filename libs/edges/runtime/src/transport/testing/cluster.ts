import { randomUUID } from 'node:crypto';
import { LogPublication } from '../../relay/log-publication.ts';
import { Relay } from '../../relay/relay.ts';
import type { RelayedLog } from '../../relay/log-chunks.ts';
import { connectKafka, type KafkaAccess } from '../kafka-settings.ts';
import { KafkaTopics } from '../kafka-topics.ts';
import { KafkaWriter } from '../kafka-writer.ts';

/** A lock that nobody else wants. */
export const freeLock = () => ({
  isHeld: true,
  acquire: async (): Promise<void> => undefined,
  release: async (): Promise<void> => undefined,
});

export type RunningRelay = Readonly<{
  publication: LogPublication;
  failures: readonly unknown[];
  /** How it ended: undefined while it runs or when it was stopped. */
  ended: () => unknown;
  stop: () => Promise<void>;
}>;

/** The relay of a log, in this process, until it is stopped. */
export const startRelay = (
  brokers: readonly string[],
  log: RelayedLog,
  topic: string,
  idleCheckMs = 200,
  route?: KafkaAccess['route'],
): RunningRelay => {
  const access = route === undefined ? { brokers } : { brokers, route };
  const kafka = connectKafka(`relay-${randomUUID()}`, access);
  const publication = new LogPublication({
    ...{ log, topic, idleCheckMs },
    topics: new KafkaTopics(kafka),
    writer: new KafkaWriter(kafka, access),
  });
  const failures: unknown[] = [];
  const onFailure = (_: string, error: unknown): void => void failures.push(error);
  const relay = new Relay({ lock: freeLock(), publications: [publication], onFailure, retryMs: 50 });
  const stop = new AbortController();
  let ended: unknown;
  const running = relay.run(stop.signal).catch((error: unknown) => {
    ended = error;
  });
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  return { publication, failures, ended: () => ended, stop: end };
};
