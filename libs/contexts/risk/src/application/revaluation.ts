import type { Instant, Intent } from '@plinth/eventing';
import {
  EQUITY,
  INITIAL,
  MAINTENANCE,
  nextSeverity,
  severityNow,
  severityOf,
  stateOf,
  type AccountState,
} from '@plinth/margin';
import { assert, floatToText } from '@plinth/money';
import { requirementText, type PortfolioView } from '@plinth/portfolio';
import { graceOf } from '../domain/call-deadline.ts';
import { LIMITS } from '../domain/limits.ts';
import { marginAccount, type Judgement, type MarginAccount } from '../domain/margin-account.ts';
import { hasWork } from '../domain/margin-call.ts';
import { probabilityOf } from './default-probability.ts';
import { marginStream, type RiskViews } from './risk-views.ts';

/** State that these figures give to an account that was in `from`. */
const stateBy = (portfolio: PortfolioView, figures: Float64Array, from: AccountState): AccountState =>
  stateOf(nextSeverity(severityOf(from), figures, 0, portfolio.marginParameters));

/** All that an account's state, call and liquidation are decided by. */
export const judgementOf = (views: RiskViews, accountId: string, at: Instant): Judgement => {
  const { portfolio } = views;
  const figures = portfolio.value(accountId).slice();
  const stateFrom = (from: AccountState): AccountState => stateBy(portfolio, figures, from);
  const assessment = portfolio.assess(accountId);
  const maintenance = figures[MAINTENANCE] as number;
  const { callRatio } = portfolio.marginParameters.states;
  // From the worst state hysteresis holds longest: where even that is better than a call, nothing can be due.
  const isBad = severityOf(stateFrom('insolvent')) >= severityOf('call');
  const parameters = portfolio.parameters.current;
  assert(parameters !== undefined, 'Expected risk parameters');
  const rule = parameters.call.probability;
  // It costs more than everything else here, and only a call's deadline asks for it.
  const probability = isBad && rule !== undefined ? probabilityOf(views, accountId).probability : undefined;
  return {
    accountId,
    at,
    figures: portfolio.figures(assessment),
    stateNow: stateOf(severityNow(figures, 0, portfolio.marginParameters)),
    stateFrom,
    shortfall: requirementText(Math.max(0, (figures[INITIAL] as number) - (figures[EQUITY] as number))),
    callGraceMs: graceOf(parameters.call.graceMs, rule, probability),
    defaultProbability: probability === undefined ? '' : floatToText(probability),
    belowCall: isBad ? portfolio.liquidationBlock(accountId, callRatio * maintenance) : undefined,
    belowMaintenance: isBad ? portfolio.liquidationBlock(accountId, maintenance) : undefined,
  };
};

const revalue = (views: RiskViews, accountId: string, at: Instant): Intent => ({
  stream: marginStream(accountId),
  decider: marginAccount,
  command: { type: 'Revalue', judgement: judgementOf(views, accountId, at) },
});

/**
 * State that an account comes to by these figures, when the log must learn something of it; else undefined.
 */
const newsOf = (
  portfolio: PortfolioView,
  known: MarginAccount,
  figures: Float64Array,
  at: Instant,
): AccountState | undefined => {
  const to = stateBy(portfolio, figures, known.state);
  const now = stateOf(severityNow(figures, 0, portfolio.marginParameters));
  return to !== known.state || hasWork(known, to, now, at) ? to : undefined;
};

/** Accounts of which the log must learn something, of those given. */
export const revalueAccounts = (
  views: RiskViews,
  accountIds: Iterable<string>,
  at: Instant,
): readonly Intent[] => {
  const { portfolio, accounts } = views;
  if (!portfolio.isReady) return [];
  const due = [...new Set(accountIds)].filter(
    (accountId) =>
      portfolio.hasAccount(accountId) &&
      newsOf(portfolio, accounts.of(accountId), portfolio.value(accountId), at) !== undefined,
  );
  return due.slice(0, LIMITS.revaluationsPerReactionMax).map((accountId) => revalue(views, accountId, at));
};

/**
 * Everybody, after a change of prices or parameters: only those that may be unhealthy, or that the log has as
 * unhealthy or called, can have news. The worst first where they are too many for one reaction, the others
 * with the next round.
 */
export const revalueAll = (views: RiskViews, at: Instant): readonly Intent[] => {
  const { portfolio, accounts } = views;
  if (!portfolio.isReady) return [];
  const due: { accountId: string; severity: number }[] = [];
  for (const accountId of new Set([...portfolio.suspects(), ...accounts.watched()])) {
    const to = newsOf(portfolio, accounts.of(accountId), portfolio.value(accountId), at);
    if (to !== undefined) due.push({ accountId, severity: severityOf(to) });
  }
  due.sort((a, b) => b.severity - a.severity || (a.accountId < b.accountId ? -1 : 1));
  return due
    .slice(0, LIMITS.revaluationsPerReactionMax)
    .map(({ accountId }) => revalue(views, accountId, at));
};

/** How many accounts owe more than they have, by the figures at this position: the gate of payouts. */
export const countInsolvent = (portfolio: PortfolioView): number => {
  let count = 0;
  for (const accountId of portfolio.suspects()) {
    if ((portfolio.value(accountId)[EQUITY] as number) < 0) count += 1;
  }
  return count;
};
