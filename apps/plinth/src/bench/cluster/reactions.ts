import type { Cluster } from '@plinth/gateway/cluster';
import { MarketControlClient, type PlayRequest } from '@plinth/messages/venue';
import { asOwner, type PostgresLog } from '@plinth/runtime';
import { channelCredentialsTo } from '@plinth/runtime/grpc';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { absentRow, atMost, type BenchRow } from '../bench-row.ts';
import { quantile, spreadOf } from '../measure.ts';
import { POSITIONS } from './cell-book.ts';

const BENCH = 'cluster';
const TARGET_MS = 60;
const SETTLE_MS = 2_000;
/** OrderPlaced, ReductionOrdered, LiquidationStarted, LiquidationRequested, MarksPublished; one to spare. */
const HOPS_MAX = 6;

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

type Row = Readonly<{ id: string; type: string; cause: string; at: number }>;

/** Since a position: what was recorded, by what, and when by the database's clock, in milliseconds. */
const rowsSince = (url: string, schema: string, position: bigint): Promise<readonly Row[]> =>
  asOwner(url, async (client) => {
    const { rows } = await client.query<Row>(
      `SELECT id::text, type, causation_id AS cause, (extract(epoch FROM recorded_at) * 1000)::float8 AS at
       FROM ${schema}.events WHERE position > $1 ORDER BY events.position`,
      [position.toString()],
    );
    return rows;
  });

export type ReactionTimes = Readonly<{ decisions: readonly number[]; orders: readonly number[] }>;

/**
 * Milliseconds from each tick to what followed from it: changes of margin states, and orders to venues.
 * Orders that a liquidation sent after a fill have another cause and do not count.
 */
export const reactionTimes = (rows: readonly Row[]): ReactionTimes => {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const tickOf = ({ cause }: Row): Row | undefined => {
    for (let row = byId.get(cause), hop = 0; row !== undefined && hop < HOPS_MAX; hop += 1) {
      if (row.type === 'MarksPublished') return row;
      // Of what came back from a venue the tick is not the cause.
      if (row.type === 'ChildFilled') return undefined;
      row = byId.get(row.cause);
    }
    return undefined;
  };
  const timesOf = (type: string): readonly number[] =>
    rows.flatMap((row) => {
      const tick = row.type === type ? tickOf(row) : undefined;
      return tick === undefined ? [] : [row.at - tick.at];
    });
  return { decisions: timesOf('MarginStateChanged'), orders: timesOf('OrderRouted') };
};

export type ReactionOptions = Readonly<{
  cluster: Cluster;
  log: PostgresLog;
  accounts: number;
  ticks: number;
  tickMs: number;
  signal: AbortSignal;
}>;

/** A crash through the whole cluster: accounts cross one after another, and are liquidated. */
export const benchReactions = async (options: ReactionOptions): Promise<readonly BenchRow[]> => {
  const { cluster, log, accounts, ticks, tickMs, signal } = options;
  const { position } = await log.head();
  await play(cluster, { scenario: 'crash', seed: 7, ticks, tickMs });
  await sleep(ticks * tickMs + SETTLE_MS, undefined, { signal });
  const { decisions, orders } = reactionTimes(await rowsSince(cluster.databaseUrl, log.schema, position));
  const rowOf = (what: string, times: readonly number[]): BenchRow => {
    if (times.length === 0) return absentRow(BENCH, what, 'nothing followed from a tick in this run');
    const figure = spreadOf(times);
    const p99 = quantile(times, 0.99);
    return {
      ...{ bench: BENCH, what, unit: 'ms', figure },
      scale: `${accounts.toLocaleString('en')} accounts × ${POSITIONS} positions`,
      target: atMost(TARGET_MS, { ...figure, median: p99 }, 'ms (p99)'),
      note: `p99 ${p99.toFixed(1)} ms of ${times.length}; by the log’s recorded_at, one clock`,
    };
  };
  return [
    rowOf('tick → margin state, through Kafka', decisions),
    rowOf('tick → order to venues, through Kafka', orders),
  ];
};
