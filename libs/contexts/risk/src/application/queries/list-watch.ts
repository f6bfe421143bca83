import type { Rejection } from '@plinth/eventing';
import { EQUITY, FIGURE_COUNT, MAINTENANCE, SCAN } from '@plinth/margin';
import type { stressMessages } from '@plinth/messages';
import { floatToText } from '@plinth/money';
import { equityText, requirementText, type PortfolioView } from '@plinth/portfolio';
import { LIMITS } from '../../domain/limits.ts';
import { probabilityOf } from '../default-probability.ts';
import type { RiskViews } from '../risk-views.ts';
import { isRejection, refuseUnready } from './account-of.ts';
import { pageOf } from './page-of.ts';

type Watched = Readonly<{ accountId: string; probability: number; horizonHours: number }>;
type Ranking = Readonly<{ asOf: bigint; watched: readonly Watched[] }>;

/** The last ranking of a portfolio, good until the next event: the pages of one list are one ranking. */
const rankings = new WeakMap<PortfolioView, Ranking>();

export const listWatch = (
  { pageSize, pageToken }: stressMessages.ListWatchRequest,
  views: RiskViews,
): stressMessages.ListWatchResponse | Rejection => {
  const { portfolio } = views;
  const refusal = refuseUnready(portfolio);
  if (refusal !== undefined) return refusal;
  const page = pageOf(pageSize, pageToken);
  if (isRejection(page)) return page;
  const { watched } = rankingOf(views);
  return {
    accounts: watched.slice(page.from, page.to).map((one) => rowOf(views, one)),
    nextPageToken: page.to < watched.length ? `${page.to}` : '',
    total: watched.length,
  };
};

const rankingOf = (views: RiskViews): Ranking => {
  const { portfolio } = views;
  const known = rankings.get(portfolio);
  if (known?.asOf === portfolio.position) return known;
  const watched = nearestToTrouble(portfolio, LIMITS.watchedMax).map((accountId): Watched => {
    const { probability, horizonHours } = probabilityOf(views, accountId);
    return { accountId, probability, horizonHours };
  });
  watched.sort((a, b) => b.probability - a.probability || (a.accountId < b.accountId ? -1 : 1));
  const ranking = { asOf: portfolio.position, watched };
  rankings.set(portfolio, ranking);
  return ranking;
};

/** Accounts with something at risk, by equity / maintenance margin, then by account. */
export const nearestToTrouble = (portfolio: PortfolioView, count: number): readonly string[] => {
  const figures = portfolio.measure();
  const ranked = portfolio.accountIds().flatMap((accountId, n) => {
    const equity = figures[n * FIGURE_COUNT + EQUITY] as number;
    const maintenance = figures[n * FIGURE_COUNT + MAINTENANCE] as number;
    const isIdle = figures[n * FIGURE_COUNT + SCAN] === 0 && equity >= 0;
    return isIdle ? [] : [{ accountId, health: maintenance > 0 ? equity / maintenance : equity }];
  });
  ranked.sort((a, b) => a.health - b.health || (a.accountId < b.accountId ? -1 : 1));
  return ranked.slice(0, count).map(({ accountId }) => accountId);
};

const rowOf = (
  { portfolio, accounts }: RiskViews,
  { accountId, probability, horizonHours }: Watched,
): stressMessages.WatchedAccount => {
  const { equity, maintenanceMargin } = portfolio.assess(accountId);
  const { state, call } = accounts.of(accountId);
  return {
    accountId,
    clientId: portfolio.ledger.clientOf(accountId) ?? '',
    state,
    probability: floatToText(probability),
    horizonHours: floatToText(horizonHours),
    equity: equityText(equity),
    maintenanceMargin: requirementText(maintenanceMargin),
    callDeadlineMs: call?.deadlineMs ?? 0,
  };
};
