import { countWords, type Figure } from '@plinth/eventing';
import { ACCOUNT_STATES } from '@plinth/margin';
import type { RiskViews } from './risk-views.ts';

const BAD = ACCOUNT_STATES.filter((state) => state !== 'healthy');

/** What those who run a cell watch of its accounts' margin. */
export const riskFigures: readonly Figure<RiskViews>[] = [
  {
    name: 'plinth_risk_accounts',
    about: 'accounts by margin state',
    kind: 'gauge',
    labels: ['state'],
    read: ({ accounts, portfolio }) => {
      const bad = accounts.unhealthy();
      const states = [...bad].map((accountId) => accounts.of(accountId).state);
      const counts = countWords(BAD, states);
      return [[portfolio.accountIds().length - bad.size, 'healthy'], ...counts];
    },
  },
  {
    name: 'plinth_risk_open_margin_calls',
    about: 'margin calls that are neither cured nor escalated',
    kind: 'gauge',
    labels: [],
    read: ({ accounts }) => [[accounts.called().size]],
  },
  {
    name: 'plinth_risk_overdue_margin_calls',
    about: 'open margin calls whose deadline has passed: they wait for prices that prove the shortfall',
    kind: 'gauge',
    labels: [],
    read: ({ accounts }, now) => [[accounts.overdue(now).length]],
  },
  {
    name: 'plinth_risk_gate_closed',
    about: '1 while the gate of the cell is closed: no payout and nothing that adds risk is approved',
    kind: 'gauge',
    labels: [],
    read: ({ gate }) => [[gate.closedFor === '' ? 0 : 1]],
  },
  {
    name: 'plinth_risk_deferred_liquidations',
    about: 'accounts whose due liquidation waits, because a price it needs is halted, degraded or guarded',
    kind: 'gauge',
    labels: [],
    read: ({ accounts }) => [
      [[...accounts.watched()].filter((accountId) => accounts.of(accountId).deferred !== '').length],
    ],
  },
];
