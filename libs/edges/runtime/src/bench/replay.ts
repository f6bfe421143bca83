import type { Fold } from '@plinth/eventing';
import { asOwner, openPostgresLog } from '../log/index.ts';
import type { PostgresLog } from '../log/index.ts';
import { readPlainRows } from '../log/plain-inserts.ts';
import { figureOf, ratioOf } from './figures.ts';
import type { Figure, Figures } from './figures.ts';
import { benchIds, benchRequest, benchSchema, benchServer, dropBenchSchema, fillEvents } from './workload.ts';

export type ReplayBenchOptions = Readonly<{
  url?: string;
  /** Events in the log that is replayed. */
  events?: number;
  rounds?: number;
  /** Fresh folds that every event is applied to; none measures reading and decoding alone. */
  folds?: () => readonly Fold[];
}>;

const EVENTS_PER_APPEND = 500;
const ACCOUNTS = 1_000;
const READ_EVENTS = 10_000;

/**
 * A whole log from PostgreSQL into folds: rows, gap check, payloads decoded, folds applied. The baseline
 * reads the same rows with the driver's plain SELECT and does nothing with them.
 */
export const benchReplay = async (options: ReplayBenchOptions = {}): Promise<Figures> => {
  const { events = 200_000, rounds = 5, folds = () => [] } = options;
  const server = await benchServer(options.url);
  const schema = benchSchema();
  try {
    const log = await openPostgresLog({ ...server, schema });
    await fill(log, events);
    const replay = (): Promise<number> => replayAll(log, folds());
    const plain = (): Promise<number> => plainAll(server.ownerUrl, schema);
    const [replays, plains]: [number[], number[]] = [[], []];
    for (let round = -1; round < rounds; round += 1) {
      const [own, naive] = [await rate(replay), await rate(plain)];
      // The first round warms caches and compiler.
      if (round < 0) continue;
      replays.push(own);
      plains.push(naive);
    }
    await log.close();
    const own: Figure = figureOf(`replay of ${events} events`, 'events/s', replays);
    const base: Figure = figureOf('plain SELECT of the same rows, not decoded', 'events/s', plains);
    return { bench: 'replay', figures: [own, base], ratios: [ratioOf('replay / plain SELECT', own, base)] };
  } finally {
    await dropBenchSchema(server.ownerUrl, schema);
    await server.close();
  }
};

const rate = async (readAll: () => Promise<number>): Promise<number> => {
  const start = performance.now();
  const count = await readAll();
  return count / ((performance.now() - start) / 1_000);
};

const fill = async (log: PostgresLog, events: number): Promise<void> => {
  const nextId = benchIds();
  const versions = new Map<string, number>();
  for (let done = 0, turn = 0; done < events; done += EVENTS_PER_APPEND, turn += 1) {
    const account = `${turn % ACCOUNTS}`;
    const expectedVersion = versions.get(account) ?? 0;
    versions.set(account, expectedVersion + EVENTS_PER_APPEND);
    const append = {
      stream: `account-${account}`,
      expectedVersion,
      events: fillEvents(account, EVENTS_PER_APPEND, nextId),
    };
    await log.append(benchRequest(append, nextId(), 1_700_000_000_000 + turn));
  }
};

const replayAll = async (log: PostgresLog, folds: readonly Fold[]): Promise<number> => {
  let last = 0n;
  for (;;) {
    const batch = await log.read(last, READ_EVENTS);
    for (const event of batch) for (const fold of folds) fold.apply(event);
    const end = batch.at(-1);
    if (end === undefined) return Number(last);
    last = end.position;
  }
};

const plainAll = (url: string, schema: string): Promise<number> =>
  asOwner(url, async (client) => {
    let last = 0;
    for (;;) {
      const rows = await readPlainRows(client, schema, last, READ_EVENTS);
      if (rows === 0) return last;
      last += rows;
    }
  });
