import type { Fold } from '@plinth/eventing';
import { openPostgresLog } from '@plinth/runtime';
import { benchSchema, benchServer, dropBenchSchema } from '@plinth/runtime/bench';
import { against, atLeast, type BenchRow } from '../bench-row.ts';
import { heldBytes } from '../held-memory.ts';
import { measureRates, type Spread } from '../measure.ts';
import type { BenchOptions } from '../options.ts';
import { cursorAll, fill, freshFolds, replayAll } from '../replay.ts';

const BENCH = 'cluster';
const UNIT = 'events/s';
const TARGET = 300_000;
const MIB = 1_048_576;

/** A whole log from PostgreSQL into every view of accounts and risk, in one process. */
export const benchRebuild = async (
  options: BenchOptions,
  events: number,
  rounds: number,
): Promise<readonly BenchRow[]> => {
  const server = await benchServer(options.databaseUrl);
  const schema = benchSchema();
  try {
    const log = await openPostgresLog({ ...server, schema });
    try {
      await fill(log, events, options.signal);
      let folds: readonly Fold[] = [];
      const rebuild = (): Promise<number> => {
        folds = freshFolds();
        return replayAll(log, folds, options.signal);
      };
      const subjects = [
        { name: 'folds', run: rebuild },
        { name: 'cursor', run: () => cursorAll(server.ownerUrl, log.schema) },
      ];
      const measured = await measureRates(subjects, { warmUpMs: 0, rounds, roundMs: 0 });
      const [own, cursor] = measured as [Spread, Spread];
      const [views, full] = [folds.length, heldBytes()];
      folds = [];
      const held = full - heldBytes();
      return [
        {
          ...{ bench: BENCH, what: 'rebuild of accounts and risk from PostgreSQL', unit: UNIT, figure: own },
          scale: `${events.toLocaleString('en')} events`,
          baseline: against('rows through a cursor, not decoded', own, cursor),
          target: atLeast(TARGET, own, UNIT),
          note: `${Math.round(held / MIB)} MiB held by the ${views} views afterwards`,
        },
      ];
    } finally {
      await log.close();
    }
  } finally {
    await dropBenchSchema(server.ownerUrl, schema);
    await server.close();
  }
};
