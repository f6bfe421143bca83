import type { Rejection } from '@plinth/eventing';
import type { FactorMove, ShockOf } from '@plinth/margin';
import type { stressMessages } from '@plinth/messages';
import { floatToText } from '@plinth/money';
import { equityText } from '@plinth/portfolio';
import { probabilityOf } from '../default-probability.ts';
import type { RiskViews } from '../risk-views.ts';
import { refuseAccount } from './account-of.ts';

export const getDefaultProbability = (
  { accountId }: stressMessages.GetDefaultProbabilityRequest,
  views: RiskViews,
): stressMessages.GetDefaultProbabilityResponse | Rejection => {
  const { portfolio, accounts } = views;
  const refusal = refuseAccount(portfolio, accountId);
  if (refusal !== undefined) return refusal;
  const { probability, horizonHours, equity, distance, nearest } = probabilityOf(views, accountId);
  return {
    accountId,
    probability: floatToText(probability),
    horizonHours: floatToText(horizonHours),
    equity: equityText(equity),
    distance: distance === undefined ? '' : floatToText(distance),
    nearest: nearest.map(factorShock),
    state: accounts.of(accountId).state,
    asOf: portfolio.position,
    marksRound: portfolio.marks.round,
  };
};

export const factorShock = ({
  underlying,
  of,
  fraction,
}: FactorMove | ShockOf): stressMessages.FactorShock => ({
  underlying,
  of,
  fraction: floatToText(fraction),
});
