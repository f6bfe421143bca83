import { openPostgresLog, type PostgresLog } from '@plinth/runtime';
import { benchSchema, benchServer, dropBenchSchema } from '@plinth/runtime/bench';
import { atMost, type BenchRow } from './bench-row.ts';
import type { Spread } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { runFairness } from './fairness.ts';
import { runOverload, type Latency } from './overload.ts';
import { OwnServer } from './own-server.ts';
import { runRetryStorm } from './retry-storm.ts';

const BENCH = 'overload';
const TIMES = 5;
const NORMAL_MS = 5_000;
const OVERLOAD_MS = 30_000;
const BACK_TARGET_MS = 30_000;
const GREEDY = 100;
const CROWD = 400;
const OUTAGE_MS = 60_000;

/** One run: there is no spread to tell of. */
const single = (value: number): Spread => ({ median: value, min: value, max: value, mad: NaN, rounds: 1 });

const laneRow = (what: string, { p50Ms, p99Ms }: Latency): BenchRow => ({
  ...{ bench: BENCH, what, scale: '', unit: 'ms', figure: single(p99Ms) },
  note: `p99; p50 ${p50Ms.toFixed(1)} ms`,
});

/** One client calls from a hundred places at once: what another one notices of it. */
const fairnessRows = async (log: PostgresLog, url: string, quick: boolean): Promise<readonly BenchRow[]> => {
  const terms = { log, url, calls: quick ? 50 : 500, times: GREEDY };
  const { greedy, modest, alone, beside } = await runFairness(terms);
  const served = `${modest.served} of ${modest.asked} calls served; of the other one's`;
  return [
    laneRow('a client, alone', alone),
    {
      ...laneRow(`the same beside one with ${GREEDY} callers`, beside),
      note: `p99; p50 ${beside.p50Ms.toFixed(1)} ms; ${served} ${greedy.served} of ${greedy.asked}`,
    },
  ];
};

/** The log goes away under a crowd that waits for it. */
const stormRow = async (quick: boolean): Promise<BenchRow> => {
  const server = await OwnServer.start();
  try {
    const log = await openPostgresLog(server.urls);
    const outage = (): Promise<void> => server.outage(quick ? 3_000 : OUTAGE_MS);
    const crowd = { callers: CROWD, commands: 2, outage };
    const { sends, commands, backMs, outageMs } = await runRetryStorm({ log, ...server.urls, ...crowd });
    await log.close();
    const figure = single(backMs);
    return {
      ...{ bench: BENCH, what: 'until a crowd is answered after an outage', scale: `${CROWD} callers` },
      ...{ unit: 'ms', figure, target: atMost(BACK_TARGET_MS, figure, 'ms') },
      note: `away ${(outageMs / 1_000).toFixed(0)} s; ${((3 * sends) / commands).toFixed(1)} sends a command`,
    };
  } finally {
    await server.close();
  }
};

/** What a cell does when five times as many call as it has room for, and how soon it is itself again. */
export const benchOverload = async ({ quick, databaseUrl }: BenchOptions): Promise<readonly BenchRow[]> => {
  const server = await benchServer(databaseUrl);
  const [schema, fairSchema] = [benchSchema(), benchSchema()];
  try {
    const log = await openPostgresLog({ ...server, schema });
    const [normalMs, overloadMs] = quick ? [2_000, 6_000] : [NORMAL_MS, OVERLOAD_MS];
    const terms = { log, url: server.url, normalMs, overloadMs, times: TIMES };
    const figures = await runOverload(terms);
    await log.close();
    const fairLog = await openPostgresLog({ ...server, schema: fairSchema });
    const fairness = await fairnessRows(fairLog, server.url, quick);
    await fairLog.close();
    const scale = `${TIMES}× callers`;
    const back = single(figures.backMs);
    return [
      {
        bench: BENCH,
        what: 'commands taken, as usual',
        scale: '1×',
        unit: '/s',
        figure: single(figures.capacity),
      },
      {
        ...{ bench: BENCH, what: 'commands taken in the overload', scale, unit: '/s' },
        figure: single(figures.taken),
        note: `asked ${figures.asked.toFixed(0)} /s; ${figures.others.length} answers without a time to wait`,
      },
      laneRow('what services append themselves, as usual', figures.laneNormal),
      laneRow('what services append themselves, in the overload', figures.laneOverload),
      {
        ...{ bench: BENCH, what: 'until all is as before', scale, unit: 'ms', figure: back },
        target: atMost(BACK_TARGET_MS, back, 'ms'),
        note: `${figures.grownMb.toFixed(1)} MB more held after the overload`,
      },
      ...fairness,
      await stormRow(quick),
    ];
  } finally {
    await dropBenchSchema(server.ownerUrl, fairSchema);
    await dropBenchSchema(server.ownerUrl, schema);
    await server.close();
  }
};
