import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OutcomeUnknown, Retryable, catalogueCodec } from '@plinth/eventing';
import type { AppendRequest, AppendResult, EventLog } from '@plinth/eventing';
import {
  runTraffic,
  testAppend,
  testCommand,
  testEvent,
  testId,
  testRequest,
} from '@plinth/eventing/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { APPEND_PARAMETERS } from './append-function.ts';
import { appendValues, prepareAppend } from './append-batch.ts';
import { connectClient, destroyClient } from './connection.ts';
import type { Client } from './connection.ts';
import { asOwner, openPostgresLog } from './postgres-log.ts';
import { PlainInserts } from './plain-inserts.ts';
import { startCutProxy } from './testing/cut-proxy.ts';
import type { CutProxy } from './testing/cut-proxy.ts';
import { freshLog, testServers } from './testing/server.ts';
import type { FreshLog, TestServer } from './testing/server.ts';

const WRITERS = 8;
const READERS = 3;
const TRAFFIC_MS = 3_000;
const RACERS = 100;
/** Versions that all racers want; 10,000 by flag. */
const ROUNDS = Number(process.env['PLINTH_RACE_ROUNDS'] ?? 20);

let server: TestServer;
let fresh: FreshLog;
/** Connections of the tests themselves. */
const clients = new Set<Client>();

describe.each(testServers())('%s', (_, start) => {
  beforeAll(async () => {
    server = await start();
  });
  afterAll(async () => server.close());
  beforeEach(async () => {
    fresh = await freshLog(server);
  });
  afterEach(async () => {
    for (const client of clients) destroyClient(client);
    clients.clear();
    await fresh.close();
  });
  readersBesideWriters();
  repeatedCommands();
  racingClients();
});

const forMs = (ms: number): (() => boolean) => {
  const end = performance.now() + ms;
  return () => performance.now() > end;
};

/** Small and different from turn to turn, but the same in every run. */
const turns = (): (() => number) => {
  let state = 1;
  return () => (state = (state * 48_271) % 2_147_483_647);
};

const pause = (): Promise<void> => sleep(1);

function readersBesideWriters(): void {
  describe('readers beside 8 writers that pause before they end and roll back one time in ten', () => {
    it('miss events of the control, which takes its positions from a sequence', async () => {
      const plain = new PlainInserts(server.ownerUrl, fresh.schema, WRITERS + READERS);
      await plain.create();
      const next = turns();
      const report = await runTraffic({
        writers: Array.from({ length: WRITERS }, (_, i) => {
          let version = 0;
          return async () => {
            const event = {
              id: testId(),
              stream: `account-${i}`,
              version: version + 1,
              type: 'X',
              data: new Uint8Array(),
            };
            const isRolledBack = next() % 10 === 0;
            await plain.append([event], { isRolledBack, beforeEnd: () => sleep(next() % 8) });
            if (isRolledBack) return [];
            version += 1;
            return [event.id];
          };
        }),
        readers: Array.from({ length: READERS }, () => (after: bigint) => plain.readAfter(after, 500)),
        isOver: forMs(TRAFFIC_MS),
        pause,
      });
      await plain.close();
      expect(report.committed).toBeGreaterThan(100);
      expect(report.missed).toBeGreaterThan(0);
      expect(report.gaps).toBeGreaterThan(0);
    });

    it('miss nothing of the log, although backends are terminated inside transactions', async () => {
      const { log, another, schema } = fresh;
      const next = turns();
      let terminated = 0;
      const isOver = forMs(TRAFFIC_MS);
      const report = await runTraffic({
        writers: [
          ...Array.from({ length: WRITERS }, (_, i) => pausingWriter(schema, `account-${i}`, next)),
          async () => {
            await sleep(40);
            terminated += await terminate('%', 2);
            return [];
          },
        ],
        readers: [log, another, log].map((one) => (after: bigint) => untilRead(() => one.read(after, 500))),
        isOver,
        pause,
      });
      expect(terminated).toBeGreaterThan(10);
      expect(report.committed).toBeGreaterThan(100);
      expect(report).toEqual({ committed: report.committed, missed: 0, gaps: 0, inversions: 0 });
      expect((await untilRead(() => log.head())).position).toBe(BigInt(report.committed));
    });
  });
}

