import { isRiskReducing, marginWithOpenOrders, type HypotheticalOrder } from '@plinth/margin';
import { dependenciesOf, objectionable, type PortfolioView } from '@plinth/portfolio';
import { refuseOrder } from '../../domain/approvals.ts';
import type { MarginAccount } from '../../domain/margin-account.ts';
import { restingLegs } from '../open-order-terms.ts';

/** What risk would answer to these orders placed now, together: `approved`, or the code of the refusal. */
export const verdictOf = (
  portfolio: PortfolioView,
  accountId: string,
  account: MarginAccount,
  orders: readonly HypotheticalOrder[],
  closedFor: string,
): string => {
  const { kernel } = portfolio;
  const place = portfolio.bookOf(accountId);
  const { book, index } = place;
  const resting = restingLegs(portfolio, accountId, account.orders).map((leg) => portfolio.orderOf(leg));
  const { worst } = marginWithOpenOrders(kernel, book, index, [...resting, ...orders]);
  const after = portfolio.assessOn(accountId, place, worst);
  const content = portfolio.contentWith(accountId, orders);
  const refusal = refuseOrder(
    false,
    {
      figuresAfter: portfolio.figures(after),
      riskReducing: isRiskReducing(kernel, book, index, orders),
      closedFor,
      headroom: after.equity - after.figures.initial,
      notLive: objectionable(portfolio, dependenciesOf(portfolio, content), 'open-risk'),
      venuesFull: [],
      poolsDry: [],
    },
    account,
  );
  return refusal?.code ?? 'approved';
};
