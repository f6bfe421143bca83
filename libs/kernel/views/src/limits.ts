/**
 * Capacity of one cell's views. A cell that reaches one of them stops taking new accounts; it never drops
 * state.
 */
export const LIMITS = {
  clientsMax: 200_000,
  accountsMax: 200_000,
  balancesMax: 4_000_000,
  positionsMax: 4_000_000,
  openOrdersMax: 1_000_000,
  poolsMax: 1_000,
} as const;
