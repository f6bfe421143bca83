import { GatewayClient, makeKey } from '@plinth/gateway';
import { Cluster } from '@plinth/gateway/cluster';
import { openPostgresLog, type PostgresLog } from '@plinth/runtime';
import { benchIds, dropTopics } from '@plinth/runtime/bench';
import { kafkaOf, type KafkaCell } from '@plinth/runtime/config';
import { liveFeed } from '@plinth/simulation';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment, inheritedEnvironment } from '../../cli/environment.ts';
import { checkoutRoot } from '../../cli/places.ts';
import { startProgress, type Progress } from '../../cli/progress.ts';
import { absentRow, type BenchRow } from '../bench-row.ts';
import { asAppends, type Given } from '../broker-log.ts';
import { kafkaRemedy } from '../kafka-remedy.ts';
import type { Pace } from '../measure.ts';
import type { BenchOptions } from '../options.ts';
import { benchRelay } from '../relay.ts';
import { benchCalls, CALLERS } from './calls.ts';
import { safeBook, type PricedInstrument } from './cell-book.ts';
import { benchReactions } from './reactions.ts';
import { benchRebuild } from './rebuild.ts';
import { benchRecovery } from './recovery.ts';

type Sizes = Readonly<{
  accounts: number;
  /** How many of them prices take below their maintenance margin: on a bad day, and in a crash. */
  graded: readonly number[];
  rebuilt: number;
  missed: number;
  /** Of rebuilds, and of recoveries. */
  rounds: Readonly<{ rebuild: number; recovery: number; relay: number }>;
  /** Of calls: so many callers need a while for one each. */
  pace: Pace;
}>;

const USUAL: Sizes = {
  ...{ accounts: 10_000, graded: [40, 400], rebuilt: 1_000_000, missed: 600_000 },
  rounds: { rebuild: 2, recovery: 1, relay: 3 },
  pace: { warmUpMs: 1_500, rounds: 5, roundMs: 1_500 },
};
const QUICK: Sizes = {
  ...{ accounts: 500, graded: [10, 100], rebuilt: 50_000, missed: 20_000 },
  rounds: { rebuild: 2, recovery: 2, relay: 2 },
  pace: { warmUpMs: 500, rounds: 3, roundMs: 700 },
};

const BENCH = 'cluster';
const STEPS = 6;
const SEEDED_WAIT_MS = 180_000;
const UNLIMITED = '1000000';

/** The services as processes over an embedded PostgreSQL and a real Kafka, and what they do in a second. */
export const benchCluster = async (options: BenchOptions): Promise<readonly BenchRow[]> => {
  const kafka = kafkaOf(environment());
  if (kafka === undefined)
    return [absentRow(BENCH, 'every service a process of its own', kafkaRemedy(BENCH))];
  const sizes = options.quick ? QUICK : USUAL;
  const progress = startProgress(BENCH, STEPS);
  try {
    progress.update(0, 'relay');
    const pace = { ...options.pace, rounds: sizes.rounds.relay };
    const relay = await benchRelay({ ...options, pace });
    options.signal?.throwIfAborted();
    progress.update(1, 'rebuild');
    const rebuild = await benchRebuild(options, sizes.rebuilt, sizes.rounds.rebuild);
    const processes = await withCluster({ options, sizes, kafka, progress });
    return [...relay, ...rebuild, ...processes];
  } finally {
    progress.stop();
  }
};

type Run = Readonly<{ options: BenchOptions; sizes: Sizes; kafka: KafkaCell; progress: Progress }>;

