import { kafkaOf } from '@plinth/runtime/config';
import { benchRelay as measureRelay, type Figure } from '@plinth/runtime/bench';
import { environment } from '../cli/environment.ts';
import { absentRow, against, atLeast, type BenchRow } from './bench-row.ts';
import { kafkaRemedy } from './kafka-remedy.ts';
import type { Spread } from './measure.ts';
import { sizes, type BenchOptions } from './options.ts';

const BENCH = 'relay';
const UNIT = 'events/s';
const TARGET = 50_000;

const spreadOfFigure = ({ median, min, max, rounds }: Figure): Spread => ({
  ...{ median, min, max, rounds },
  mad: NaN,
});

/** The backbone from PostgreSQL into a real Kafka, beside the client library's own producer. */
export const benchRelay = async (options: BenchOptions): Promise<readonly BenchRow[]> => {
  const kafka = kafkaOf(environment());
  if (kafka === undefined) return [absentRow(BENCH, 'log → Kafka', kafkaRemedy(BENCH))];
  const rows: BenchRow[] = [];
  for (const events of sizes(options, 20_000, 200_000)) {
    const { figures } = await measureRelay({
      ...{ kafka: kafka.access, events, rounds: options.pace.rounds },
      ...(options.databaseUrl === undefined ? {} : { url: options.databaseUrl }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const [own, library] = figures.map(spreadOfFigure);
    if (own === undefined || library === undefined) throw new Error('Expected two figures of the relay');
    rows.push({
      ...{ bench: BENCH, what: 'log → Kafka, one awaited batch in flight', unit: UNIT, figure: own },
      scale: `${events.toLocaleString('en')} events`,
      baseline: against('producer of kafkajs', own, library),
      target: atLeast(TARGET, own, UNIT),
    });
  }
  return rows;
};
