import { openPostgresLog } from '../log/index.ts';
import type { PostgresLog } from '../log/index.ts';
import { PlainInserts } from '../log/plain-inserts.ts';
import { catalogueCodec } from '@plinth/eventing';
import { figureOf, quantile, ratioOf } from './figures.ts';
import type { Figure, Figures } from './figures.ts';
import { benchIds, benchRequest, benchSchema, benchServer, dropBenchSchema, fillEvents } from './workload.ts';

export type AppendBenchOptions = Readonly<{
  /** A server to measure on; an embedded one with durable settings when it is not given. */
  url?: string;
  callers?: number;
  /** Events per append of the second measurement. */
  eventsPerAppend?: number;
  rounds?: number;
  roundMs?: number;
}>;

/** Connections of the baseline: more gain nothing on two cores. */
const PLAIN_CONNECTIONS = 8;

/**
 * Durable appends through the whole path: encode, command key, versions, head row, commit on disk. Measured
 * for one event per command and for many, beside plain one-transaction-per-append inserts of the same payload
 * on the same server.
 */
export const benchAppend = async (options: AppendBenchOptions = {}): Promise<Figures> => {
  const { callers = 256, eventsPerAppend = 100, rounds = 5, roundMs = 2_000 } = options;
  const server = await benchServer(options.url);
  const schema = benchSchema();
  try {
    const log = await openPostgresLog({ ...server, schema });
    const plain = new PlainInserts(server.ownerUrl, schema, PLAIN_CONNECTIONS);
    await plain.create();
    const single = { append: logAppender(log, 1), callers, events: 1 };
    const many = {
      append: logAppender(log, eventsPerAppend),
      callers: Math.min(callers, 16),
      events: eventsPerAppend,
    };
    const naive = { append: plainAppender(plain), callers: PLAIN_CONNECTIONS, events: 1 };
    const loads = [single, many, naive];
    for (const load of loads) await runLoad(load, roundMs / 2);
    const results = loads.map((): Round[] => []);
    // The rounds alternate, so that a disturbance of the machine meets all of them alike.
    for (let round = 0; round < rounds; round += 1) {
      for (const [i, load] of loads.entries()) results[i]?.push(await runLoad(load, roundMs));
    }
    await log.close();
    await plain.close();
    const [singles = [], manies = [], naives = []] = results;
    const own = rate(`1 event per append, ${callers} callers`, singles);
    const base = rate(`plain inserts, one transaction per append, ${PLAIN_CONNECTIONS} connections`, naives);
    const bulk = rate(`${eventsPerAppend} events per append, ${many.callers} callers`, manies);
    return {
      bench: 'append',
      figures: [
        own,
        latency(`p99 of 1 event per append`, singles),
        bulk,
        latency('p99 of many', manies),
        base,
      ],
      ratios: [
        ratioOf('1 event per append / plain inserts', own, base),
        ratioOf('many per append / plain inserts', bulk, base),
      ],
    };
  } finally {
    await dropBenchSchema(server.ownerUrl, schema);
    await server.close();
  }
};

type Load = Readonly<{ append: (caller: number) => Promise<void>; callers: number; events: number }>;
type Round = Readonly<{ eventsPerSecond: number; p99Ms: number }>;

const rate = (name: string, rounds: readonly Round[]): Figure =>
  figureOf(
    name,
    'events/s',
    rounds.map(({ eventsPerSecond }) => eventsPerSecond),
  );

const latency = (name: string, rounds: readonly Round[]): Figure =>
  figureOf(
    name,
    'ms',
    rounds.map(({ p99Ms }) => p99Ms),
  );

/** Every caller appends, waits for the answer, and appends again. */
const runLoad = async ({ append, callers, events }: Load, forMs: number): Promise<Round> => {
  const latencies: number[] = [];
  const start = performance.now();
  const call = async (caller: number): Promise<void> => {
    for (let now = performance.now(); now - start < forMs;) {
      await append(caller);
      const answered = performance.now();
      latencies.push(answered - now);
      now = answered;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  const seconds = (performance.now() - start) / 1_000;
  return { eventsPerSecond: (latencies.length * events) / seconds, p99Ms: quantile(latencies, 0.99) };
};

/** Each caller works on 64 accounts of its own in turn, each with a command key per append. */
const logAppender = (log: PostgresLog, events: number): Load['append'] => {
  const nextId = benchIds();
  const versions = new Map<string, number>();
  let turn = 0;
  return async (caller) => {
    turn += 1;
    const account = `${caller}x${events}x${turn % 64}`;
    const stream = `account-${account}`;
    const expectedVersion = versions.get(stream) ?? 0;
    versions.set(stream, expectedVersion + events);
    const append = { stream, expectedVersion, events: fillEvents(account, events, nextId) };
    const result = await log.append(benchRequest(append, nextId(), 1_700_000_000_000 + turn));
    if (result.status !== 'appended') throw new Error(`Expected appended, was ${result.status}`);
  };
};

const plainAppender = (plain: PlainInserts): Load['append'] => {
  const nextId = benchIds();
  const versions = new Map<string, number>();
  let turn = 0;
  return async (caller) => {
    turn += 1;
    const account = `${caller}p${turn % 64}`;
    const version = (versions.get(account) ?? 0) + 1;
    versions.set(account, version);
    for (const { id, type, data } of fillEvents(account, 1, nextId)) {
      const { bytes } = catalogueCodec.encode(type, data);
      await plain.append([{ id, stream: `account-${account}`, version, type, data: bytes }]);
    }
  };
};
