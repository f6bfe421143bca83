import { STYLES } from '../books/styles.ts';
import type { CoverageRow, Goal, VenueRow } from './figures.ts';

/** Most that a hedge across venues may need of what the venues would ask in all. */
export const VENUE_GOAL = 0.35;

/**
 * What has to hold: every style covered over all data sets and over those that nothing was fitted to; a hedge
 * of one coin across venues within its part of what venues would ask that are as safe as the house.
 */
export const goalsOf = (
  rows: readonly CoverageRow[],
  venues: readonly VenueRow[],
  goal: number,
): readonly Goal[] => {
  const coverage = (['all', 'test'] as const).flatMap((scope) =>
    STYLES.flatMap((style): readonly Goal[] => {
      const row = rows.find((one) => one.scope === scope && one.style === style && one.model === 'house');
      if (row === undefined || row.maintenance.books === 0) return [];
      const { share } = row.maintenance;
      const name = `${style} covered, ${scope === 'all' ? 'all data' : 'test data'}`;
      return [{ name, goal, reached: share, holds: share >= goal }];
    }),
  );
  const apart = venues.find(({ style, model }) => style === 'basis' && model === 'house by venue');
  const hedge = apart === undefined ? [] : [hedgeGoal(apart)];
  return [...coverage, ...hedge];
};

const hedgeGoal = ({ maintenance }: VenueRow): Goal => ({
  name: 'basis across venues over the venues apart',
  goal: VENUE_GOAL,
  reached: maintenance,
  holds: maintenance <= VENUE_GOAL,
});
