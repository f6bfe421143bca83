import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { controlMissing } from '@plinth/runtime/testing';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { forged, replayed, withoutBroker } from './testing/bad-backbone.ts';
import { draws, type ClientCommand } from './testing/client-load.ts';
import { SERVICES, type Part } from './testing/cluster.ts';
import { LoadedCluster, tell } from './testing/loaded-cluster.ts';
import { readOwnWrites } from './testing/own-writes.ts';
import { stopUnderway } from './testing/stops.ts';
import { withWrongClocks } from './testing/wrong-clocks.ts';

/*
 * A whole cluster with two replicas of every service, under load, while its processes are killed, frozen,
 * stopped and told the wrong time, and its backbone fails; and what is left of it in the end.
 * PLINTH_FAULT_CYCLES says how many kills, PLINTH_FAULT_OUTAGE_S how many seconds more Kafka is away.
 */

const BROKERS = process.env['PLINTH_KAFKA_BROKERS'];
const CYCLES = Number(process.env['PLINTH_FAULT_CYCLES'] ?? 50);
const OUTAGE_MS = 1_000 * Number(process.env['PLINTH_FAULT_OUTAGE_S'] ?? 0);
/** Processes that may be coming up again at once. */
const DOWN_MAX = 5;
/** From SIGSTOP to the standby's first words as leader; goal 5 s on a machine with nothing else to do. */
const TAKEOVER_MAX_MS = 20_000;
/** A hundred kills and more take theirs: 12 s each at the most. */
const TEST_MAX_MS = 600_000 + CYCLES * 12_000 + 10 * OUTAGE_MS;
const FROZEN = ['accounts', 'risk', 'liquidation', 'routing', 'interest'] as const;
/** What Kubernetes gives a process to stop in (`k8s/base/process-patch.yaml`). */
const GRACE_MS = 45_000;
const STOPPED: readonly string[] = ['accounts', 'routing', 'gateway'];
/** Timers of all services in a few hundred events: more of them would be a storm. */
const TIMERS_MAX = 200;

const throughKafka = BROKERS === undefined ? it.skip : it;
const withControl = BROKERS === undefined || controlMissing !== undefined ? it.skip : it;

