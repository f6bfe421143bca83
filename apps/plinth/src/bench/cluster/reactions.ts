import type { Cluster } from '@plinth/gateway/cluster';
import { MarketControlClient, type PlayRequest } from '@plinth/messages/venue';
import { asOwner, type PostgresLog } from '@plinth/runtime';
import { channelCredentialsTo } from '@plinth/runtime/grpc';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { absentRow, atMost, type BenchRow } from '../bench-row.ts';
import { quantile, spreadOf } from '../measure.ts';
import { formatCellParameters, type CellParameters } from '@plinth/portfolio';
import { benchIds } from '@plinth/runtime/bench';
import { asAppends, type Given } from '../broker-log.ts';
import { lastOf } from './last-event.ts';
import { gradedBook, POSITIONS, probeBook, type PricedInstrument } from './cell-book.ts';

const BENCH = 'cluster';
const TARGET_MS = 60;
const SETTLE_MS = 2_000;
/** OrderPlaced, ReductionOrdered, LiquidationStarted, LiquidationRequested, MarksPublished; one to spare. */
const HOPS_MAX = 6;
/**
 * Prices that wander as on a calm day and fall by half a percent: pricing's guard lets a price move by 0.2 %
 * a second, and while it holds one back nobody is liquidated. A market of so many ticks is calm for a quarter
 * of them.
 */
const FALL = { scenario: 'crash', seed: 51, ticks: 20_000, tickMs: 500 } as const;
const FALL_MS = 80 * FALL.tickMs;
/** A fall begins where every scenario does: prices are led back there, as fast as the guard lets them. */
const CALM = { scenario: 'calm', seed: 1, ticks: 20, tickMs: 200 } as const;
const RECOVERY_MS = 10_000;
/** Of all prices, from the first tick to the lowest one. */
const FALL_SHARE = 0.005;

const play = (cluster: Cluster, request: PlayRequest): Promise<void> => {
  const files = cluster.certificates('operator');
  const tls = {
    keyFile: join(files, 'tls.key'),
    certFile: join(files, 'tls.crt'),
    caFile: join(files, 'ca.crt'),
  };
  const control = new MarketControlClient(cluster.address('exchange'), channelCredentialsTo(tls)('exchange'));
  return new Promise((resolve, reject) => {
    control.play(request, (error) => {
      control.close();
      if (error === null) resolve();
      else reject(error);
    });
  });
};

export type Row = Readonly<{ id: string; stream: string; type: string; cause: string; at: number }>;

/** Since a position: what was recorded, by what, and when by the database's clock, in milliseconds. */
const rowsSince = (url: string, schema: string, position: bigint): Promise<readonly Row[]> =>
  asOwner(url, async (client) => {
    const { rows } = await client.query<Row>(
      `SELECT id::text, stream, type, causation_id AS cause,
         (extract(epoch FROM recorded_at) * 1000)::float8 AS at
       FROM ${schema}.events WHERE position > $1 ORDER BY events.position`,
      [position.toString()],
    );
    return rows;
  });

export type ReactionTimes = Readonly<{ decisions: readonly number[]; orders: readonly number[] }>;

/**
 * Milliseconds from each tick to what followed from it: changes of margin states, and orders to venues. What
 * an effect found out names the effect as its cause: an order's first route is taken for caused by the order.
 * What was sent after a venue had answered, a later route of an order or a later step of a liquidation, has
 * another cause than a tick and does not count.
 */
export const reactionTimes = (rows: readonly Row[]): ReactionTimes => {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const placed = new Map(
    rows.filter(({ type }) => type === 'OrderPlaced').map((row) => [row.stream, row] as const),
  );
  const causeOf = (row: Row): Row | undefined =>
    row.type === 'OrderRouted' ? placed.get(row.stream) : byId.get(row.cause);
  const tickOf = (effect: Row): Row | undefined => {
    for (let row = causeOf(effect), hop = 0; row !== undefined && hop < HOPS_MAX; hop += 1) {
      if (row.type === 'MarksPublished') return row;
      // Of what came back from a venue the tick is not the cause.
      if (row.type === 'ChildFilled') return undefined;
      row = causeOf(row);
    }
    return undefined;
  };
  const timesOf = (effects: readonly Row[]): readonly number[] =>
    effects.flatMap((effect) => {
      const tick = tickOf(effect);
      return tick === undefined ? [] : [effect.at - tick.at];
    });
  const routed = new Map<string, Row>();
  for (const row of rows)
    if (row.type === 'OrderRouted' && !routed.has(row.stream)) routed.set(row.stream, row);
  const decisions = rows.filter(({ type }) => type === 'MarginStateChanged');
  return { decisions: timesOf(decisions), orders: timesOf([...routed.values()]) };
};

