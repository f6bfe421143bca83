import { openPostgresLog } from '@plinth/runtime';
import { benchSchema, benchServer, dropBenchSchema } from '@plinth/runtime/bench';
import { atMost, type BenchRow } from './bench-row.ts';
import type { Spread } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { runOverload, type Latency } from './overload.ts';

const BENCH = 'overload';
const TIMES = 5;
const NORMAL_MS = 5_000;
const OVERLOAD_MS = 30_000;
const BACK_TARGET_MS = 30_000;

/** One run: there is no spread to tell of. */
const single = (value: number): Spread => ({ median: value, min: value, max: value, mad: NaN, rounds: 1 });

const laneRow = (what: string, { p50Ms, p99Ms }: Latency): BenchRow => ({
  ...{ bench: BENCH, what, scale: '', unit: 'ms', figure: single(p99Ms) },
  note: `p99; p50 ${p50Ms.toFixed(1)} ms`,
});

/** What a cell does when five times as many call as it has room for, and how soon it is itself again. */
export const benchOverload = async ({ quick, databaseUrl }: BenchOptions): Promise<readonly BenchRow[]> => {
  const server = await benchServer(databaseUrl);
  const schema = benchSchema();
  try {
    const log = await openPostgresLog({ ...server, schema });
    const [normalMs, overloadMs] = quick ? [2_000, 6_000] : [NORMAL_MS, OVERLOAD_MS];
    const terms = { log, url: server.url, normalMs, overloadMs, times: TIMES };
    const figures = await runOverload(terms);
    await log.close();
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
    ];
  } finally {
    await dropBenchSchema(server.ownerUrl, schema);
    await server.close();
  }
};
