import { marginWithOpenOrders } from '@plinth/margin';
import { assert, textToFloat } from '@plinth/money';
import {
  dependenciesOf,
  objectionable,
  type Hold,
  type HypotheticalTransfer,
  type PortfolioView,
} from '@plinth/portfolio';
import type { PayoutJudgement, Unjudged } from '../domain/approvals.ts';
import type { Reserved } from '../domain/margin-account.ts';
import { restingLegs } from './open-order-terms.ts';
import { countInsolvent } from './revaluation.ts';

/** The judge of one withdrawal or transfer (its id among the holds), bound to this position of the fold. */
export const payoutJudge = (
  portfolio: PortfolioView,
  accountId: string,
  holdId: string,
  closedFor: string,
) => {
  const { position } = portfolio;
  return (reserved: Reserved): PayoutJudgement | Unjudged => {
    assert(
      portfolio.position === position,
      'Expected the payout to be judged before the next event is folded',
    );
    return judge(portfolio, accountId, holdId, reserved, closedFor);
  };
};

const judge = (
  portfolio: PortfolioView,
  accountId: string,
  holdId: string,
  reserved: Reserved,
  closedFor: string,
): PayoutJudgement | Unjudged => {
  if (!portfolio.isReady)
    return { unjudged: 'PARAMETERS_MISSING', message: 'Risk parameters are not set yet; ask an operator' };
  const gone = leaving(portfolio.holds.of(accountId), holdId, reserved.payouts);
  const place = portfolio.bookOf(accountId, gone);
  const { book, index } = place;
  const resting = restingLegs(portfolio, accountId, reserved.orders);
  const orders = resting.map((leg) => portfolio.orderOf(leg));
  const { worst } = marginWithOpenOrders(portfolio.kernel, book, index, orders);
  const after = portfolio.assessOn(accountId, place, worst);
  const content = book.read(index);
  const owesNothing = content.debts.length === 0 && content.balances.every(({ amount }) => amount >= 0);
  return {
    figuresAfter: portfolio.figures(after),
    free: owesNothing && content.positions.length === 0 && orders.length === 0,
    headroom: after.equity - after.figures.initial,
    notLive: objectionable(portfolio, dependenciesOf(portfolio, content), 'withdraw'),
    insolvent: countInsolvent(portfolio),
    closedFor,
  };
};

/** The payout itself, and those that were approved though the fold has not seen it. */
const leaving = (
  holds: ReadonlyMap<string, Hold>,
  holdId: string,
  approved: ReadonlySet<string>,
): readonly HypotheticalTransfer[] =>
  [...holds].flatMap(([id, { asset, amount, location, isApproved }]) =>
    id === holdId || (approved.has(id) && !isApproved)
      ? [{ asset, location, amount: -textToFloat(amount) }]
      : [],
  );
