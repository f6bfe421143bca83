import type { Rejection } from '@plinth/eventing';
import { ACCOUNT_STATES } from '@plinth/margin';
import type { riskMessages } from '@plinth/messages';
import { requirementText, type PortfolioView } from '@plinth/portfolio';
import type { RiskViews } from '../risk-views.ts';
import { invalid, isRejection, refuseUnready } from './account-of.ts';
import { pageOf } from './page-of.ts';

type Ranked = Readonly<{ accountId: string; health: number }>;

export const listBreaches = (
  { pageSize, pageToken, state }: riskMessages.ListBreachesRequest,
  views: RiskViews,
): riskMessages.ListBreachesResponse | Rejection => {
  const refusal = refuseUnready(views.portfolio);
  if (refusal !== undefined) return refusal;
  const states: readonly string[] = ACCOUNT_STATES.filter((name) => name !== 'healthy');
  if (state !== '' && !states.includes(state))
    return invalid('state', `Expected one of ${states.join(', ')}`);
  const page = pageOf(pageSize, pageToken);
  if (isRejection(page)) return page;
  const { from, to } = page;
  const { accounts } = views;
  const ranked = [...accounts.unhealthy()]
    .filter((accountId) => state === '' || accounts.of(accountId).state === state)
    .map((accountId): Ranked => ({ accountId, health: healthOf(views.portfolio, accountId) }));
  ranked.sort((a, b) => a.health - b.health || (a.accountId < b.accountId ? -1 : 1));
  return {
    breaches: ranked.slice(from, to).map(({ accountId }) => breachOf(views, accountId)),
    nextPageToken: to < ranked.length ? `${to}` : '',
    total: ranked.length,
  };
};

/** equity / maintenance margin; without a requirement the equity's sign is all there is. */
const healthOf = (portfolio: PortfolioView, accountId: string): number => {
  const { equity, maintenanceMargin } = portfolio.assess(accountId);
  if (maintenanceMargin > 0) return equity / maintenanceMargin;
  return equity < 0 ? -Number.MAX_VALUE : Number.MAX_VALUE;
};

const breachOf = ({ portfolio, accounts }: RiskViews, accountId: string): riskMessages.Breach => {
  const { state, call, liquidationId, deferred } = accounts.of(accountId);
  const assessment = portfolio.assess(accountId);
  return {
    accountId,
    clientId: portfolio.ledger.clientOf(accountId) ?? '',
    state,
    figures: portfolio.figures(assessment),
    shortfall: requirementText(Math.max(0, assessment.initialMargin - assessment.equity)),
    callId: call?.id ?? '',
    callDeadlineMs: call?.deadlineMs ?? 0,
    liquidationId,
    deferredReason: deferred,
  };
};
