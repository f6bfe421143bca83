import type { AuditCase } from './audit-case.ts';
import { planted } from './planted-log.ts';

const CLOSED =
  'nothing that adds risk and no payout is approved when it was asked for while the gate was closed';

const figuresAfter = {
  ...{ equity: '100', initialMargin: '0', maintenanceMargin: '0', asOf: 1n },
  ...{ marksRound: 1, parametersVersion: 1, bindingScenario: 0 },
};
const closed = planted('GateClosed', { cause: 'entries balance', brokenAt: 1n });
const opened = planted('GateOpened', { explainedThrough: 1n });
const order = planted('OrderPlaced', { orderId: 'o1', accountId: 'a1', quantity: '1', liquidationId: '' });
const forced = planted('OrderPlaced', {
  ...{ orderId: 'o2', accountId: 'a1', quantity: '1', liquidationId: 'a1.l1' },
});
const approved = (riskReducing: boolean) =>
  planted('OrderApproved', { orderId: 'o1', accountId: 'a1', riskReducing, figuresAfter });
const names = { accountId: 'a1', withdrawalId: 'w1' };
const withdrawal = planted('WithdrawalRequested', names);
const paid = planted('WithdrawalApproved', { ...names, figuresAfter });
const moved = { accountId: 'a1', transferId: 't1' };
const sent = planted('TransferApproved', { ...moved, figuresAfter });

export const GATE_CASES: readonly AuditCase[] = [
  {
    what: 'an order that adds risk, asked for behind the closed gate',
    invariant: CLOSED,
    faulty: [closed, order, approved(false)],
    sound: [order, closed, approved(false)],
  },
  {
    what: 'a withdrawal behind the closed gate',
    invariant: CLOSED,
    faulty: [closed, withdrawal, paid],
    sound: [closed, opened, withdrawal, paid],
  },
  {
    what: 'a transfer behind the closed gate',
    invariant: CLOSED,
    faulty: [closed, planted('TransferRequested', moved), sent],
    sound: [closed, order, approved(true), forced],
  },
];
