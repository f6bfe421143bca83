import { describe, expect, it } from '@jest/globals';
import { MemoryLog, type EventLog, type StoredLog } from '@plinth/eventing';
import { ServiceHost } from '@plinth/runtime';
import {
  connectKafka,
  KafkaTopics,
  KafkaTransport,
  KafkaWriter,
  LogPublication,
} from '@plinth/runtime/relay';
import { CRASH, drawPopulation, MadeMarket, prepareRun, stretched } from '@plinth/simulation';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { brokerServices, CELL } from './services.ts';
import { hashesOf, type StateHash } from './state-hashes.ts';

const brokers = process.env['PLINTH_KAFKA_BROKERS'];
if (!brokers)
  it.skip('PLINTH_KAFKA_BROKERS is not set: parity of embedded and cluster was not run', () => undefined);

/** Positions between two checkpoints. */
const EVERY = 250n;
const READ_MAX = 10_000;

const recorded = async (): Promise<MemoryLog> => {
  const feed = new MadeMarket(stretched(CRASH, 40), 5);
  const log = new MemoryLog();
  const run = prepareRun({
    ...{ feed, accounts: drawPopulation(feed, 16, 5), seed: 5, log },
    services: (adapters) => brokerServices({ cell: CELL, adapters, minRoundMs: 0 }),
  });
  await run.driver.run(new AbortController().signal, () => undefined);
  return log;
};

const freshHosts = (log: EventLog): readonly ServiceHost[] =>
  brokerServices({ cell: CELL, adapters: new Map(), minRoundMs: 0 }).map(
    (definition) => new ServiceHost(definition, { log, clock: { now: () => 0 } }),
  );

/** A log that has nothing to read until it is opened: so that all must come through Kafka. */
const gated = (log: MemoryLog): Readonly<{ gate: EventLog & StoredLog; open: () => void }> => {
  let isOpen = false;
  const gate = new Proxy(log, {
    get: (target, name) => {
      if (name === 'head' && !isOpen) return async () => ({ position: 0n, epoch: 1 });
      if (name === 'readStored' && !isOpen) return async () => [];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { gate, open: () => (isOpen = true) };
};

(brokers ? describe : describe.skip)('a log recorded in lockstep', () => {
  it('gives every fold of every service the same state through Kafka, at every checkpoint', async () => {
    const log = await recorded();
    const { position: head } = await log.head();
    const embedded = freshHosts(log);
    const expected: StateHash[] = [];
    for (const event of await log.read(0n, READ_MAX)) {
      for (const host of embedded) host.fold(event);
      if (event.position % EVERY === 0n || event.position === head) expected.push(...hashesOf(embedded));
    }
    const access = { brokers: (brokers ?? '').split(',') };
    const kafka = connectKafka('parity', access);
    const topics = new KafkaTopics(kafka);
    const topic = `plinth.test.parity.${randomUUID()}`;
    await topics.ensure(topic, 'log', 1);
    const { gate, open } = gated(log);
    const transport = new KafkaTransport({ kafka, topic, log: gate, service: 'parity' });
    const stop = new AbortController();
    const hosts = freshHosts(log);
    const found: StateHash[] = [];
    const following = (async () => {
      for await (const batch of transport.subscribe(0n, stop.signal)) {
        for (const event of batch) {
          for (const host of hosts) host.fold(event);
          if (event.position % EVERY === 0n || event.position === head) found.push(...hashesOf(hosts));
          if (event.position === head) stop.abort();
        }
      }
    })();
    while (!transport.isJoined) await sleep(10);
    open();
    const publication = new LogPublication({ log, topics, topic, writer: new KafkaWriter(kafka, access) });
    await Promise.all([publication.run(() => true, stop.signal), following]);
    const { applied, tailed, repaired } = transport.figures;
    process.stdout.write(`parity: ${expected.length} hashes at ${head} events; applied ${applied}\n`);
    expect({ applied: BigInt(applied), tailed, repaired }).toEqual({ applied: head, tailed: 0, repaired: 0 });
    expect(expected.length).toBeGreaterThan(20);
    expect(found).toEqual(expected);
    const admin = kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic] });
    await admin.disconnect();
  });
});
