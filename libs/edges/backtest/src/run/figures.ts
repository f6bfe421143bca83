import type { ChainRow } from '../chains/judge-chains.ts';
import type { Style } from '../books/styles.ts';
import type { Part } from '../models/house.ts';
import type { Coverage } from './coverage.ts';

/** Whether parameters were fitted to a data set, or are tested on it. */
export type Role = 'calibration' | 'test';

export type DataSetFigures = Readonly<{
  dataSet: string;
  role: Role;
  /** Counted in the sums over data sets; not where it is too short for the whole horizon. */
  isSummed: boolean;
  from: string;
  to: string;
  stepMs: number;
  horizonMs: number;
  series: number;
  moments: number;
  books: number;
  unobserved: number;
  brokenRows: number;
  notes: readonly string[];
}>;

/** One model on the books of one style, of one data set or of several (`scope`). */
export type CoverageRow = Readonly<{ scope: string; style: Style | 'all'; model: string }> &
  Readonly<{
    /** At maintenance margin against the worst loss within the horizon: the judged figure. */
    maintenance: Coverage;
    /** Covered shares of the same books at the end of the horizon, and at initial margin within it. */
    shareAtEnd: number;
    shareInitial: number;
    /** What share of the books that this model margins the house covers. */
    houseShare: number;
    /** The house's requirement over this model's, on the books that it margins; maintenance and initial. */
    houseOver: number;
    houseOverInitial: number;
    /**
     * What is asked for moves of prices alone, the house over this model; by what each would have to be
     * multiplied to cover just the goal of these books; and the ratio when both are: equal coverage.
     */
    houseOverForPrices: number;
    scaleToGoal: number;
    houseScaleToGoal: number;
    houseOverAtGoal: number;
    /**
     * The one factor that makes this model cover the goal in every style that it margins, and the ratio when
     * the model and the house each have theirs: as safe as one rulebook for all books has to be.
     */
    safeScale: number;
    houseOverAsSafe: number;
  }>;

/** What hedges across venues need here, against what the venues would ask in all. */
export type VenueRow = Readonly<{
  style: Style;
  model: string;
  books: number;
  maintenance: number;
  initial: number;
  /** Share of long and short books that the model covers: a low requirement is no merit below the goal. */
  directional: number;
}>;

export type PartRow = Readonly<{ style: Style; requirement: number; parts: Readonly<Record<Part, number>> }>;
export type RefusalRow = Readonly<{ model: string; reason: string; books: number }>;

export type Goal = Readonly<{ name: string; goal: number; reached: number; holds: boolean }>;

export type BacktestFigures = Readonly<{
  run: Readonly<{
    parameters: string;
    seed: number;
    booksPerStyle: number;
    momentsMax: number;
    horizonMs: number;
    goal: number;
    books: number;
  }>;
  goals: readonly Goal[];
  dataSets: readonly DataSetFigures[];
  /** The house on recorded quotes of options, from one chain to the next; in no sum. */
  chains: readonly ChainRow[];
  /** Folders without prices that a contract could follow. */
  unused: readonly string[];
  /** By data set, then `calibration`, `test` and `all`. */
  rows: readonly CoverageRow[];
  venues: readonly VenueRow[];
  parts: readonly PartRow[];
  refusals: readonly RefusalRow[];
}>;
