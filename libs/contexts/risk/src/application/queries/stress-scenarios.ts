import { reject, type Rejection } from '@plinth/eventing';
import { LARGEST_VENUE, STRESS_SCENARIOS, scenarioProblems, type StressScenario } from '@plinth/margin';
import { HOUSE_INSURANCE, isId, venueLocation } from '@plinth/market';
import type { stressMessages } from '@plinth/messages';
import { floatToText, textToFloat, unitsToFloat } from '@plinth/money';
import type { PortfolioView } from '@plinth/portfolio';
import { LIMITS } from '../../domain/limits.ts';
import type { RiskViews } from '../risk-views.ts';
import { invalid, refuse, refuseUnready } from './account-of.ts';
import { bound } from './hypothetical.ts';

/** The set in force. */
const scenariosOf = ({ parameters }: PortfolioView): readonly StressScenario[] =>
  parameters.current?.stress ?? STRESS_SCENARIOS;

export const getStressScenarios = (
  _request: stressMessages.GetStressScenariosRequest,
  { portfolio }: RiskViews,
): stressMessages.GetStressScenariosResponse | Rejection => {
  const refusal = refuseUnready(portfolio);
  if (refusal !== undefined) return refusal;
  return {
    origin: portfolio.parameters.current?.stress === undefined ? 'house' : 'parameters',
    scenarios: scenariosOf(portfolio).map((scenario) => ({
      id: scenario.id,
      source: scenario.source,
      moves: scenario.moves.map(({ underlying, fraction }) => ({ underlying, move: floatToText(fraction) })),
      otherMove: floatToText(scenario.otherMove),
      volatilityMove: floatToText(scenario.volatilityMove),
      failedVenues: [...scenario.failedVenues],
    })),
  };
};

/** Inside `reading`: the scenarios asked for, or the set in force, with venues as places. */
export const readScenarios = (
  given: readonly stressMessages.StressScenario[],
  portfolio: PortfolioView,
): readonly StressScenario[] => {
  bound('scenarios', given, LIMITS.scenariosMax);
  const isOwn = given.length > 0;
  const scenarios = isOwn
    ? given.map((one, n) => readScenario(one, `scenarios[${n}]`))
    : scenariosOf(portfolio);
  const [problem] = isOwn ? scenarioProblems(scenarios) : [];
  if (problem !== undefined) refuse(invalid(problem.field, problem.message));
  // A cell without venues has no largest one to lose.
  const { size } = portfolio.reference.venues;
  const canFail = (id: string): boolean => id !== LARGEST_VENUE || size > 0;
  return scenarios.map((one, n) => ({
    ...one,
    failedVenues: one.failedVenues
      .filter(canFail)
      .map((id) => placeOf(id, `scenarios[${n}].failedVenues`, portfolio)),
  }));
};

export const readScenario = (
  { id, source, moves, otherMove, volatilityMove, failedVenues }: stressMessages.StressScenario,
  field: string,
): StressScenario => {
  bound(`${field}.moves`, moves, LIMITS.hypotheticalMovesMax);
  const optional = (text: string, name: string): number =>
    text === '' ? 0 : textToFloat(text, `${field}.${name}`);
  return {
    ...{ id, source, failedVenues },
    moves: moves.map(({ underlying, move }, n) => {
      const at = `${field}.moves[${n}]`;
      if (!isId('asset', underlying))
        refuse(invalid(`${at}.underlying`, 'Expected 2 to 12 upper-case letters and digits'));
      return { underlying, fraction: textToFloat(move, `${at}.move`) };
    }),
    otherMove: optional(otherMove, 'otherMove'),
    volatilityMove: optional(volatilityMove, 'volatilityMove'),
  };
};

/** The place of a venue, or of the one where most of the clients' money is. */
export const placeOf = (venueId: string, field: string, portfolio: PortfolioView): string => {
  const { venues } = portfolio.reference;
  if (venueId === LARGEST_VENUE) return largestVenue(portfolio, field);
  if (!isId('venue', venueId) || !venues.has(venueId))
    return refuse(reject('NOT_FOUND', `${field}: Expected a registered venue`, { field, reason: 'missing' }));
  return venueLocation(venueId);
};

const largestVenue = (portfolio: PortfolioView, field: string): string => {
  let largest: Readonly<{ place: string; standing: number }> | undefined;
  for (const venueId of [...portfolio.reference.venues.keys()].sort()) {
    const place = venueLocation(venueId);
    const standing = portfolio.standingAt(place);
    if (largest === undefined || standing > largest.standing) largest = { place, standing };
  }
  return (
    largest?.place ??
    refuse(
      reject('NOT_FOUND', `${field}: Expected a venue, none is registered`, { field, reason: 'missing' }),
    )
  );
};

/** What the insurance fund is worth, USD; assets without a price count nothing. */
export const fundOf = ({ ledger, marks, reference }: PortfolioView): number => {
  let worth = 0;
  for (const asset of reference.assets.keys()) {
    const units = unitsToFloat(ledger.balance(HOUSE_INSURANCE, asset), ledger.scaleOf(asset));
    worth += units * (marks.ofAsset(asset)?.price ?? 0);
  }
  return Math.max(0, worth);
};
