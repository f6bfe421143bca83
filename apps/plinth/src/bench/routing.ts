import { gridRegretBps, gridRouteAll, routeAll, routingWorkload } from '@plinth/routing/testing';
import { against, atLeast, type BenchRow } from './bench-row.ts';
import { measureRates } from './measure.ts';
import type { BenchOptions } from './options.ts';

const UNIT = 'routes/s';
const PROBLEMS = 2_000;
/** Venues and levels of each; the second is the size of the target. */
const SHAPES = [
  [2, 50],
  [6, 50],
  [40, 50],
] as const;

export const benchRouting = async ({ pace, quick }: BenchOptions): Promise<readonly BenchRow[]> => {
  const rows: BenchRow[] = [];
  for (const [venues, levels] of quick ? SHAPES.slice(1, 2) : SHAPES) {
    const workload = routingWorkload(1, PROBLEMS, venues, levels);
    const subjects = [
      { name: 'exact', run: () => (routeAll(workload), PROBLEMS) },
      { name: 'grid', run: () => (gridRouteAll(workload), PROBLEMS) },
    ];
    const [figure, grid] = await measureRates(subjects, pace);
    if (figure === undefined || grid === undefined) throw new Error('Expected two figures');
    rows.push({
      bench: 'routing',
      what: 'exact split over order books with fees and lots',
      scale: `${venues} books × ${levels} levels`,
      unit: UNIT,
      figure,
      baseline: against('5 % grid', figure, grid),
      ...(venues === 6 ? { target: atLeast(80_000, figure, UNIT) } : {}),
      note: `the grid costs ${gridRegretBps(workload).toFixed(3)} bp more`,
    });
  }
  return rows;
};
