import { reject, type CommandHandler, type Rejection } from '@plinth/eventing';
import type { riskMessages } from '@plinth/messages';
import { gate, type GateCommand } from '../domain/gate.ts';
import { LIMITS } from '../domain/limits.ts';
import type { RiskViews } from './risk-views.ts';

const invalid = (field: string, message: string): Rejection =>
  reject('INVALID', `${field}: ${message}`, { field, reason: 'invalid' });

const textProblem = (field: string, text: string): Rejection | undefined =>
  text.length >= 1 && text.length <= LIMITS.gateTextCharsMax
    ? undefined
    : invalid(field, `Expected 1 to ${LIMITS.gateTextCharsMax} characters, was ${text.length}`);

const positionProblem = (field: string, position: bigint, head: bigint): Rejection | undefined =>
  position >= 0n && position <= head
    ? undefined
    : invalid(field, `Expected a position of the log, 0 to ${head}, was ${position}`);

const intent = (cell: string, command: GateCommand) => [{ stream: `gate-${cell}`, decider: gate, command }];

/** Whoever sees that something does not hold closes the gate: an auditor by its own key, or an operator. */
export const closeGate =
  (cell: string): CommandHandler<riskMessages.CloseGateRequest, RiskViews> =>
  ({ cause, brokenAt, detail }, _views, { tenant }) => {
    if (tenant !== 'operator') return reject('NOT_ALLOWED', 'The gate is closed by operators and auditors');
    if (brokenAt < 0n) return invalid('brokenAt', `Expected a position of the log, was ${brokenAt}`);
    return (
      textProblem('cause', cause) ??
      textProblem('detail', detail) ??
      intent(cell, { type: 'CloseGate', cause, brokenAt, detail })
    );
  };

/** Two operators open it, each by naming up to where what was broken is explained. */
export const openGate =
  (cell: string): CommandHandler<riskMessages.OpenGateRequest, RiskViews> =>
  ({ explainedThrough, reason }, { portfolio }, { tenant, cause: { actor: by } }) => {
    if (tenant !== 'operator') return reject('NOT_ALLOWED', 'The gate is opened by operators');
    return (
      positionProblem('explainedThrough', explainedThrough, portfolio.position) ??
      textProblem('reason', reason) ??
      intent(cell, { type: 'OpenGate', explainedThrough, reason, by })
    );
  };
