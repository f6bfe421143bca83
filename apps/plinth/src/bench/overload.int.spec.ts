import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  openPostgresLog,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type PostgresLog,
} from '@plinth/runtime';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOverload } from './overload.ts';

/** PLINTH_OVERLOAD_SECONDS=60 makes it the minute that is promised. */
const SECONDS = Number(process.env['PLINTH_OVERLOAD_SECONDS'] ?? 20);
const TIMES = 5;
const GROWN_MAX_MB = 48;

describe(`five times as many callers as a cell has room for, ${SECONDS} s`, () => {
  let directory: string;
  let server: EmbeddedPostgres;
  let log: PostgresLog;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'plinth-overload-'));
    await chmod(directory, 0o755);
    server = await startEmbeddedPostgres({ directory });
    log = await openPostgresLog({ url: server.url, ownerUrl: server.ownerUrl });
  }, 120_000);

  afterAll(async () => {
    await log?.close();
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it(
    'are told when to come again, and nothing that was accepted is lost or done twice',
    async () => {
      const terms = { log, url: server.url, normalMs: 5_000, overloadMs: SECONDS * 1_000, times: TIMES };
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
