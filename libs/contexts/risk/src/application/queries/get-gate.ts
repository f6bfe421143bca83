import type { riskMessages } from '@plinth/messages';
import type { RiskViews } from '../risk-views.ts';

export const getGate = (
  _request: riskMessages.GetGateRequest,
  { gate, portfolio }: RiskViews,
): riskMessages.GateInfo => {
  const { explainedThrough, proposal } = gate.state;
  return {
    state: gate.causes.length === 0 ? 'open' : 'closed',
    causes: [...gate.causes],
    explainedThrough,
    proposedThrough: proposal?.through ?? 0n,
    proposedBy: proposal?.by ?? '',
    proposedReason: proposal?.reason ?? '',
    position: portfolio.position,
  };
};
