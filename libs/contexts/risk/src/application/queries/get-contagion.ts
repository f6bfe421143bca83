import type { Rejection } from '@plinth/eventing';
import { contagion, houseContagion, scenarioProblems, type StressScenario } from '@plinth/margin';
import type { stressMessages } from '@plinth/messages';
import { floatToText, textToFloat } from '@plinth/money';
import { equityText, requirementText, type PortfolioView } from '@plinth/portfolio';
import type { RiskViews } from '../risk-views.ts';
import { invalid, isRejection, reading, refuse, refuseUnready } from './account-of.ts';
import { houseRow } from './get-stress.ts';
import { fundOf, placeOf, readScenario } from './stress-scenarios.ts';

type Request = stressMessages.GetContagionRequest;

export const getContagion = (
  request: Request,
  { portfolio }: RiskViews,
): stressMessages.GetContagionResponse | Rejection => {
  const refusal = refuseUnready(portfolio);
  if (refusal !== undefined) return refusal;
  const asked = reading(() => ({
    scenario: readEvent(request, portfolio),
    permanence: readPermanence(request.permanence),
  }));
  if (isRejection(asked)) return asked;
  const { book, kernel } = portfolio;
  const ids = portfolio.accountIds();
  const parameters = { ...houseContagion, permanence: asked.permanence };
  const { rounds, isSettled, house } = contagion(kernel, book, asked.scenario, fundOf(portfolio), parameters);
  return {
    rounds: rounds.length,
    settled: isSettled,
    fallen: rounds.flatMap(({ round, fallen }) =>
      fallen.map(({ account, state, equity, cost }) => ({
        ...{ round, accountId: ids[account] ?? '', state },
        equity: equityText(equity),
        cost: requirementText(cost),
      })),
    ),
    selling: rounds.flatMap(({ round, pressure }) =>
      pressure.map(({ underlying, sold, fraction }) => ({
        ...{ round, underlying },
        sold: floatToText(sold),
        fraction: floatToText(fraction),
      })),
    ),
    house: houseRow(asked.scenario.id, house),
    asOf: portfolio.position,
    marksRound: portfolio.marks.round,
  };
};

/** A venue, or a scenario, or both: the venue then fails in the scenario. */
const readEvent = ({ venueId, scenario }: Request, portfolio: PortfolioView): StressScenario => {
  if (venueId === '' && scenario === undefined)
    return refuse(invalid('venueId', 'Expected a venue or a scenario, was neither'));
  const venue = venueId === '' ? [] : [placeOf(venueId, 'venueId', portfolio)];
  if (scenario === undefined) {
    const id = `${venueId} fails`;
    return { id, source: '', moves: [], otherMove: 0, volatilityMove: 0, failedVenues: venue };
  }
  const read = readScenario(scenario, 'scenario');
  const [problem] = scenarioProblems([read]);
  if (problem !== undefined)
    refuse(invalid(problem.field.replace('scenarios[0]', 'scenario'), problem.message));
  const others = read.failedVenues.map((one) => placeOf(one, 'scenario.failedVenues', portfolio));
  return { ...read, failedVenues: [...new Set([...venue, ...others])] };
};

const readPermanence = (text: string): number => {
  const value = text === '' ? houseContagion.permanence : textToFloat(text, 'permanence');
  return value >= 0 && value <= 1 ? value : refuse(invalid('permanence', 'Expected 0 to 1'));
};
