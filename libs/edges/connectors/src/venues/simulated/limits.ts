/** Bounds of one simulated venue; an order beyond them is refused with `capacity`, anything else stops. */
export const LIMITS = {
  /** Orders remembered for ever, so that a repeated client order id finds its first answer. */
  ordersMax: 2_000_000,
  /** Reports kept, so that a cursor may start from 0. */
  reportsMax: 10_000_000,
  /** Resting orders of one instrument. */
  restingOrdersMax: 100_000,
  /** Levels of one side that outside liquidity may have. */
  levelsMax: 5_000,
  listingsMax: 2_000,
  /** Longest line of the journal, in characters. */
  journalLineMax: 1_000_000,
  reportsPerCallMax: 10_000,
  depthMax: 5_000,
} as const;
