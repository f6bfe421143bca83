import type { Rejection } from '@plinth/eventing';
import {
  ACCOUNT_STATES,
  runStress,
  stressedHouse,
  type StressedAccount,
  type StressedHouse,
} from '@plinth/margin';
import type { stressMessages } from '@plinth/messages';
import { floatToText } from '@plinth/money';
import { equityText, requirementText, type PortfolioView } from '@plinth/portfolio';
import { LIMITS } from '../../domain/limits.ts';
import type { RiskViews } from '../risk-views.ts';
import { invalid, isRejection, reading, refuseAccount, refuseUnready } from './account-of.ts';
import { nearestToTrouble } from './list-watch.ts';
import { fundOf, readScenarios } from './stress-scenarios.ts';

type Request = stressMessages.GetStressRequest;

export const getStress = (
  request: Request,
  { portfolio }: RiskViews,
): stressMessages.GetStressResponse | Rejection => {
  const refusal = refuseSubject(request, portfolio);
  if (refusal !== undefined) return refusal;
  if (request.accounts > LIMITS.stressedAccountsMax)
    return invalid('accounts', `Expected 0 to ${LIMITS.stressedAccountsMax}`);
  const scenarios = reading(() => readScenarios(request.scenarios, portfolio));
  if (isRejection(scenarios)) return scenarios;
  const { book, kernel } = portfolio;
  const asked = request.house ? [...portfolio.accountIds().keys()] : [book.accountIndex(request.accountId)];
  const results = runStress(kernel, book, asked, scenarios);
  const fund = fundOf(portfolio);
  const shown = new Set(shownOf(request, portfolio));
  return {
    house: request.house
      ? results.map(({ scenario, accounts }) => houseRow(scenario.id, stressedHouse(accounts, fund)))
      : [],
    accounts: results.flatMap(({ scenario, accounts }) =>
      accounts
        .filter(({ account }) => shown.has(account))
        .map((one) => accountRow(portfolio, scenario.id, one)),
    ),
    asOf: portfolio.position,
    marksRound: portfolio.marks.round,
  };
};

/** Either one account or the house. */
export const refuseSubject = (
  { accountId, house }: Readonly<{ accountId: string; house: boolean }>,
  portfolio: PortfolioView,
): Rejection | undefined => {
  if (house && accountId !== '') return invalid('house', 'Expected an account or the house, was both');
  return house ? refuseUnready(portfolio) : refuseAccount(portfolio, accountId);
};

const shownOf = ({ house, accountId, accounts }: Request, portfolio: PortfolioView): readonly number[] => {
  const count = accounts === 0 ? LIMITS.stressedAccountsDefault : accounts;
  const ids = house ? nearestToTrouble(portfolio, count) : [accountId];
  return ids.map((id) => portfolio.accountIndex(id));
};

const accountRow = (
  portfolio: PortfolioView,
  scenario: string,
  one: StressedAccount,
): stressMessages.StressedAccount => ({
  scenario,
  accountId: portfolio.accountIds()[one.account] ?? '',
  profit: floatToText(one.profit),
  equityBefore: equityText(one.equityBefore),
  equity: equityText(one.equity),
  initialMargin: requirementText(one.initialMargin),
  maintenanceMargin: requirementText(one.maintenanceMargin),
  stateBefore: one.stateBefore,
  state: one.state,
});

export const houseRow = (scenario: string, house: StressedHouse): stressMessages.StressedHouse => {
  const count = (state: (typeof ACCOUNT_STATES)[number]): number =>
    house.states[ACCOUNT_STATES.indexOf(state)] ?? 0;
  return {
    scenario,
    accounts: house.accounts,
    profit: floatToText(house.profit),
    equity: equityText(house.equity),
    shortfall: requirementText(house.shortfall),
    fundUsed: requirementText(house.fundUsed),
    uncovered: requirementText(house.uncovered),
    healthy: count('healthy'),
    restricted: count('restricted'),
    called: count('call'),
    liquidation: count('liquidation'),
    insolvent: count('insolvent'),
  };
};
