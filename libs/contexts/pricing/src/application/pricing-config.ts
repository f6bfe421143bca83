export const PRICING = 'pricing';

export type PricingConfig = Readonly<{
  /** Id of the cell whose marks these are: stream marks-{cell}. */
  cell: string;
  /**
   * Cell whose marks, surfaces and settlement prices are taken over; empty where they are judged: in the home
   * cell.
   */
  marksFrom: string;
  /** Least time between two published rounds; 100 in a free-running broker. */
  minRoundMs: number;
  /** A mark that does not change is published again after this long. */
  refreshMs: number;
  /** Least time between two fits of a volatility surface; between them options follow their forwards. */
  refitMs: number;
  /** Marks from a surface that is older than this are degraded, and halted. */
  surfaceDegradedMs: number;
  surfaceHaltedMs: number;
}>;

export const PRICING_DEFAULTS = {
  cell: 'main',
  marksFrom: '',
  minRoundMs: 100,
  refreshMs: 10_000,
  refitMs: 5_000,
  surfaceDegradedMs: 60_000,
  surfaceHaltedMs: 600_000,
} as const satisfies PricingConfig;

/** A broadcast takes its time: a mark is missed this much later than where it was judged. */
const BROADCAST_GRACE_MS = 2_000;

/** Pricing of a cell whose marks come from `home`; in the home cell itself marks are judged. */
export const pricingOfCell = (cell: string, home: string): PricingConfig =>
  cell === home
    ? { ...PRICING_DEFAULTS, cell }
    : {
        ...PRICING_DEFAULTS,
        ...{ cell, marksFrom: home, refreshMs: PRICING_DEFAULTS.refreshMs + BROADCAST_GRACE_MS },
      };
