import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPostgresLog, type PostgresLog } from '@plinth/runtime';
import { runFairness } from './fairness.ts';
import { runOverload } from './overload.ts';
import { OwnServer } from './own-server.ts';
import { runRetryStorm } from './retry-storm.ts';

/** PLINTH_OVERLOAD_SECONDS=60 makes it the minute that is promised. */
const SECONDS = Number(process.env['PLINTH_OVERLOAD_SECONDS'] ?? 20);
const TIMES = 5;
const GROWN_MAX_MB = 48;

/** A greedy one has nothing left on a slow machine too; for all that the modest one asks it is enough. */
const FEW = { perSecond: 10, burst: 100 };

/** How long the log is away under a crowd of callers: PLINTH_STORM_SECONDS=60 makes it the minute. */
const STORM_MS = 1_000 * Number(process.env['PLINTH_STORM_SECONDS'] ?? 3);

const tell = (what: string, figures: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`);
};

let server: OwnServer;
const logs: PostgresLog[] = [];

const openLog = async (schema: string): Promise<PostgresLog> => {
  const log = await openPostgresLog({ ...server.urls, schema });
  logs.push(log);
  return log;
};

beforeAll(async () => {
  server = await OwnServer.start();
}, 120_000);

afterAll(async () => {
  for (const log of logs) await log.close();
  await server?.close();
});

describe(`five times as many callers as a cell has room for, ${SECONDS} s`, () => {
  it(
    'are told when to come again, and nothing that was accepted is lost or done twice',
    async () => {
      const log = await openLog('plinth');
      const terms = { log, url: server.urls.url, normalMs: 5_000, overloadMs: SECONDS * 1_000, times: TIMES };
      const figures = await runOverload(terms);
      const { accepted, others, refused, backMs, grownMb, laneOverload, capacity, taken } = figures;
      // Every answer is an acceptance or says when to come again.
      expect(others).toEqual([]);
      expect(refused).toBeGreaterThan(0);
      // Work goes on being done: it does not drown in refusals.
      expect(taken).toBeGreaterThan(capacity / 5);
      // What services append of themselves got through, all of it.
      expect(laneOverload.p50Ms).toBeGreaterThan(0);
      expect(backMs).toBeLessThan(30_000);
      // What is done in the overload leaves no more behind than the keys of what was accepted.
      expect(grownMb).toBeLessThan(GROWN_MAX_MB);
      const [credited] = await log.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM ${log.schema}.events WHERE type = 'DepositCredited'`,
      );
      const [stored] = await log.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM ${log.schema}.commands WHERE key = ANY($1)`,
        [accepted],
      );
      expect(stored?.n).toBe(accepted.length);
      // Nothing else was done, and nothing twice.
      expect(credited?.n).toBe(accepted.length);
      expect(new Set(accepted).size).toBe(accepted.length);
    },
    120_000 + SECONDS * 2_000,
  );
});

describe('one client who calls from a hundred places at once', () => {
  it('is held to what he may have, and another one is answered every time', async () => {
    const { url } = server.urls;
    const log = await openLog('plinth_fair');
    const terms = { log, url, calls: 20, times: 100, rates: { perKey: FEW, perClient: FEW } };
    const { greedy, modest, alone, beside } = await runFairness(terms);
    const { asked, served, limited, others } = greedy;
    tell('one client at 100 times', { asked, served, limited, modest, alone, beside });
    expect(others).toEqual([]);
    expect(limited).toBeGreaterThan(100);
    expect(modest.served).toBe(modest.asked);
  }, 300_000);
});

describe(`a crowd whose log is away for ${STORM_MS / 1_000} s`, () => {
  it(
    'does not drown it when it is back: everybody is answered, once, after a few sends',
    async () => {
      const { url, ownerUrl } = server.urls;
      const log = await openPostgresLog({ url, ownerUrl, schema: 'plinth_storm' });
      const outage = (): Promise<void> => server.outage(STORM_MS);
      const figures = await runRetryStorm({ log, url, callers: 200, commands: 2, outage });
      const { accepted, others, commands, outageMs } = figures;
      tell('retry storm', { ...figures, accepted: accepted.length });
      expect(others).toEqual([]);
      expect(accepted).toHaveLength(commands);
      const [credited] = await log.query<{ n: number; ids: number }>(
        `SELECT count(*)::int AS n, count(DISTINCT id)::int AS ids FROM ${log.schema}.events
       WHERE type = 'DepositCredited'`,
      );
      await log.close();
      expect(credited).toEqual({ n: commands, ids: commands });
      // Waits grow to five seconds: who came every quarter of a second would send many times as often.
      expect(figures.mostSends).toBeLessThan(15 + outageMs / 2_000);
    },
    300_000 + 5 * STORM_MS,
  );
});