/**
 * A process that does the worst it can: it holds the head row over a pause, and rolls back after it had its
 * positions.
 */
const pausingWriter = (
  schema: string,
  stream: string,
  next: () => number,
): (() => Promise<readonly string[]>) => {
  let version = 0;
  let client: Client | undefined;
  const text = `SELECT * FROM ${schema}.append(${APPEND_PARAMETERS.map(
    (parameter, i) => `$${i + 1}::${parameter.split(' ')[1] ?? ''}`,
  ).join(', ')})`;
  return async () => {
    const append = testAppend(stream, version, (next() % 3) + 1);
    const ids = append.events.map(({ id }) => id);
    const isRolledBack = next() % 10 === 0;
    try {
      client ??= await connectClient(
        { url: server.url, rights: 'service', purpose: `pausing writer ${schema}` },
        () => {
          client = undefined;
        },
      );
      const own = client;
      clients.add(own);
      await own.query('BEGIN');
      await own.query(text, [...appendValues(1, [prepareAppend(testRequest([append]), catalogueCodec)])]);
      await sleep(next() % 5);
      await own.query(isRolledBack ? 'ROLLBACK' : 'COMMIT');
      if (isRolledBack) return [];
    } catch {
      // Terminated: what became of the events is asked of the log, as every client must.
      client = undefined;
      const known = await untilRead(() => fresh.log.readStream(stream, version, 1));
      if (known[0]?.id !== ids[0]) return [];
    }
    version += ids.length;
    return ids;
  };
};

/** Terminates some backends that work on this test's log; says how many. */
const terminate = async (purpose: string, most: number): Promise<number> =>
  asOwner(server.ownerUrl, async (client) => {
    const { rowCount } = await client.query(
      `SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity
        WHERE application_name LIKE 'plinth ' || $1 || ' ' || $3
        ORDER BY random() LIMIT $2) AS victims`,
      [purpose, most, fresh.schema],
    );
    return rowCount ?? 0;
  });

const untilRead = async <T>(read: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Retryable)) throw error;
      await pause();
    }
  }
};

/**
 * What every sender of a command does: it asks again with the same key until it knows. Counts the failures it
 * met.
 */
const untilAnswered = async (
  log: EventLog,
  request: AppendRequest,
  failures: Error[],
): Promise<AppendResult> => {
  for (;;) {
    try {
      return await log.append(request);
    } catch (error) {
      if (!(error instanceof Retryable || error instanceof OutcomeUnknown)) throw error;
      failures.push(error);
      await pause();
    }
  }
};

const expectOneEffectEach = async (log: EventLog, keys: readonly string[]): Promise<void> => {
  const events = await log.read(0n, 10_000);
  expect(events.map(({ position }) => position)).toEqual(events.map((_, i) => BigInt(i + 1)));
  expect(events.map(({ stream }) => stream).sort()).toEqual(keys.map((key) => `order-${key}`).sort());
  for (const key of keys) expect(await log.command('ada', key)).toBeDefined();
};

