/** What the composition root decides for liquidation. */
export type LiquidationConfig = Readonly<{
  /** Id of the cell: the insurance fund lives on stream fund-{cell}. */
  cell: string;
  /** A policy of the registry. */
  policy: string;
  /** Fee to the insurance fund on the notional that was reduced, parts per million. */
  feePpm: number;
  /** How much over the threshold of a margin call the plan aims, as a fraction of the maintenance margin. */
  bufferRatio: number;
  /** A step takes at most the participation of the parameters in what trades within this time. */
  stepHours: number;
  /**
   * Half of a usual spread, and the furthest that a limit price may stand from the mark, as fractions of
   * it.
   */
  halfSpread: number;
  slippageMin: number;
  slippageMax: number;
  /** Collateral below this that nobody can trade is not worth a reduction, USD. */
  dustUsd: number;
}>;

export const DEFAULT_LIQUIDATION = {
  policy: 'cheapest-legs',
  feePpm: 5_000,
  bufferRatio: 0.01,
  stepHours: 1,
  halfSpread: 0.0005,
  slippageMin: 0.005,
  slippageMax: 0.1,
  dustUsd: 10,
} as const satisfies Omit<LiquidationConfig, 'cell'>;
