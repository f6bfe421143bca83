/** Bounds of liquidation's own maps, lists and searches. */
export const LIMITS = {
  runningMax: 100_000,
  /** Completed liquidations kept for queries; the oldest make room. The log keeps them all. */
  completedMax: 20_000,
  /** Stages of one liquidation that an explanation tells. */
  stagesMax: 1_000,
  /** Legs and bundles that one plan looks at: the largest positions first. */
  legsMax: 64,
  bundlesMax: 128,
  /** Rounds of one plan. */
  picksMax: 32,
  /** Slices into which a whole book is cut. */
  slices: 32,
  /** Marks rounds to wait after reductions that filled nothing, doubling up to this. */
  waitRoundsMax: 64,
  pageSizeMax: 500,
  pageSizeDefault: 100,
} as const;
