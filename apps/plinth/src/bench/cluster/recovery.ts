import type { Cluster } from '@plinth/gateway/cluster';
import type { PostgresLog } from '@plinth/runtime';
import { backboneEnd, benchIds } from '@plinth/runtime/bench';
import type { KafkaCell } from '@plinth/runtime/config';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchRow } from '../bench-row.ts';
import { asAppends, type Given } from '../broker-log.ts';
import { spreadOf } from '../measure.ts';
import { lastOf } from './last-event.ts';
import { busyEvents, type MarksOf, type PricedInstrument } from './cell-book.ts';

const BENCH = 'cluster';
const LOOK_MS = 20;
const PUBLISHED_WAIT_MS = 120_000;
const RECOVERED_WAIT_MS = 180_000;
/** What a cell is built for, events a second. */
const USUAL_RATE = 1_000;
const MARKS_STREAM = 'marks-main';

export type RecoveryOptions = Readonly<{
  cluster: Cluster;
  log: PostgresLog;
  kafka: KafkaCell;
  market: readonly PricedInstrument[];
  events: number;
  rounds: number;
  signal: AbortSignal;
}>;

/** The last marks again, later. */
const marksAfter = async (
  url: string,
  log: PostgresLog,
): Promise<Readonly<{ marksOf: MarksOf; version: number }>> => {
  const { data, version } = await lastOf(url, log, 'MarksPublished', MARKS_STREAM);
  const marksOf = (n: number): Given => ({
    stream: MARKS_STREAM,
    event: { type: 'MarksPublished', data: { ...data, round: data.round + n, atMs: data.atMs + 100 * n } },
  });
  return { marksOf, version };
};

const miss = async (options: RecoveryOptions, run: number): Promise<bigint> => {
  const { cluster, log, kafka, market, events, signal } = options;
  const { marksOf, version } = await marksAfter(cluster.databaseUrl, log);
  const busy = busyEvents(run, events, market, marksOf);
  for (const request of asAppends(busy, benchIds(), new Map([[MARKS_STREAM, version]]))) {
    signal.throwIfAborted();
    const { status } = await log.append(request);
    if (status !== 'appended') throw new Error(`Expected appended, was ${status}`);
  }
  const { position } = await log.head();
  const end = performance.now() + PUBLISHED_WAIT_MS;
  while ((await backboneEnd(kafka.access, cluster.topicPrefix)) < position) {
    if (performance.now() > end) throw new Error('Expected the relay to publish what was appended');
    await sleep(LOOK_MS * 10, undefined, { signal });
  }
  return position;
};

/** From the start of the process to its readiness: milliseconds. */
const recover = async (cluster: Cluster, signal: AbortSignal): Promise<number> => {
  const start = performance.now();
  const part = cluster.run('risk');
  while (!part.lines.some((line) => line.includes('"serving"'))) {
    if (part.child.exitCode !== null || performance.now() - start > RECOVERED_WAIT_MS)
      throw new Error(`Expected risk to be ready: ${part.lines.slice(-3).join(' | ')}`);
    await sleep(LOOK_MS, undefined, { signal });
  }
  return performance.now() - start;
};

/**
 * Risk as it comes back: killed, the log grows without it, started again, ready when its folds are at the
 * head. It leads, so it also reacts to what it missed. Every other service is ended before.
 */
export const benchRecovery = async (options: RecoveryOptions): Promise<readonly BenchRow[]> => {
  const { cluster, events, rounds, signal } = options;
  for (const name of [
    'exchange',
    'gateway',
    'routing',
    'liquidation',
    'interest',
    'pricing',
    'accounts',
    'risk',
  ])
    await cluster.kill(name);
  const times: number[] = [];
  for (let run = 0; run < rounds; run += 1) {
    await miss(options, run);
    times.push(await recover(cluster, signal));
    await cluster.kill('risk');
  }
  const figure = spreadOf(times.map((ms) => (events * 1_000) / ms));
  const seconds = spreadOf(times).median / 1_000;
  return [
    {
      ...{
        bench: BENCH,
        what: 'risk, started after it was down, until it is ready',
        unit: 'events/s',
        figure,
      },
      scale: `${events.toLocaleString('en')} events missed`,
      note:
        `${seconds.toFixed(1)} s for ${(events / USUAL_RATE / 60).toFixed(1)} minutes at ` +
        `${USUAL_RATE.toLocaleString('en')} events/s; start of the process and its last snapshot included`,
    },
  ];
};
