import { gatewayCell, type GatewayClient } from '@plinth/gateway';
import { MarketControlClient, type MarketInfo, type PlayRequest } from '@plinth/messages/venue';
import {
  exportedEvent,
  headsOfTable,
  LogVerifier,
  ServiceHost,
  TailTransport,
  type PostgresLog,
} from '@plinth/runtime';
import { tlsOf } from '@plinth/runtime/config';
import { channelCredentialsTo } from '@plinth/runtime/grpc';
import {
  Auditor,
  collectFigures,
  drawPopulation,
  LiveClients,
  liveFeed,
  observer,
  reportTables,
  tickAt,
  writeHtml,
  type LiveProgram,
  type ObserverViews,
  type RunFigures,
} from '@plinth/simulation';
import { setTimeout as sleep } from 'node:timers/promises';
import { environment } from '../cli/environment.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import type { Output } from '../cli/output.ts';
import { startProgress } from '../cli/progress.ts';
import { printFigures } from '../cli/report-tables.ts';
import { refuseUnsound } from './finish-run.ts';
import { LiveLine } from './live-line.ts';
import { openLog } from './open-log.ts';
import { REAL_CLOCK } from './open-up.ts';

export type PlayClusterOptions = Readonly<{
  client: GatewayClient;
  seed: number;
  accounts: number;
  ticks: number;
  tickMs: number;
  /** Address of the simulated market. */
  market: string;
  database: string;
  report: string;
  output: Output;
  signal: AbortSignal;
}>;

/** The log as it is followed: what the clients look at, and what is under way. */
type Follower = Readonly<{ host: ServiceHost; auditor: Auditor }>;

const READ_MAX = 5_000;
const HEADS_MAX = 1_000_000;
const QUIET_MS = 3_000;
const SETTLE_MAX_MS = 60_000;
const LOOK_MS = 50;

/** Has the crash played by the cluster's market, and its clients by this process, through the gateway. */
export const playCluster = async (options: PlayClusterOptions): Promise<void> => {
  const { client, seed, signal, database } = options;
  const open = await openLog('', database);
  const host = new ServiceHost(observer, { log: open.log, clock: REAL_CLOCK });
  const follower: Follower = { host, auditor: new Auditor() };
  const following = new AbortController();
  const followed = follow(follower, open.log, following.signal);
  try {
    const { position } = await open.log.head();
    await host.waitFor(position, signal);
    const program = (await startMarket(options)) as LiveProgram;
    const feed = liveFeed(program);
    const accounts = drawPopulation(feed, options.accounts, seed);
    const views = host.views as unknown as ObserverViews;
    const runId = `demo${program.sinceMs}`;
    const clients = new LiveClients({ feed, accounts, seed, runId, cell: gatewayCell(client), views });
    await host.waitFor(await clients.open(), signal);
    await marked(views, signal);
    await drive(clients, program, host, options);
    const end = await settled(follower, signal);
    const { sent, refused, refusals } = clients;
    const figures = await collectFigures({
      name: { name: feed.name, sources: feed.sources, seed },
      log: open.log,
      end,
      accounts,
      proof: await proofOf(client, open.log),
      refusals: { sent, refused, examples: refusals },
    });
    await writeHtml(figures, options.report);
    printFigures(figures, reportTables(figures), options.output);
    if (options.output === 'table') process.stdout.write(`\nreport ${options.report}\n`);
    refuseUnsound(figures, options.report);
  } finally {
    following.abort();
    await followed;
    await open.close();
  }
};

const follow = async ({ host, auditor }: Follower, log: PostgresLog, signal: AbortSignal): Promise<void> => {
  for await (const batch of new TailTransport(log).subscribe(0n, signal)) {
    for (const event of batch) {
      host.fold(event);
      auditor.apply(event);
    }
    if (signal.aborted) return;
  }
};

