import { reject, type Decider, type NewEvent, type Rejection } from '@plinth/eventing';
import { LIMITS } from './limits.ts';

/**
 * The gate of a cell, stream gate-{cell}: closed, nothing that adds risk and nothing that leaves is approved.
 * One closes it, two open it. Whoever opens it says up to which position what was broken is explained; an
 * auditor that reads the log again from its beginning closes it no more for that.
 */
export type Gate = Readonly<{
  /** What it is closed for; open when there is nothing. */
  causes: ReadonlySet<string>;
  /** The newest event that broke something since it was closed. */
  lastBrokenAt: bigint;
  explainedThrough: bigint;
  proposal: Readonly<{ through: bigint; reason: string; by: string }> | undefined;
}>;

export type GateCommand =
  | Readonly<{ type: 'CloseGate'; cause: string; brokenAt: bigint; detail: string }>
  | Readonly<{ type: 'OpenGate'; explainedThrough: bigint; reason: string; by: string }>;

const GATE_EVENTS = ['GateClosed', 'GateOpeningProposed', 'GateOpened'] as const;
export type GateEventType = (typeof GATE_EVENTS)[number];
export type GateEvent = NewEvent<GateEventType>;
export type GateRefusal = 'GATE_IS_OPEN' | 'NOT_EXPLAINED' | 'SECOND_OPERATOR_NEEDED';

const NAMES: ReadonlySet<string> = new Set(GATE_EVENTS);
export const isGateEvent = (event: NewEvent): event is GateEvent => NAMES.has(event.type);

const OPEN: Gate = { causes: new Set(), lastBrokenAt: 0n, explainedThrough: 0n, proposal: undefined };

const close = (
  { cause, brokenAt, detail }: Extract<GateCommand, { type: 'CloseGate' }>,
  gate: Gate,
): readonly GateEvent[] => {
  const isExplained = brokenAt > 0n && brokenAt <= gate.explainedThrough;
  const isFull = gate.causes.size >= LIMITS.gateCausesMax;
  if (isExplained || isFull || gate.causes.has(cause)) return [];
  return [{ type: 'GateClosed', data: { cause, brokenAt, detail } }];
};

const open = (
  { explainedThrough, reason, by }: Extract<GateCommand, { type: 'OpenGate' }>,
  { causes, lastBrokenAt, proposal }: Gate,
): readonly GateEvent[] | Rejection<GateRefusal> => {
  if (causes.size === 0) return reject('GATE_IS_OPEN', 'The gate is open; there is nothing to do');
  if (explainedThrough < lastBrokenAt)
    return reject(
      'NOT_EXPLAINED',
      `Expected at least ${lastBrokenAt}, where something broke last, was ${explainedThrough}`,
      { field: 'explainedThrough' },
    );
  if (proposal?.through !== explainedThrough)
    return [{ type: 'GateOpeningProposed', data: { explainedThrough, reason, proposedBy: by } }];
  if (proposal.by === by)
    return reject('SECOND_OPERATOR_NEEDED', `Expected another operator than ${by}, who proposed it`);
  const data = { explainedThrough, reason: proposal.reason, proposedBy: proposal.by, agreedBy: by };
  return [{ type: 'GateOpened', data }];
};

const evolve = (gate: Gate, event: GateEvent): Gate => {
  switch (event.type) {
    case 'GateClosed': {
      const { cause, brokenAt } = event.data;
      const lastBrokenAt = brokenAt > gate.lastBrokenAt ? brokenAt : gate.lastBrokenAt;
      // What was proposed did not know of this.
      return { ...gate, causes: new Set([...gate.causes, cause]), lastBrokenAt, proposal: undefined };
    }
    case 'GateOpeningProposed': {
      const { explainedThrough: through, reason, proposedBy: by } = event.data;
      return { ...gate, proposal: { through, reason, by } };
    }
    case 'GateOpened':
      return { ...OPEN, explainedThrough: event.data.explainedThrough };
  }
};

export const gate: Decider<Gate, GateCommand, GateEventType, GateRefusal> = {
  initialState: () => OPEN,
  decide: (command, state) => (command.type === 'CloseGate' ? close(command, state) : open(command, state)),
  evolve,
};
