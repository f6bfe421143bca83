/** Upper bounds of the interest context; beyond them a request is refused, never cut short. */
export const LIMITS = {
  /** Decimals of rates and shares that come from outside. */
  rateDecimalsMax: 18,
  /** Largest slope or base of a curve, per year: 10,000 %. */
  rateMax: '100',
  settleEveryMsMin: 60_000,
  settleEveryMsMax: 604_800_000,
  accrueEveryMsMin: 1_000,
  accrueEveryMsMax: 86_400_000,
  /** Largest funding rate of one interval, either sign. */
  fundingRateMax: '0.1',
  /** An interval may be recorded this long after its end, not later: positions have changed since. */
  fundingLateMsMax: 86_400_000,
  /** Funding intervals kept for queries, per instrument and venue; older ones stay in the log. */
  fundingKeptMax: 200,
  /** Pairs of instrument and venue with funding. */
  fundingPairsMax: 2_000,
} as const;
