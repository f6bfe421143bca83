import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { deskMessages } from '@plinth/messages';
import { connectKafka, type Kafka } from '../../transport/kafka-settings.ts';
import { KafkaTopics } from '../../transport/kafka-topics.ts';
import { KafkaWriter, type PartitionWriter } from '../../transport/kafka-writer.ts';
import { freshLog, startTestServer, type FreshLog, type TestServer } from '../../log/testing/server.ts';
import { until } from '../../transport/testing/delivery.ts';
import {
  deleteTopics,
  freshTopic,
  kafkaMissing,
  startTestKafka,
  type TestKafka,
} from '../../transport/testing/kafka.ts';
import { pendingLetters, type DeadLetter } from './dead-letters.ts';
import { DeskPublication } from './desk-publication.ts';
import { DESK_TOPICS, type DeskTopic } from './desk-topics.ts';
import { checkDesk } from './testing/check-desk.ts';
import { appendDeskEvents, deskEvents } from './testing/desk-events.ts';

if (kafkaMissing !== undefined) it.skip(kafkaMissing, () => undefined);

const DESKS = freshTopic('desk');
let made = 0;
/** As they are, but with fewer partitions: a small broker has to do. */
const TOPICS: readonly DeskTopic[] = DESK_TOPICS.map((topic) => ({ ...topic, partitions: 2 }));

const ACCOUNTS = 7;
const ROUNDS = 12;
/** What the day gives, topic by topic. */
const RECORDS = {
  ...{ fills: ACCOUNTS * ROUNDS, marks: 3 * ROUNDS, margin: ACCOUNTS * ROUNDS, liquidations: 0 },
  ...{ orders: ACCOUNTS * ROUNDS, ledger: ACCOUNTS * (ROUNDS + 1), rates: ROUNDS },
  ...{ 'positions.state': ACCOUNTS * ROUNDS, 'balances.state': 2 * ACCOUNTS * (ROUNDS + 1) },
  'margin.state': ACCOUNTS * ROUNDS,
};