function repeatedCommands(): void {
  describe('commands that are sent again until they are answered', () => {
    it('have one effect each when backends are terminated under them', async () => {
      const { log, another } = fresh;
      const failures: Error[] = [];
      const keys: string[] = [];
      const isTimeOver = forMs(2_000);
      // A terminated backend is sometimes idle; the test goes on until one was caught in the middle.
      const isOver = (): boolean =>
        isTimeOver() && failures.some((failure) => failure instanceof OutcomeUnknown);
      const caller = async (one: EventLog, name: string): Promise<void> => {
        for (let n = 0; !isOver(); n += 1) {
          const key = `${name}-${n}`;
          keys.push(key);
          const request = testRequest([testAppend(`order-${key}`, 0)], { command: testCommand(key) });
          await untilAnswered(one, request, failures);
        }
      };
      const killer = async (): Promise<void> => {
        while (!isOver()) {
          await sleep(10);
          await terminate('append', 3);
        }
      };
      await Promise.all([
        killer(),
        ...Array.from({ length: WRITERS }, (_, i) => caller(i % 2 ? log : another, `c${i}`)),
      ]);
      expect(keys.length).toBeGreaterThan(50);
      await untilRead(() => expectOneEffectEach(log, keys));
    });

    describe('over a wire that is cut', () => {
      let proxy: CutProxy;
      beforeEach(async () => {
        proxy = await startCutProxy(server.url);
      });
      afterEach(async () => proxy.close());

      it('say that the outcome is unknown, and find out by asking again', async () => {
        const log = await openPostgresLog({
          url: proxy.url,
          ownerUrl: server.ownerUrl,
          schema: fresh.schema,
        });
        const request = (key: string): AppendRequest =>
          testRequest([testAppend(`order-${key}`, 0)], { command: testCommand(key) });
        await log.append(request('warm'));

        const committed = request('committed');
        proxy.arm('answer');
        await expect(log.append(committed)).rejects.toBeInstanceOf(OutcomeUnknown);
        expect(await untilAnswered(log, committed, [])).toMatchObject({ status: 'duplicate', last: 2n });

        const unsent = request('unsent');
        proxy.arm('request');
        await expect(log.append(unsent)).rejects.toBeInstanceOf(OutcomeUnknown);
        expect(await untilAnswered(log, unsent, [])).toMatchObject({ status: 'appended', last: 3n });
        await log.close();
      });

      it('have one effect each, whenever it is cut', async () => {
        const log = await openPostgresLog({
          url: proxy.url,
          ownerUrl: server.ownerUrl,
          schema: fresh.schema,
        });
        const next = turns();
        const failures: Error[] = [];
        const keys = Array.from({ length: 150 }, (_, i) => `k${i}`);
        const sendAll = async (own: readonly string[]): Promise<void> => {
          for (const key of own) {
            const request = testRequest([testAppend(`order-${key}`, 0)], { command: testCommand(key) });
            if (next() % 3 > 0) proxy.arm(next() % 2 === 0 ? 'answer' : 'request');
            // Two copies of the same command at once, as an impatient client sends them.
            await Promise.all([untilAnswered(log, request, failures), untilAnswered(log, request, failures)]);
          }
        };
        await Promise.all([0, 1, 2].map((part) => sendAll(keys.filter((_, i) => i % 3 === part))));
        expect(failures.length).toBeGreaterThan(50);
        await expectOneEffectEach(fresh.log, keys);
        await log.close();
      });
    });
  });
}

function racingClients(): void {
  it(
    `${RACERS} clients that want the same version of a stream: one gets it, ${ROUNDS} times`,
    async () => {
      const logs = [fresh.log, fresh.another];
      const winners: string[] = [];
      let [notOne, others] = [0, 0];
      for (let version = 0; version < ROUNDS; version += 1) {
        const ids = Array.from({ length: RACERS }, () => testId());
        const race = ids.map((id, n) => {
          const events = [testEvent(n, id)];
          const request = testRequest([{ stream: 'account-1', expectedVersion: version, events }]);
          return (logs[n % logs.length] as EventLog).append(request);
        });
        const statuses = (await Promise.all(race)).map(({ status }) => status);
        const won = ids.filter((_, n) => statuses[n] === 'appended');
        if (won.length !== 1) notOne += 1;
        others += statuses.filter((status) => status !== 'appended' && status !== 'conflict').length;
        winners.push(...won);
      }
      const events = await fresh.log.readStream('account-1', 0, ROUNDS + 1);
      const figures = { clients: RACERS, rounds: ROUNDS, notOne, others, versions: events.length };
      process.stdout.write(`raced: ${JSON.stringify(figures)}\n`);
      expect(figures).toMatchObject({ notOne: 0, others: 0, versions: ROUNDS });
      expect(events.map(({ id }) => id)).toEqual(winners);
      expect(events.map(({ version }) => version)).toEqual(events.map((_, n) => n + 1));
    },
    120_000 + ROUNDS * 500,
  );
}
