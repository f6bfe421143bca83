import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GatewayClient } from '@plinth/gateway';
import { openPostgresLog, type PostgresLog } from '@plinth/runtime';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientLoad, draws, untilAnswered } from './testing/client-load.ts';
import { Cluster, SERVICES, type Part } from './testing/cluster.ts';
import {
  eventsOf,
  judgeAcknowledged,
  judgeInvariants,
  judgeStates,
  judgeVenues,
} from './testing/judge-cluster.ts';

/*
 * A whole cluster with two replicas of every service, under load, while its processes are killed and frozen;
 * and what is left of it in the end. PLINTH_FAULT_CYCLES says how many kills.
 */

const BROKERS = process.env['PLINTH_KAFKA_BROKERS'];
const CYCLES = Number(process.env['PLINTH_FAULT_CYCLES'] ?? 6);
const ACCOUNTS = ['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7'] as const;
/** Processes that may be coming up again at once. */
const DOWN_MAX = 4;
/** From SIGSTOP to the standby's first words as leader; goal 5 s on a machine with nothing else to do. */
const TAKEOVER_MAX_MS = 20_000;
/** A machine that does many other things at once takes its time. */
const WAIT_MAX_MS = 300_000;
/** A hundred kills and more take theirs: 12 s each at the most. */
const TEST_MAX_MS = 600_000 + CYCLES * 12_000;
const FROZEN = ['accounts', 'risk', 'liquidation', 'routing', 'interest'] as const;

