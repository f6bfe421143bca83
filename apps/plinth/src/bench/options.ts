import type { Pace } from './measure.ts';

/** How a bench is run. */
export type BenchOptions = Readonly<{
  pace: Pace;
  /** Only the smallest size of every workload. */
  quick: boolean;
  /** A server to measure on instead of an embedded one. */
  databaseUrl?: string;
  /** Where other people's packages are kept that are measured as baselines. */
  peersDirectory: string;
  /** Aborted when the user wants no more of it. */
  signal?: AbortSignal;
}>;

/** Sizes 1×, 10×, 100×; the first alone when it must be quick. */
export const sizes = ({ quick }: BenchOptions, ...all: readonly number[]): readonly number[] =>
  quick ? all.slice(0, 1) : all;
