import type { Decider } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';

export type Outcome = 'restored' | 'closed-out' | 'shortfall' | 'recovered';

type Running = Readonly<{
  status: 'running';
  liquidationId: string;
  accountId: string;
  /** Steps ordered so far. */
  step: number;
  phase: 'planning' | 'reducing' | 'settling';
  /** Why it waits; empty when it does not. */
  pausedFor: string;
}>;

/** Stream liquidation-{liquidation}: one forced reduction from its request to its post-mortem. */
export type LiquidationState =
  Readonly<{ status: 'none' }> | Running | Readonly<{ status: 'completed'; liquidationId: string }>;

export type LiquidationCommand =
  | Readonly<{ kind: 'start'; data: EventData<'LiquidationStarted'> }>
  | Readonly<{ kind: 'reduce'; data: EventData<'ReductionOrdered'> }>
  | Readonly<{ kind: 'complete-step'; data: EventData<'ReductionCompleted'> }>
  | Readonly<{ kind: 'pause'; reason: string }>
  | Readonly<{ kind: 'declare'; shortfalls: readonly Readonly<{ asset: string; amount: string }>[] }>
  | Readonly<{
      kind: 'complete';
      data: EventData<'LiquidationCompleted'>;
      fee?: Readonly<{ asset: string; amount: string }>;
    }>;

export type LiquidationEvent =
  | 'LiquidationStarted'
  | 'ReductionOrdered'
  | 'ReductionCompleted'
  | 'LiquidationPaused'
  | 'LiquidationResumed'
  | 'ShortfallDeclared'
  | 'LiquidationFeeSet'
  | 'LiquidationCompleted';

/**
 * The order of the waterfall is the order of these phases: reductions first, then a shortfall, then the
 * end. A command that comes too late (the stream has moved on) decides nothing.
 */
export const liquidationDecider: Decider<LiquidationState, LiquidationCommand, LiquidationEvent, never> = {
  initialState: () => ({ status: 'none' }),

  decide: (command, state) => {
    if (command.kind === 'start') {
      return state.status === 'none' ? [{ type: 'LiquidationStarted', data: command.data }] : [];
    }
    if (state.status !== 'running') return [];
    const { liquidationId, accountId } = state;
    switch (command.kind) {
      case 'reduce':
        if (state.phase !== 'planning' || command.data.step !== state.step + 1) return [];
        if (command.data.legs.length === 0) return [];
        return [...resumed(state), { type: 'ReductionOrdered', data: command.data }];
      case 'complete-step':
        if (state.phase !== 'reducing' || command.data.step !== state.step) return [];
        return [{ type: 'ReductionCompleted', data: command.data }];
      case 'pause':
        if (state.phase !== 'planning' || state.pausedFor === command.reason) return [];
        return [{ type: 'LiquidationPaused', data: { liquidationId, accountId, reason: command.reason } }];
      case 'declare':
        if (state.phase !== 'planning' || command.shortfalls.length === 0) return [];
        return [
          ...resumed(state),
          ...command.shortfalls.map(({ asset, amount }) => ({
            type: 'ShortfallDeclared' as const,
            data: { liquidationId, accountId, asset, amount },
          })),
        ];
      case 'complete':
        if (state.phase === 'reducing') return [];
        return [
          ...resumed(state),
          ...(command.fee === undefined
            ? []
            : [{ type: 'LiquidationFeeSet' as const, data: { liquidationId, accountId, ...command.fee } }]),
          { type: 'LiquidationCompleted', data: command.data },
        ];
    }
  },

  evolve: (state, event) => {
    if (event.type === 'LiquidationStarted') {
      const { liquidationId, accountId } = event.data;
      return { status: 'running', liquidationId, accountId, step: 0, phase: 'planning', pausedFor: '' };
    }
    if (state.status !== 'running') return state;
    switch (event.type) {
      case 'ReductionOrdered':
        return { ...state, step: event.data.step, phase: 'reducing', pausedFor: '' };
      case 'ReductionCompleted':
        return { ...state, phase: 'planning' };
      case 'LiquidationPaused':
        return { ...state, pausedFor: event.data.reason };
      case 'LiquidationResumed':
        return { ...state, pausedFor: '' };
      case 'ShortfallDeclared':
        return { ...state, phase: 'settling' };
      case 'LiquidationFeeSet':
        return state;
      case 'LiquidationCompleted':
        return { status: 'completed', liquidationId: state.liquidationId };
    }
  },
};

const resumed = ({ pausedFor, liquidationId, accountId }: Running) =>
  pausedFor === '' ? [] : [{ type: 'LiquidationResumed' as const, data: { liquidationId, accountId } }];
