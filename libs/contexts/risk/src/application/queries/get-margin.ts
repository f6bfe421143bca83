import type { Rejection } from '@plinth/eventing';
import { marginWithOpenOrders } from '@plinth/margin';
import type { riskMessages } from '@plinth/messages';
import { floatToText } from '@plinth/money';
import { dependenciesOf, objectionable, type Assessment, type PortfolioView } from '@plinth/portfolio';
import { restingLegs } from '../open-order-terms.ts';
import { countInsolvent } from '../revaluation.ts';
import type { RiskViews } from '../risk-views.ts';
import { refuseAccount } from './account-of.ts';

/** equity / maintenance margin; empty when nothing is required. */
const healthOf = ({ equity, maintenanceMargin }: Assessment): string =>
  maintenanceMargin > 0 ? floatToText(equity / maintenanceMargin, 8, 'floor') : '';

export const getMargin = (
  { accountId }: riskMessages.GetMarginRequest,
  { portfolio, accounts }: RiskViews,
): riskMessages.GetMarginResponse | Rejection => {
  const refusal = refuseAccount(portfolio, accountId);
  if (refusal !== undefined) return refusal;
  const account = accounts.of(accountId);
  const assessment = portfolio.assess(accountId);
  const conservative = withOrders(portfolio, assessment, account.orders);
  const figures = portfolio.figures(assessment);
  const { call } = account;
  return {
    accountId,
    state: account.state,
    figures,
    conservative: conservative === assessment ? figures : portfolio.figures(conservative),
    health: healthOf(assessment),
    callId: call?.id ?? '',
    callAmount: call?.amount ?? '',
    callDeadlineMs: call?.deadlineMs ?? 0,
    liquidationId: account.liquidationId,
    deferredReason: account.deferred,
    notLive: [
      ...objectionable(portfolio, dependenciesOf(portfolio, portfolio.contentOf(accountId)), 'open-risk'),
    ],
    reservedOrders: account.orders.size,
    gateClosed: countInsolvent(portfolio) > 0,
    binding: assessment.report.binding.name,
    conservativeBinding: conservative.report.binding.name,
  };
};

/** The same on the worse side of all that may fill; where nothing may, it is what it is. */
const withOrders = (
  portfolio: PortfolioView,
  assessment: Assessment,
  orders: ReadonlySet<string>,
): Assessment => {
  const { accountId } = assessment;
  const resting = restingLegs(portfolio, accountId, orders).map((leg) => portfolio.orderOf(leg));
  if (resting.length === 0) return assessment;
  const place = portfolio.bookOf(accountId);
  const { worst } = marginWithOpenOrders(portfolio.kernel, place.book, place.index, resting);
  return worst.length === 0 ? assessment : portfolio.assessOn(accountId, place, worst);
};
