import { AccountsService, DEFAULT_ACCOUNTS_CONFIG } from '@plinth/accounts';
import type { Envelope, Fold } from '@plinth/eventing';
import { RiskService } from '@plinth/risk';
import { asOwner, openPostgresLog, ReadAhead, type PostgresLog } from '@plinth/runtime';
import { benchIds, benchSchema, benchServer, dropBenchSchema } from '@plinth/runtime/bench';
import { against, atLeast, type BenchRow } from './bench-row.ts';
import { asAppends, brokerEvents } from './broker-log.ts';
import { measureRates, type Spread } from './measure.ts';
import { sizes, type BenchOptions } from './options.ts';
import { keepSnapshots } from './restore.ts';

const BENCH = 'replay';
const READ_EVENTS = 10_000;
/** As a service that catches up. */
const FOLDED_AT_ONCE = 2_000;
const ACCOUNTS = 1_000;
const UNIT = 'events/s';

/** Every view of accounts and risk, empty. */
export const freshFolds = (): readonly Fold[] => [
  ...Object.values(AccountsService({ ...DEFAULT_ACCOUNTS_CONFIG, cell: 'main' }).views()),
  ...Object.values(RiskService({ cell: 'main' }).views()),
];

/** The whole log through the folds. Returns how many events there were. */
export const replayAll = async (
  log: PostgresLog,
  folds: readonly Fold[],
  signal?: AbortSignal,
): Promise<number> => {
  const ahead = new ReadAhead<Envelope>((after, limit) => log.read(after, limit));
  for (let last = 0n; ;) {
    signal?.throwIfAborted();
    const events = await ahead.read(last, FOLDED_AT_ONCE);
    for (const event of events) for (const fold of folds) fold.apply(event);
    const end = events.at(-1);
    if (end === undefined) return Number(last);
    last = end.position;
  }
};

/** Rows through a server-side cursor, as the driver gives them; nothing is decoded. */
export const cursorAll = (ownerUrl: string, schema: string): Promise<number> =>
  asOwner(ownerUrl, async (client) => {
    await client.query('BEGIN');
    await client.query(`DECLARE whole CURSOR FOR SELECT * FROM ${schema}.events ORDER BY position`);
    for (let count = 0; ;) {
      const { rows } = await client.query(`FETCH ${READ_EVENTS} FROM whole`);
      count += rows.length;
      if (rows.length > 0) continue;
      await client.query('ROLLBACK');
      return count;
    }
  });

/** Puts a broker's events into a log. */
export const fill = async (log: PostgresLog, count: number, signal?: AbortSignal): Promise<void> => {
  for (const request of asAppends(brokerEvents(Math.min(ACCOUNTS, count / 10), count), benchIds())) {
    signal?.throwIfAborted();
    const { status } = await log.append(request);
    if (status !== 'appended') throw new Error(`Expected appended, was ${status}`);
  }
};

/** A whole log from PostgreSQL into every view of the accounts and risk services together. */
export const benchReplay = async (options: BenchOptions): Promise<readonly BenchRow[]> => {
  const server = await benchServer(options.databaseUrl);
  const rows: BenchRow[] = [];
  try {
    for (const count of sizes(options, 10_000, 100_000, 1_000_000)) {
      const schema = benchSchema();
      const log = await openPostgresLog({ ...server, schema });
      try {
        await fill(log, count);
        rows.push(...(await atSize(log, server.ownerUrl, count, options)));
      } finally {
        await log.close();
        await dropBenchSchema(server.ownerUrl, schema);
      }
    }
  } finally {
    await server.close();
  }
  return rows;
};

const milliseconds = (count: number, { median }: Spread): string => ((count * 1_000) / median).toFixed(0);

const atSize = async (
  log: PostgresLog,
  ownerUrl: string,
  count: number,
  { pace }: BenchOptions,
): Promise<readonly BenchRow[]> => {
  // One replay of a long log is a round of its own.
  const rounds =
    count > 500_000 ? { ...pace, rounds: Math.min(3, pace.rounds), warmUpMs: 0, roundMs: 0 } : pace;
  const kept = await keepSnapshots(log, READ_EVENTS);
  const subjects = [
    { name: 'restore', run: kept.restore },
    { name: 'folds', run: () => replayAll(log, freshFolds()) },
    { name: 'decoded', run: () => replayAll(log, []) },
    { name: 'cursor', run: () => cursorAll(ownerUrl, log.schema) },
  ];
  const measured = await measureRates(subjects, rounds);
  const [restore, folds, decoded, cursor] = measured as [Spread, Spread, Spread, Spread];
  const scale = `${count.toLocaleString('en')} events`;
  const common = { bench: BENCH, scale, unit: UNIT };
  return [
    {
      ...common,
      what: 'from PostgreSQL into all views of accounts and risk',
      figure: folds,
      baseline: against('rows through a cursor, not decoded', folds, cursor),
      target: atLeast(300_000, folds, UNIT),
    },
    {
      ...common,
      what: 'read and decoded, no fold',
      figure: decoded,
      baseline: against('rows through a cursor, not decoded', decoded, cursor),
    },
    {
      ...common,
      what: 'accounts and risk begin from snapshots at the end',
      figure: restore,
      baseline: against('the same folded from the first event', restore, folds),
      note:
        `${milliseconds(count, restore)} ms a start instead of ${milliseconds(count, folds)}; ` +
        `folding waits ${Math.round(kept.pauseMs)} ms for both to be written, ` +
        `${Math.round(kept.bytes / 1_024)} KiB`,
    },
  ];
};
