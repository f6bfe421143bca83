export const PRICING = 'pricing';

export type PricingConfig = Readonly<{
  /** Id of the cell whose marks these are: stream marks-{cell}. */
  cell: string;
  /** Least time between two published rounds; 100 in a free-running broker. */
  minRoundMs: number;
  /** A mark that does not change is published again after this long. */
  refreshMs: number;
}>;

export const PRICING_DEFAULTS = {
  cell: 'main',
  minRoundMs: 100,
  refreshMs: 10_000,
} as const satisfies PricingConfig;