export type ReactionOptions = Readonly<{
  cluster: Cluster;
  log: PostgresLog;
  /** The derivatives at their prices now. */
  market: () => Promise<readonly PricedInstrument[]>;
  accounts: number;
  /** How many fall, in one run after the other. */
  graded: readonly number[];
  /** Puts accounts into the log and waits until the services know them. */
  seeded: (book: Iterable<Given>) => Promise<void>;
  signal: AbortSignal;
}>;

type Standing = Readonly<{ equity: number; maintenance: number }>;

const standingOf = async ({ client }: Cluster, accountId: string): Promise<Standing> => {
  const { response } = await client.call('Margin', 'GetMargin', { accountId, read: undefined });
  const { equity, maintenanceMargin } = response.figures ?? { equity: '', maintenanceMargin: '' };
  return { equity: Number(equity), maintenance: Number(maintenanceMargin) };
};

/** Where the line through two points meets equity = maintenance margin. */
const crossing = (a: Standing, b: Standing): number => {
  const slope = (b.maintenance - a.maintenance) / (b.equity - a.equity);
  return (b.maintenance - slope * b.equity) / (1 - slope);
};

/** Each nearer to the line than the one before, and above it. */
const PROBES = [1.5, 1.1, 1.03] as const;

/**
 * Equity in USD at which an account of the book has its maintenance margin, and no more. The margin grows as
 * money leaves (venues must be funded from what is left), so it is looked for.
 */
const leastEquity = async (
  { cluster, seeded }: ReactionOptions,
  graded: number,
  market: readonly PricedInstrument[],
): Promise<number> => {
  let [before, last] = [await standingOf(cluster, 'a8'), await standingOf(cluster, 'a9')];
  let least = last.maintenance;
  for (const [n, share] of PROBES.entries()) {
    const probe = `p${graded}x${n}`;
    await seeded(probeBook(probe, least * share, market));
    [before, last] = [last, await standingOf(cluster, probe)];
    least = crossing(before, last);
  }
  return least;
};

const PARAMETERS_STREAM = 'parameters-main';
/** Longer than the fall: what is liquidated is so by a price and not by a deadline. */
const GRACE_MS = 3_600_000;

/** Every margin call has time. */
const givePatience = async ({ cluster, log }: ReactionOptions): Promise<void> => {
  const last = await lastOf(cluster.databaseUrl, log, 'RiskParametersSet', PARAMETERS_STREAM);
  const version = last.data.version + 1;
  const present = JSON.parse(last.data.parametersJson) as CellParameters;
  const parametersJson = formatCellParameters({ ...present, call: { graceMs: GRACE_MS } });
  const event = { type: 'RiskParametersSet', data: { version, parametersJson } } as const;
  const appends = asAppends(
    [{ stream: PARAMETERS_STREAM, event }],
    benchIds(),
    new Map([[PARAMETERS_STREAM, last.version]]),
  );
  for (const request of appends) {
    const { status } = await log.append(request);
    if (status !== 'appended') throw new Error(`Expected appended, was ${status}`);
  }
};

/** Prices fall through the whole cluster: accounts cross one after another, and are liquidated. */
export const benchReactions = async (options: ReactionOptions): Promise<readonly BenchRow[]> => {
  await givePatience(options);
  const rows: BenchRow[] = [];
  for (const graded of options.graded) rows.push(...(await oneFall(options, graded)));
  return rows;
};

const oneFall = async (options: ReactionOptions, graded: number): Promise<readonly BenchRow[]> => {
  const { cluster, log, accounts, seeded, signal } = options;
  await play(cluster, CALM);
  await sleep(RECOVERY_MS, undefined, { signal });
  const market = await options.market();
  await seeded(gradedBook(graded, await leastEquity(options, graded, market), FALL_SHARE, market));
  const { position } = await log.head();
  await play(cluster, FALL);
  await sleep(FALL_MS + SETTLE_MS, undefined, { signal });
  const { decisions, orders } = reactionTimes(await rowsSince(cluster.databaseUrl, log.schema, position));
  const book = `${accounts.toLocaleString('en')} accounts × ${POSITIONS} positions`;
  const rowOf = (what: string, times: readonly number[]): BenchRow => {
    if (times.length === 0) return absentRow(BENCH, what, 'nothing followed from a tick in this run');
    const figure = spreadOf(times);
    const p99 = quantile(times, 0.99);
    return {
      ...{ bench: BENCH, what, unit: 'ms', figure },
      scale: `${book}, ${graded} of them fall in ${FALL_MS / 1_000} s`,
      target: atMost(TARGET_MS, { ...figure, median: p99 }, 'ms (p99)'),
      note: `p99 ${p99.toFixed(1)} ms of ${times.length}; by the log’s recorded_at, one clock`,
    };
  };
  return [
    rowOf('tick → margin state, through Kafka', decisions),
    rowOf('tick → order to venues, through Kafka', orders),
  ];
};
