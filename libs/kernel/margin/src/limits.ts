/** Bounds of every table of this lib. Reaching one is refused with its name, never absorbed by growth. */
export const LIMITS = {
  accounts: 1_048_576,
  positionsPerAccount: 1_024,
  balancesPerAccount: 1_024,
  rows: 33_554_432,
  underlyings: 1_024,
  assets: 1_024,
  locations: 128,
  instruments: 16_384,
  groups: 64,
  scenarios: 128,
  curveKnots: 64,
  idLength: 128,
  openOrders: 1_024,
} as const;