const withCluster = async (run: Run): Promise<readonly BenchRow[]> => {
  const { options, sizes, kafka, progress } = run;
  const { signal = new AbortController().signal } = options;
  const root = checkoutRoot();
  const keys = Array.from({ length: CALLERS }, (_, n) => makeKey(`operator.caller${n}`));
  const rates = { PLINTH_GATEWAY_RATE_PER_KEY: UNLIMITED, PLINTH_GATEWAY_RATE_PER_CLIENT: UNLIMITED };
  const cluster = new Cluster({
    ...{ root, inherited: inheritedEnvironment() },
    ...{ environment: rates, operators: keys, signal },
  });
  const opened: { close: () => unknown }[] = [];
  try {
    progress.update(2, 'start of the processes');
    await cluster.start(kafka.access.brokers.join(','));
    const priced = (): Promise<readonly PricedInstrument[]> => openedMarket(cluster);
    const market = await priced();
    signal.throwIfAborted();
    progress.update(3, `${sizes.accounts} accounts`);
    const log = await openPostgresLog({ url: cluster.databaseUrl });
    opened.push(log);
    await seed(log, safeBook(sizes.accounts, market), signal);
    await known(cluster, log);
    progress.update(4, 'calls');
    const ca = readFileSync(join(cluster.certificates('edge'), 'ca.crt'));
    const clients = keys.map((key) => new GatewayClient({ address: cluster.address('gateway'), key, ca }));
    opened.push(...clients);
    const calls = await benchCalls({ cluster, clients, root, pace: sizes.pace, signal });
    progress.update(5, 'prices fall twice, then risk is down');
    const { accounts, graded, missed: events } = sizes;
    const seeded = async (book: Iterable<Given>): Promise<void> => {
      await seed(log, book, signal);
      await known(cluster, log);
    };
    const reactions = await benchReactions({
      cluster,
      log,
      market: priced,
      accounts,
      graded,
      seeded,
      signal,
    });
    // A service that has stopped on the way makes the others faster: such figures are none.
    await known(cluster, log);
    const rounds = sizes.rounds.recovery;
    const recovery = await benchRecovery({ cluster, log, kafka, market, events, rounds, signal });
    progress.update(STEPS, 'done');
    return [...reactions, ...calls, ...recovery];
  } finally {
    for (const { close } of opened.map((one) => ({ close: () => one.close() }))) await close();
    await cluster.stop();
    await dropTopics(kafka.access, cluster.topicPrefix);
  }
};

/** The derivatives of the exchange's market, once all of them have a live price. */
const openedMarket = async (cluster: Cluster): Promise<readonly PricedInstrument[]> => {
  const feed = liveFeed({ scenario: 'calm', seed: 1, ticks: 20, tickMs: 200, sinceMs: 0, datedSinceMs: 0 });
  const derivatives = feed.instruments.filter(({ kind }) => kind === 'perpetual' || kind === 'future');
  return cluster.until('live marks of every derivative', async () => {
    const { response } = await cluster.client.call('Trading', 'ListMarks', {
      ...{ state: 'live', pageSize: 500, pageToken: '', read: undefined },
    });
    const prices = new Map(response.marks.map(({ instrumentId, price }) => [instrumentId, Number(price)]));
    const priced = derivatives.flatMap((instrument) => {
      const price = prices.get(instrument.instrumentId);
      return price === undefined ? [] : [{ instrument, price }];
    });
    return priced.length === derivatives.length ? priced : undefined;
  });
};

/** Puts what accounts are made of into the log, now: a margin call's deadline counts from there. */
const seed = async (log: PostgresLog, book: Iterable<Given>, signal: AbortSignal): Promise<void> => {
  for (const request of asAppends(book, benchIds())) {
    signal.throwIfAborted();
    const { status } = await log.append({ ...request, occurredAt: Date.now() });
    if (status !== 'appended') throw new Error(`Expected appended, was ${status}`);
  }
};

/** Waits until every service that matters has folded the log. */
const known = async (cluster: Cluster, log: PostgresLog): Promise<void> => {
  const { position: minPosition } = await log.head();
  const page = { pageSize: 1, pageToken: '', read: { minPosition } };
  const { client } = cluster;
  const ask = async (): Promise<true> => {
    await client.call('Accounts', 'GetAccount', { accountId: 'a9', read: { minPosition } });
    await client.call('Margin', 'GetMargin', { accountId: 'a9', read: { minPosition } });
    await client.call('Trading', 'ListMarks', { state: '', ...page });
    await client.call('Lending', 'ListPools', page);
    return true;
  };
  await cluster.until('the services to know the accounts', ask, SEEDED_WAIT_MS);
};
