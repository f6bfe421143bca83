import { checkFinite, checkPositive } from '../../checks.ts';

/** A move of spot and of volatility, and how much of its loss counts. */
export type WeightedScenario = Readonly<{ spot: number; volatility: number; weight: number }>;

const scenario = (spot: number, volatility: number, weight = 1): WeightedScenario => ({
  spot,
  volatility,
  weight,
});
const [UP, DOWN] = [0.4, -0.22];
const both = (spot: number): readonly WeightedScenario[] => [scenario(spot, UP), scenario(spot, DOWN)];

/**
 * Paradex's 24 scenarios, documented only: ±16 % in nine steps with volatility up and down, and weighted far
 * moves.
 */
export const PARADEX_SCENARIOS: readonly WeightedScenario[] = [
  scenario(0.16, UP),
  ...[0.12, 0.08, 0.04, 0, -0.04, -0.08, -0.12].flatMap(both),
  scenario(-0.16, UP),
  scenario(-0.66, UP, 0.24),
  scenario(-0.33, UP, 0.48),
  scenario(0.5, UP, 0.32),
  scenario(1, UP, 0.16),
  scenario(2, UP, 0.08),
  scenario(3, UP, 0.0533),
  scenario(4, UP, 0.04),
  scenario(5, UP, 0.032),
];

/** The worst weighted loss of a perpetual, positive: its profit is size · spot · move. */
export const worstPerpetualLoss = (
  size: number,
  spot: number,
  scenarios: readonly WeightedScenario[] = PARADEX_SCENARIOS,
): number => {
  checkFinite('size', size);
  checkPositive('spot', spot);
  return scenarios.reduce((worst, move) => Math.max(worst, -size * spot * move.spot * move.weight), 0);
};
