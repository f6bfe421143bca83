/** One thing that was wrong, and all there is to know about it. */
export type Failure = Readonly<{ name: string; details: string }>;

/** The outcome of one check. Skipped tests are named, because a test that did not run has proven nothing. */
export type Tally = Readonly<{ passed: number; failures: readonly Failure[]; skipped: readonly string[] }>;

export const sum = (tallies: readonly Tally[]): Tally => ({
  passed: tallies.reduce((total, { passed }) => total + passed, 0),
  failures: tallies.flatMap(({ failures }) => failures),
  skipped: tallies.flatMap(({ skipped }) => skipped),
});

/** A check of one thing that broke before it could look at anything. */
export const broken = (name: string, details: string): Tally => ({
  passed: 0,
  failures: [{ name, details }],
  skipped: [],
});
