import { refuse } from '../checks.ts';
import { LIMITS } from '../limits.ts';
import type { RiskModel } from '../risk-model.ts';
import type { PriceMove } from '../what-if.ts';
import type { MarketMove } from './movable-market.ts';

/** Something that happened once, or might. Fractions: −0.2 = a fall by 20 %. */
export type StressScenario = Readonly<{
  id: string;
  /** Where the figures come from. */
  source: string;
  moves: readonly PriceMove[];
  /** Move of every other underlying that is not in the group of stablecoins. */
  otherMove: number;
  /** Relative move of every volatility, implied and realised. */
  volatilityMove: number;
  /** Locations of venues that fail: what stands there is gone. */
  failedVenues: readonly string[];
}>;

/** Group of underlyings that only their own name moves. */
const PEGGED = 'stables';
const HIGHEST = 100;
const SOURCE_CHARS = 200;
const UNDERLYING_MOVES = 128;
const SCENARIO_COUNT = 64;

export type ScenarioProblem = Readonly<{ field: string; message: string }>;

/** Every bound that a set breaks, by field. Names of assets and venues are left to whoever knows them. */
export const scenarioProblems = (
  scenarios: readonly StressScenario[],
  at = 'scenarios',
): readonly ScenarioProblem[] => {
  const problems: ScenarioProblem[] = [];
  const expect = (isMet: boolean, field: string, what: string, was: unknown): void => {
    if (!isMet) problems.push({ field, message: `Expected ${what}, was ${String(was)}` });
  };
  expect(
    scenarios.length >= 1 && scenarios.length <= SCENARIO_COUNT,
    at,
    `1 to ${SCENARIO_COUNT} scenarios`,
    scenarios.length,
  );
  const seen = new Set<string>();
  scenarios.forEach(({ id, source, moves, otherMove, volatilityMove, failedVenues }, n) => {
    const field = `${at}[${n}]`;
    const isFraction = (value: number): boolean => value > -1 && value <= HIGHEST;
    const fraction = `more than -1 and at most ${HIGHEST}`;
    expect(id.length >= 1 && id.length <= LIMITS.idLength, `${field}.id`, '1 to 128 characters', id.length);
    expect(!seen.has(id), `${field}.id`, 'a name of its own', id);
    seen.add(id);
    expect(
      source.length <= SOURCE_CHARS,
      `${field}.source`,
      `at most ${SOURCE_CHARS} characters`,
      source.length,
    );
    expect(moves.length <= UNDERLYING_MOVES, `${field}.moves`, `at most ${UNDERLYING_MOVES}`, moves.length);
    moves.forEach((move, m) =>
      expect(isFraction(move.fraction), `${field}.moves[${m}].fraction`, fraction, move.fraction),
    );
    const named = new Set(moves.map(({ underlying }) => underlying));
    expect(named.size === moves.length, `${field}.moves`, 'every underlying once', 'one twice');
    expect(isFraction(otherMove), `${field}.otherMove`, fraction, otherMove);
    expect(isFraction(volatilityMove), `${field}.volatilityMove`, fraction, volatilityMove);
    expect(
      failedVenues.length <= LIMITS.locations,
      `${field}.failedVenues`,
      `at most ${LIMITS.locations}`,
      failedVenues.length,
    );
  });
  return problems;
};

/** What a scenario moves in this catalogue. An underlying that nobody listed is not moved. */
export const marketMoveOf = (model: RiskModel, scenario: StressScenario): MarketMove => {
  const [problem] = scenarioProblems([scenario]);
  if (problem !== undefined) refuse(problem.field, problem.message);
  const { ids } = model.catalogue.underlyings;
  const own = new Map(scenario.moves.map(({ underlying, fraction }) => [underlying, fraction]));
  const priceMoves = ids.map((underlying, u): PriceMove => {
    const isPegged = model.underlyingParameters[u]!.group === PEGGED;
    return { underlying, fraction: own.get(underlying) ?? (isPegged ? 0 : scenario.otherMove) };
  });
  const volatilities = scenario.volatilityMove === 0 ? [] : ids;
  const moved = volatilities.map((underlying): PriceMove => ({
    underlying,
    fraction: scenario.volatilityMove,
  }));
  return { priceMoves, impliedMoves: moved, volatilityMoves: moved };
};