const tell = (what: string, figures: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`);
};

describe('a cluster whose processes fail', () => {
  const cluster = new Cluster();
  let [log, load, client]: [PostgresLog?, ClientLoad?, GatewayClient?] = [];
  const theLoad = (): ClientLoad => load as ClientLoad;

  const progress = async (count: number): Promise<void> => {
    const from = theLoad().acknowledged;
    await cluster.until(
      `${count} more answers`,
      async () => theLoad().acknowledged >= from + count || undefined,
      WAIT_MAX_MS,
    );
  };

  const allUp = (): Promise<unknown> =>
    cluster.until(
      'every process up',
      async () => cluster.running.every((part) => part.isUp()) || undefined,
      WAIT_MAX_MS,
    );

  const leaderOf = (name: string): Promise<Part> =>
    cluster.until(
      `a leader of ${name}`,
      async () => cluster.running.find((part) => part.name === name && part.isLeading()),
      WAIT_MAX_MS,
    );

  beforeAll(async () => {
    await cluster.start(BROKERS, { replicas: 2 });
    client = cluster.client;
    if (BROKERS !== undefined) cluster.run('relay', await cluster.freePort());
    await allUp();
    log = await openPostgresLog({ url: cluster.databaseUrl });
    await cluster.until('live marks', async () => {
      const { response } = await cluster.client.call('Trading', 'ListMarks', {
        ...{ state: '', pageSize: 500, pageToken: '', read: undefined },
      });
      return (
        response.marks.some(({ instrumentId, state }) => instrumentId === 'BTC-PERP' && state === 'live') ||
        undefined
      );
    });
    await cluster.client.call('Operations', 'OpenClient', {
      clientId: 'desk',
      name: 'Desk',
      jurisdiction: 'CH',
    });
    await cluster.client.call('Operations', 'SetKycState', {
      clientId: 'desk',
      state: 'approved',
      reason: 'known',
    });
    for (const accountId of ACCOUNTS) {
      await cluster.client.call('Operations', 'OpenAccount', {
        accountId,
        clientId: 'desk',
        name: accountId,
      });
      await cluster.client.call('Operations', 'CreditDeposit', {
        ...{
          accountId,
          subAccountId: '',
          depositId: 'first',
          asset: 'USD',
          amount: '100000',
          location: 'vault:bank',
        },
      });
    }
    load = new ClientLoad(() => client as GatewayClient, ACCOUNTS, join(cluster.directory, 'acknowledged'));
    load.start('a');
  }, TEST_MAX_MS);

  afterAll(async () => {
    await load?.stop().catch(() => undefined);
    load?.close();
    await log?.close();
    await cluster.stop();
  }, 120_000);

  it(
    `goes on through ${CYCLES} kills at random moments`,
    async () => {
      const draw = draws(5);
      const [startedMs, from] = [performance.now(), theLoad().acknowledged];
      const killed = new Map<string, number>();
      for (let kills = 0; kills < CYCLES; kills += 1) {
        await cluster.until(
          'processes to come up again',
          async () => cluster.running.filter((part) => !part.isUp()).length < DOWN_MAX || undefined,
          180_000,
        );
        await sleep(draw(400));
        const victims = cluster.running.filter(({ name }) => name !== 'exchange');
        const victim = victims[draw(victims.length)] as Part;
        killed.set(victim.name, (killed.get(victim.name) ?? 0) + 1);
        await cluster.replace(victim);
      }
      await allUp();
      await progress(50);
      const seconds = Math.round((performance.now() - startedMs) / 1_000);
      const answered = theLoad().acknowledged - from;
      tell('killed', { kills: CYCLES, seconds, answered, ...Object.fromEntries(killed) });
      expect(answered).toBeGreaterThan(CYCLES);
    },
    TEST_MAX_MS,
  );

  it(
    'is led by the standby when a leader freezes; one that wakes does no harm',
    async () => {
      const took: Record<string, number> = {};
      for (const name of BROKERS === undefined ? FROZEN : [...FROZEN, 'relay']) {
        const leader = await leaderOf(name);
        leader.child.kill('SIGSTOP');
        const frozenMs = performance.now();
        await cluster.until(`another leader of ${name}`, async () =>
          cluster.running.find((part) => part.name === name && part !== leader && part.isLeading()),
        );
        took[name] = Math.round(performance.now() - frozenMs);
        await progress(20);
        leader.child.kill('SIGCONT');
        await cluster.until(
          `the old leader of ${name} to know it`,
          async () => !leader.isLeading() || undefined,
        );
      }
      tell('taken over after, ms', took);
      for (const ms of Object.values(took)) expect(ms).toBeLessThan(TAKEOVER_MAX_MS);
      await progress(50);
    },
    TEST_MAX_MS,
  );

  it(
    'leaves nothing lost, nothing twice, every invariant and every replica as the log says',
    async () => {
      await theLoad().stop();
      const settled = async (): Promise<true | undefined> => {
        const before = await (log as PostgresLog).head();
        await sleep(1_000);
        const orders = theLoad()
          .read()
          .flatMap(({ command }) => (command.kind === 'order' ? [command.orderId] : []));
        const { response } = await cluster.client.call('Trading', 'GetOrder', {
          ...{ orderId: orders.at(-1) ?? '', read: { minPosition: before.position } },
        });
        return response.status === 'closed' || undefined;
      };
      await cluster.until('the last order to be done', settled);
      const told = theLoad().read();
      const events = await eventsOf(log as PostgresLog);
      const acknowledged = judgeAcknowledged(told, events);
      const draw = draws(9);
      const sample = told.filter(() => draw(told.length) < 100);
      let otherAnswers = 0;
      for (const { requestId, command, answer } of sample) {
        const again = await untilAnswered(() => cluster.client, command, requestId);
        if (JSON.stringify(again) !== JSON.stringify(answer)) otherAnswers += 1;
      }
      const venues = judgeVenues(join(cluster.directory, 'market'), events);
      const invariants = judgeInvariants(events);
      const replicas = cluster.running.filter(({ name }) => (SERVICES as readonly string[]).includes(name));
      const states = await judgeStates(cluster, replicas);
      tell('in the end', {
        ...{ events: events.length, ...acknowledged, sentAgain: sample.length, otherAnswers },
        ...{ venues, invariants, states, met: Object.fromEntries(theLoad().met) },
      });
      expect(acknowledged).toMatchObject({ lost: 0, twice: 0 });
      expect(otherAnswers).toBe(0);
      expect(venues).toMatchObject({ twice: 0, unknown: 0, bookedTwice: 0 });
      expect(venues.submitted).toBeGreaterThan(10);
      expect(invariants).toMatchObject({ breaches: 0 });
      expect(states.replicas).toBe(2 * SERVICES.length);
      expect(states.equal).toBe(states.hashes);
      expect(readFileSync(join(cluster.directory, 'witness.ndjson'), 'utf8').length).toBeGreaterThan(0);
    },
    TEST_MAX_MS,
  );
});
