/** Terms that all simulated venues share. */
export const VENUE_TERMS = {
  lossGivenDefaultPpm: 600_000,
  /** The venue's own requirement: a tenth of gross notional. */
  requirementPpm: 100_000,
  /** Half of what is free at a venue can be moved away in time. */
  transferablePpm: 500_000,
  orderCost: '',
  rulebook: '',
} as const;