const startMarket = ({ market, seed, ticks, tickMs }: PlayClusterOptions): Promise<MarketInfo> => {
  const control = new MarketControlClient(market, channelCredentialsTo(tlsOf(environment()).tls)('exchange'));
  const request: PlayRequest = { scenario: 'crash', seed, ticks, tickMs };
  return new Promise<MarketInfo>((resolve, reject) => {
    control.play(request, (error, info) => {
      control.close();
      if (error === null) resolve(info);
      else reject(new CliError(EXIT.unavailable, `--market ${market}: ${error.details}`));
    });
  });
};

/** Until prices of the market have been judged: before that every order would be refused. */
const marked = async ({ story }: ObserverViews, signal: AbortSignal): Promise<void> => {
  const isMarked = (): boolean => (story.counts.get('MarksPublished') ?? 0) > 0;
  const deadline = performance.now() + SETTLE_MAX_MS;
  while (!isMarked() && performance.now() < deadline) await sleep(LOOK_MS, undefined, { signal });
  if (!isMarked())
    throw new CliError(EXIT.unavailable, 'no mark was published in a minute: is the service of prices up?');
};

/** Every tick once, as its time comes; one that comes while another is still sent is left out. */
const drive = async (
  clients: LiveClients,
  program: LiveProgram,
  host: ServiceHost,
  { signal, ticks }: PlayClusterOptions,
): Promise<void> => {
  const progress = startProgress('crash through the cluster', ticks);
  const line = new LiveLine();
  const views = host.views as unknown as ObserverViews;
  try {
    for (let played = -1; played < ticks - 1 && !signal.aborted;) {
      const tick = tickAt(program, REAL_CLOCK.now());
      if (tick > played) {
        await clients.act(tick);
        played = tick;
        progress.update(tick + 1, line.text({ step: tick, steps: ticks, tick, events: host.last }, views));
      } else await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
    signal.throwIfAborted();
  } finally {
    progress.stop();
  }
};

/**
 * Until nothing but prices has happened for a while and nothing is under way: a fill that is reported and not
 * booked yet would be a breach if the log ended there. Gives the position up to which the run is judged: the
 * market goes on, and with it the log.
 */
const settled = async ({ host, auditor }: Follower, signal: AbortSignal): Promise<bigint> => {
  const { story } = host.views as unknown as ObserverViews;
  const busy = (): number => {
    let count = 0;
    for (const [type, n] of story.counts) if (type !== 'MarksPublished' && type !== 'TimerFired') count += n;
    return count;
  };
  const deadline = performance.now() + SETTLE_MAX_MS;
  const isUnderWay = (): boolean => auditor.unfinished().length > 0;
  for (let before = -1; (before !== busy() || isUnderWay()) && performance.now() < deadline;) {
    before = busy();
    await sleep(QUIET_MS, undefined, { signal });
  }
  // Never between a fill and its booking, as far as patience goes: it may be that it never comes.
  while (isUnderWay() && performance.now() < deadline + QUIET_MS) await sleep(LOOK_MS, undefined, { signal });
  return host.last;
};

/** The log against the heads that the gateways signed, by the offline verifier. */
const proofOf = async (client: GatewayClient, log: PostgresLog): Promise<RunFigures['proof']> => {
  const { response } = await client.call('Proofs', 'GetTreeHead', {});
  const heads = await headsOfTable(log)(0, HEADS_MAX);
  const verifier = new LogVerifier(heads, response.publicKey);
  const size = heads.at(-1)?.size ?? 0;
  for (let after = 0; after < size;) {
    const events = await log.readStored(BigInt(after), Math.min(READ_MAX, size - after));
    for (const event of events) verifier.add(exportedEvent(event));
    if (events.length === 0) break;
    after += events.length;
  }
  const { findings, events, proven, root } = verifier.finish();
  const first = findings[0];
  return {
    root,
    size: String(events),
    checks: [
      {
        what: 'the offline verifier finds every event where the signed heads say',
        ok: findings.length === 0 && proven === size,
        detail: first === undefined ? `${events} events` : `position ${first.position}: ${first.problem}`,
      },
    ],
  };
};
