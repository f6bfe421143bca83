import {
  defineService,
  type Envelope,
  type Instant,
  type Intent,
  type ServiceDefinition,
} from '@plinth/eventing';
import { isId } from '@plinth/market';
import { assert } from '@plinth/money';
import { PortfolioView, transferHold, withdrawalHold } from '@plinth/portfolio';
import { isMarginEvent, marginAccount, type MarginCommand } from '../domain/margin-account.ts';
import { CovarianceView } from './covariance-view.ts';
import { riskHistoryQueries } from './history/index.ts';
import { bundleJudge } from './bundle-judge.ts';
import { closeGate, openGate } from './gate-commands.ts';
import { GateView } from './gate-view.ts';
import { MarginAccountsView, SERVICE } from './margin-accounts-view.ts';
import { orderJudge } from './order-judge.ts';
import { payoutJudge } from './payout-judge.ts';
import { judgementOf, revalueAccounts, revalueAll } from './revaluation.ts';
import { marginStream, type RiskViews } from './risk-views.ts';
import { riskQueries } from './queries/index.ts';
import { setRiskParameters } from './set-risk-parameters.ts';
import { setRulebookParameters } from './set-rulebook-parameters.ts';
import { riskFigures } from './risk-figures.ts';

export type RiskConfig = Readonly<{
  /** Id of the cell: the parameters live on stream parameters-{cell}. */
  cell: string;
}>;

/**
 * Margin of all accounts of a cell: states, calls, approvals, requests for liquidation; and questions about
 * them.
 */
export const RiskService = ({ cell }: RiskConfig): ServiceDefinition<RiskViews> => {
  assert(isId('account', cell), () => `Expected a cell id of lower-case letters and digits, was ${cell}`);
  return defineService<RiskViews>({
    name: SERVICE,
    owns: ['margin', 'parameters', 'rulebook', 'gate'],
    views: () => ({
      portfolio: new PortfolioView(),
      accounts: new MarginAccountsView(),
      covariance: new CovarianceView(),
      gate: new GateView(),
    }),
    react,
    commands: {
      SetRiskParameters: setRiskParameters(cell),
      SetRulebookParameters: setRulebookParameters,
      CloseGate: closeGate(cell),
      OpenGate: openGate(cell),
    },
    figures: riskFigures,
    queries: riskQueries,
    historyQueries: riskHistoryQueries,
    nextDue: ({ accounts }) => accounts.nextDeadline(),
  });
};

/** After these every account may stand otherwise. */
const REVALUED_BY: ReadonlySet<string> = new Set([
  'MarksPublished',
  'RiskParametersSet',
  'RulebookParametersSet',
]);

const intent = (accountId: string, command: MarginCommand): Intent<MarginCommand> => ({
  stream: marginStream(accountId),
  decider: marginAccount,
  command,
});

/** What an event asks for by itself, then whatever its accounts' figures have come to. */
const react = (event: Envelope, views: RiskViews): readonly Intent[] => [
  ...answersTo(event, views),
  ...revaluations(event, views),
];

const answersTo = (event: Envelope, views: RiskViews): readonly Intent[] => {
  const { portfolio, accounts, gate } = views;
  const { closedFor } = gate;
  switch (event.type) {
    case 'OrderPlaced': {
      // What a liquidation orders reduces risk by its plan and is not asked again.
      // A leg of a product is judged with the others, when the bundle is there.
      if (event.data.liquidationId !== '' || event.data.bundleId !== '') return [];
      const judge = orderJudge(portfolio, event.data, closedFor);
      return [intent(event.data.accountId, { type: 'ApproveOrder', order: event.data, judge })];
    }
    case 'BundlePlaced': {
      const orders = event.data.legs.flatMap(({ orderId }) => portfolio.orders.order(orderId)?.placed ?? []);
      if (orders.length === 0) return [];
      const judge = bundleJudge(portfolio, orders, closedFor);
      return [intent(event.data.accountId, { type: 'ApproveBundle', orders, judge })];
    }
    case 'OrderClosed': {
      const { accountId, orderId } = event.data;
      return [intent(accountId, { type: 'ReleaseReservation', accountId, orderId })];
    }
    case 'WithdrawalRequested': {
      const { accountId, withdrawalId } = event.data;
      const judge = payoutJudge(portfolio, accountId, withdrawalHold(withdrawalId), closedFor);
      return [intent(accountId, { type: 'ApproveWithdrawal', accountId, withdrawalId, judge })];
    }
    case 'TransferRequested': {
      const { accountId, transferId } = event.data;
      const judge = payoutJudge(portfolio, accountId, transferHold(transferId), closedFor);
      return [intent(accountId, { type: 'ApproveTransfer', accountId, transferId, judge })];
    }
    case 'WithdrawalSettled':
    case 'WithdrawalReleased':
      return [releasePayout(event.data.accountId, withdrawalHold(event.data.withdrawalId))];
    case 'TransferSent':
    case 'TransferReleased':
      return [releasePayout(event.data.accountId, transferHold(event.data.transferId))];
    case 'LiquidationCompleted': {
      const { accountId, liquidationId, outcome } = event.data;
      if (accounts.of(accountId).liquidationId !== liquidationId) return [];
      const judgement = judgementOf(views, accountId, event.occurredAt);
      return [intent(accountId, { type: 'LiquidationEnded', liquidationId, outcome, judgement })];
    }
    default:
      return [];
  }
};

const releasePayout = (accountId: string, payoutId: string): Intent =>
  intent(accountId, { type: 'ReleasePayout', accountId, payoutId });

const revaluations = (event: Envelope, views: RiskViews): readonly Intent[] => {
  const { portfolio, accounts } = views;
  const at: Instant = event.occurredAt;
  if (REVALUED_BY.has(event.type)) return revalueAll(views, at);
  if (event.type === 'TimerFired')
    return event.data.service === SERVICE ? revalueAccounts(views, accounts.overdue(at), at) : [];
  // The stream may have been ahead of the fold when it was judged last: it is looked at again when the fold
  // is there.
  const own = isMarginEvent(event) ? [event.data.accountId] : [];
  return revalueAccounts(views, [...portfolio.touched, ...own], at);
};