(kafkaMissing === undefined ? describe : describe.skip)('the desks’ topics', () => {
  let server: TestServer;
  let kafka: TestKafka;
  let client: Kafka;
  let topics: KafkaTopics;
  let fresh: FreshLog;
  let head: bigint;
  beforeAll(async () => {
    [server, kafka] = await Promise.all([startTestServer(), startTestKafka()]);
    client = connectKafka('test', kafka);
    topics = new KafkaTopics(client);
  });
  afterAll(async () => {
    await server.close();
    await kafka.close();
  });
  beforeEach(async () => {
    fresh = await freshLog(server);
    head = await appendDeskEvents(fresh.log, deskEvents(ACCOUNTS, ROUNDS));
  });
  afterEach(async () => {
    await deleteTopics(client, DESKS);
    await fresh.close();
  });

  type More = Readonly<{ writer?: PartitionWriter; definitions?: readonly DeskTopic[] }>;

  const open = (
    prefix: string,
    more: More = {},
  ): Readonly<{ desks: DeskPublication; dead: DeadLetter[] }> => {
    const dead: DeadLetter[] = [];
    const onDead = (letter: DeadLetter): void => void dead.push(letter);
    const ports = { log: fresh.log, topics, prefix, source: '/plinth/cells/test', onDead };
    const definitions = TOPICS;
    return {
      desks: new DeskPublication({ ...ports, definitions, writer: new KafkaWriter(client, kafka), ...more }),
      dead,
    };
  };

  /** Publishes up to the head and ends. */
  const publish = async (prefix: string, more: More = {}): Promise<readonly DeadLetter[]> => {
    const { desks, dead } = open(prefix, more);
    const stop = new AbortController();
    const running = desks.run(() => true, stop.signal);
    const isDone = (): boolean => stop.signal.aborted || desks.position === head;
    try {
      await Promise.race([until(isDone, 'everything is published'), running]);
    } finally {
      stop.abort();
      await running.catch(() => undefined);
    }
    return dead;
  };

  const checkAll = async (prefix: string) =>
    Object.fromEntries(
      await Promise.all(
        TOPICS.map(async ({ name }) => [name, await checkDesk(topics, `${prefix}.${name}.v1`)] as const),
      ),
    );

  it('hold every fact of the log once, each linked to the one before', async () => {
    const prefix = `${DESKS}.${(made += 1)}`;
    await publish(prefix);
    const checks = await checkAll(prefix);
    for (const [name, records] of Object.entries(RECORDS)) {
      expect([name, checks[name]]).toMatchObject([name, { records, duplicates: 0, missing: 0, unlinked: 0 }]);
    }
    const ends = await topics.ends(`${prefix}.balances.state.v1`);
    const from = new Map(ends.map(({ partition, first }) => [partition, first]));
    const last = new Map<string, string>();
    for (const { key, value } of await topics.read(`${prefix}.balances.state.v1`, from, ends)) {
      last.set(String(key), value === null ? '0' : deskMessages.BalanceState.decode(value).amount);
    }
    expect(last.get('client:a0:USD:bank|USD')).toBe('999.88');
    expect(last.get('house:fees|USD')).toBe('0.84');
  });

  it('go on exactly where they were, wherever the relay was cut: loss 0, the same records', async () => {
    const prefix = `${DESKS}.${(made += 1)}`;
    const writer = new KafkaWriter(client, kafka);
    let sends = 0;
    let cuts = 0;
    const cutting: PartitionWriter = {
      send: async (topic, partition, records) => {
        sends += 1;
        const isCut = sends % 3 === 0 && cuts < 6;
        if (isCut) cuts += 1;
        // Before it is written, or after it was and nobody is told.
        if (isCut && cuts % 2 === 0) throw new Error('cut before');
        const offset = await writer.send(topic, partition, records);
        if (isCut) throw new Error('cut after');
        return offset;
      },
      close: () => writer.close(),
    };
    for (let tries = 0; tries < 20; tries += 1) {
      const isDone = await publish(prefix, { writer: cutting }).then(
        () => true,
        () => false,
      );
      if (isDone) break;
    }
    expect(cuts).toBe(6);
    const cut = await checkAll(prefix);
    const smooth = `${DESKS}.${(made += 1)}`;
    await publish(smooth);
    const whole = await checkAll(smooth);
    const figures = { cuts, records: 0, duplicates: 0, missing: 0, unlinked: 0 };
    for (const [name, check] of Object.entries(cut)) {
      expect([name, check.records]).toEqual([name, whole[name]?.records]);
      for (const figure of ['records', 'duplicates', 'missing', 'unlinked'] as const) {
        figures[figure] += check[figure];
      }
    }
    process.stdout.write(`desks cut: ${JSON.stringify(figures)}\n`);
    expect(figures).toMatchObject({ missing: 0, unlinked: 0 });
  });

  it('are made again from the log, the same to the last link, when one was deleted', async () => {
    const prefix = `${DESKS}.${(made += 1)}`;
    await publish(prefix);
    const before = await checkAll(prefix);
    const admin = client.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [`${prefix}.margin.v1`] });
    await admin.disconnect();
    await publish(prefix);
    expect(await checkAll(prefix)).toEqual(before);
  });

  it('put aside what is not money and cannot be told, and deliver it once it can', async () => {
    const prefix = `${DESKS}.${(made += 1)}`;
    const isBad = (round: number): boolean => round === 5 || round === ROUNDS;
    const failing = (name: string): readonly DeskTopic[] =>
      TOPICS.map((topic) => ({
        ...topic,
        facts: (event, ledger) => {
          if (topic.name === name && event.type === 'MarksPublished' && isBad(event.data.round))
            throw new Error('no such mark');
          if (topic.name === name && event.type === 'DepositCredited') throw new Error('no such deposit');
          return topic.facts(event, ledger);
        },
      }));
    const dead = await publish(prefix, { definitions: failing('marks') });
    expect(dead.map(({ topic, reason }) => [topic, reason])).toEqual([
      [`${prefix}.marks.v1`, 'no such mark'],
      [`${prefix}.marks.v1`, 'no such mark'],
    ]);
    const pending = await pendingLetters(topics, `${prefix}.dead.v1`);
    expect(pending.map(({ position }) => position)).toEqual(dead.map(({ position }) => position));
    expect((await checkDesk(topics, `${prefix}.marks.v1`)).records).toBe(3 * (ROUNDS - 2));
    await publish(prefix);
    expect(await pendingLetters(topics, `${prefix}.dead.v1`)).toEqual([]);
    const whole = await checkDesk(topics, `${prefix}.marks.v1`);
    expect(whole).toMatchObject({ records: 3 * ROUNDS, missing: 0, unlinked: 0 });
    // Another start has nothing to deliver, and nothing to say twice.
    await publish(prefix);
    expect(await checkDesk(topics, `${prefix}.marks.v1`)).toEqual(whole);
    await expect(publish(`${DESKS}.${(made += 1)}`, { definitions: failing('ledger') })).rejects.toThrow(
      /position \d+: no record of .*ledger.v1 can be made of DepositCredited: no such deposit/,
    );
  });
});
