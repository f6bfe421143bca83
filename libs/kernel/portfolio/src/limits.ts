/** Bounds of the portfolio's own maps; the margin library bounds its tables itself. */
export const LIMITS = {
  holdsMax: 1_000_000,
  unbookedFillsMax: 1_000_000,
  parametersJsonCharsMax: 200_000,
} as const;
