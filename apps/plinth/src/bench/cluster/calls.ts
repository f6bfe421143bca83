import type { GatewayClient } from '@plinth/gateway';
import type { Cluster } from '@plinth/gateway/cluster';
import { RemoteCell, rpcMethod } from '@plinth/runtime';
import { join } from 'node:path';
import { against, atMost, type BenchRow } from '../bench-row.ts';
import { quantile, spreadOf, type Pace, type Spread } from '../measure.ts';
import { startBareProcess } from './bare-process.ts';

export const CALLERS = 64;
const BENCH = 'cluster';
const UNIT = 'calls/s';
/** An internal query may take so many times what bare grpc-js takes. */
const INNER_TARGET = 1.25;

type Load = Readonly<{ callers: readonly (() => Promise<unknown>)[]; rates: number[]; latencies: number[] }>;

const loadOf = (callers: Load['callers']): Load => ({ callers, rates: [], latencies: [] });

/** Every caller calls, waits for the answer, and calls again, until the time is up. */
const round = async (
  { callers, rates, latencies }: Load,
  forMs: number,
  isCounted: boolean,
): Promise<void> => {
  const took: number[] = [];
  const start = performance.now();
  const run = async (call: () => Promise<unknown>): Promise<void> => {
    for (let now = performance.now(); now - start < forMs;) {
      await call();
      const answered = performance.now();
      took.push(answered - now);
      now = answered;
    }
  };
  await Promise.all(callers.map(run));
  if (!isCounted) return;
  rates.push((took.length * 1_000) / (performance.now() - start));
  for (const ms of took) latencies.push(ms);
};

const p99Of = ({ latencies }: Load): string => `p99 ${quantile(latencies, 0.99).toFixed(1)} ms`;

export type CallsOptions = Readonly<{
  cluster: Cluster;
  clients: readonly GatewayClient[];
  root: string;
  pace: Pace;
  signal: AbortSignal;
}>;

/**
 * GetMargin through the gateway's process, signed, and from the risk service directly, each beside bare
 * grpc-js in a process of its own: the same path, sizes, TLS and number of connections.
 */
export const benchCalls = async (options: CallsOptions): Promise<readonly BenchRow[]> => {
  const { cluster, clients, root, pace, signal } = options;
  const request = { accountId: 'a9', read: undefined };
  const { encodeRequest, path } = rpcMethod('GetMargin', 'query');
  const files = cluster.certificates('gateway');
  const tls = {
    keyFile: join(files, 'tls.key'),
    certFile: join(files, 'tls.crt'),
    caFile: join(files, 'ca.crt'),
  };
  const cell = new RemoteCell({ addresses: new Map([['risk', cluster.address('risk')]]), tls });
  const answerBytes = await answerSize(cell, request);
  const bare = await startBareProcess({
    ...{ root, path, answerBytes, certificates: cluster.certificates('edge') },
    request: Buffer.from(encodeRequest(request)),
  });
  const direct = (): Promise<unknown> => cell.query('GetMargin', request, AbortSignal.timeout(10_000));
  const alone = bare.caller();
  const edge = loadOf(clients.map((client) => () => client.call('Margin', 'GetMargin', request)));
  const bareEach = loadOf(clients.map(() => bare.caller()));
  const inner = loadOf(clients.map(() => direct));
  const bareOne = loadOf(clients.map(() => alone));
  const loads = [edge, bareEach, inner, bareOne];
  try {
    for (let n = 0; n <= pace.rounds; n += 1) {
      for (const load of loads) {
        signal.throwIfAborted();
        await round(load, n === 0 ? pace.warmUpMs : pace.roundMs, n > 0);
      }
    }
  } finally {
    await bare.close();
    cell.close();
  }
  return rowsOf(edge, bareEach, inner, bareOne);
};

const answerSize = async (cell: RemoteCell, request: unknown): Promise<number> => {
  const answer = await cell.query('GetMargin', request, AbortSignal.timeout(10_000));
  if (answer.status !== 'answered') throw new Error(`Expected margin, was ${answer.rejection.message}`);
  return rpcMethod('GetMargin', 'query').encodeResponse(answer.response).length;
};

const rowsOf = (edge: Load, bareEach: Load, inner: Load, bareOne: Load): readonly BenchRow[] => {
  const spreads = [edge, bareEach, inner, bareOne].map(({ rates }) => spreadOf(rates));
  const [gateway, bareGateway, direct, bareDirect] = spreads as [Spread, Spread, Spread, Spread];
  const common = { bench: BENCH, unit: UNIT, scale: `${CALLERS} callers` };
  const times = { ...direct, median: bareDirect.median / direct.median };
  return [
    {
      ...common,
      what: 'GetMargin through the gateway: signed, checked, asked of risk',
      figure: gateway,
      baseline: against('bare grpc-js, a process of its own', gateway, bareGateway),
      note: `${p99Of(edge)}, bare ${p99Of(bareEach)}; a connection per caller; callers sign in one process`,
    },
    {
      ...common,
      what: 'GetMargin from the risk process directly',
      figure: direct,
      baseline: against('bare grpc-js, a process of its own', direct, bareDirect),
      target: atMost(INNER_TARGET, times, '× the time of bare grpc-js'),
      note: `${p99Of(inner)}, bare ${p99Of(bareOne)}; one connection`,
    },
  ];
};