describe('a cluster whose processes fail', () => {
  const on = new LoadedCluster(BROKERS);
  const { cluster } = on;

  beforeAll(() => on.start(), TEST_MAX_MS);
  afterAll(() => on.stop(), 120_000);

  it(
    `goes on through ${CYCLES} kills at random moments`,
    async () => {
      const draw = draws(5);
      const [startedMs, from] = [performance.now(), on.load.acknowledged];
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
      await on.allUp();
      await on.progress(50);
      const seconds = Math.round((performance.now() - startedMs) / 1_000);
      const answered = on.load.acknowledged - from;
      tell('killed', { kills: CYCLES, seconds, answered, ...Object.fromEntries(killed) });
      expect(answered).toBeGreaterThan(CYCLES);
    },
    TEST_MAX_MS,
  );

  /** New connections meet both replicas, the frozen one too. */
  const connectAnew = async (name: string): Promise<void> => {
    for (let times = 0; times < 2; times += 1) {
      cluster.cut(name, 100);
      await sleep(300);
    }
  };

  it(
    'is led by the standby when a leader freezes; one that wakes does no harm',
    async () => {
      const took: Record<string, number> = {};
      for (const name of BROKERS === undefined ? FROZEN : [...FROZEN, 'relay']) {
        const leader = await on.leaderOf(name);
        leader.child.kill('SIGSTOP');
        try {
          const frozenMs = performance.now();
          await cluster.until(`another leader of ${name}`, async () =>
            cluster.running.find((part) => part.name === name && part !== leader && part.isLeading()),
          );
          took[name] = Math.round(performance.now() - frozenMs);
          await connectAnew(name);
          await on.progress(20);
        } finally {
          leader.child.kill('SIGCONT');
        }
        await cluster.until(
          `the old leader of ${name} to know it`,
          async () => !leader.isLeading() || undefined,
        );
      }
      tell('taken over after, ms', took);
      for (const ms of Object.values(took)) expect(ms).toBeLessThan(TAKEOVER_MAX_MS);
      await on.progress(50);
    },
    TEST_MAX_MS,
  );

  it(
    'answers every call under way when a process is asked to stop, or asks for it to be sent again',
    async () => {
      await on.venuesUp();
      const { position } = await on.log.head();
      // The connection of the gateway goes to one of two replicas: to whichever, calls are under way there.
      for (const part of cluster.running.filter(({ name }) => STOPPED.includes(name))) {
        const { name, port } = part;
        const command = (n: number): ClientCommand => {
          const [accountId, id] = [`f${n % 8}`, `stop-${port}-${n}`];
          return name === 'routing'
            ? { kind: 'order', accountId, orderId: `operator.${id}`, side: 'buy' }
            : { kind: 'deposit', accountId, depositId: id, amount: '1' };
        };
        const figures = await stopUnderway(on, part, command);
        tell(`${name} stopped`, figures);
        expect(figures).toMatchObject({ ended: 0, otherwise: [] });
        expect(figures.tookMs).toBeLessThan(GRACE_MS);
      }
      // Calls that a stopping service has cut are no failures of the venue.
      expect(await on.takenDown(position)).toEqual([]);
      await on.allUp();
    },
    TEST_MAX_MS,
  );

  it(
    'shows a caller his own write at every replica, and never an answer of before it',
    async () => {
      await on.allUp();
      const figures = await readOwnWrites(on, 20);
      tell('own writes', figures);
      expect(figures).toMatchObject({ asked: 40, missing: 0, early: 0, tooSoon: 2, answeredTooSoon: 0 });
      expect(figures.standbys).toBeGreaterThan(0);
    },
    TEST_MAX_MS,
  );

  it(
    'keeps its order, and loses nothing, while clocks are ten minutes off and step back',
    async () => {
      const figures = await withWrongClocks(on, 60);
      tell('wrong clocks', figures);
      expect(figures).toMatchObject({ recordedBack: 0 });
      expect(figures.ahead).toBeGreaterThan(0);
      expect(figures.behind).toBeGreaterThan(0);
      for (const fired of Object.values(figures.timers)) expect(fired).toBeLessThan(TIMERS_MAX);
    },
    TEST_MAX_MS,
  );

  withControl(
    'trades on while Kafka is away, and publishes all of it afterwards',
    async () => {
      const figures = await withoutBroker(on, OUTAGE_MS, 40);
      tell('Kafka away', { seconds: OUTAGE_MS / 1_000, ...figures });
      expect(figures).toMatchObject({ lost: 0 });
      expect(figures.answered).toBeGreaterThanOrEqual(40);
      expect(BigInt(figures.lag)).toBeGreaterThan(0n);
    },
    TEST_MAX_MS,
  );

  throughKafka(
    'takes what comes five times and in disorder once',
    async () => {
      const figures = await replayed(on, 40);
      tell('replayed', figures);
      expect(figures).toMatchObject({ lost: 0 });
    },
    TEST_MAX_MS,
  );

  it(
    'leaves nothing lost, nothing twice, every invariant and every replica as the log says',
    async () => {
      await on.allUp();
      await on.settle();
      const judgement = await on.judge();
      tell('in the end', judgement);
      const { acknowledged, venues, states } = judgement;
      expect(acknowledged).toMatchObject({ lost: 0, twice: 0 });
      expect(judgement.otherAnswers).toBe(0);
      expect(venues).toMatchObject({ twice: 0, unknown: 0, bookedTwice: 0 });
      expect(venues.submitted).toBeGreaterThan(10);
      expect(judgement.invariants).toMatchObject({ breaches: 0 });
      expect(states.replicas).toBe(2 * SERVICES.length);
      expect(states.equal).toBe(states.hashes);
      expect(readFileSync(join(cluster.directory, 'witness.ndjson'), 'utf8').length).toBeGreaterThan(0);
    },
    TEST_MAX_MS,
  );

  throughKafka(
    'stands before a record of another history, says where, and answers questions',
    async () => {
      const figures = await forged(on);
      tell('forged', figures);
      const all = 2 * SERVICES.length;
      expect(figures).toMatchObject({ standing: all, naming: all, answering: 2 });
    },
    TEST_MAX_MS,
  );
});
