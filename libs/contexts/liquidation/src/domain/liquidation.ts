import type { Decider, NewEvent } from '@plinth/eventing';
import type { AssetPrice, EventData } from '@plinth/messages';

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
  /** Recalls and takeovers asked of accounts so far; claims are recalled once. */
  asked: number;
  hasRecalled: boolean;
}>;

/** Stream liquidation-{liquidation}: one forced reduction from its request to its post-mortem. */
export type LiquidationState =
  Readonly<{ status: 'none' }> | Running | Readonly<{ status: 'completed'; liquidationId: string }>;

export type LiquidationCommand =
  | Readonly<{ kind: 'start'; data: EventData<'LiquidationStarted'> }>
  | ((Step | NextStep) & Readonly<{ seen?: number }>);

/**
 * What comes after planning, worked out only where it can still matter. A plan is dear, and while many
 * accounts are liquidated at once most askings come between a step and its event in the log. No other writer
 * has these streams, so it is asked once, at the position where it was made.
 */
type NextStep = Readonly<{ kind: 'next'; step: () => Step | undefined }>;

/** `seen`: how many recalls and takeovers had been asked and answered when this was decided. */
export type Step =
  | Readonly<{ kind: 'reduce'; data: EventData<'ReductionOrdered'> }>
  | Readonly<{ kind: 'complete-step'; data: EventData<'ReductionCompleted'> }>
  | Readonly<{ kind: 'pause'; reason: string }>
  | Readonly<{ kind: 'recall'; assets: readonly string[] }>
  | Readonly<{ kind: 'take-over'; collateral: readonly AssetPrice[]; debts: readonly AssetPrice[] }>
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
  | 'ClaimsRecalled'
  | 'TakeoverOrdered'
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
    // While accounts has not answered, whatever is decided rests on figures that are about to change.
    if (state.status !== 'running' || (command.seen ?? 0) !== state.asked) return [];
    if (command.kind !== 'next') return decideStep(command, state);
    const step = state.phase === 'reducing' ? undefined : command.step();
    return step === undefined ? [] : decideStep(step, state);
  },

  evolve: (state, event) => {
    if (event.type === 'LiquidationStarted') {
      const { liquidationId, accountId } = event.data;
      const fresh = { step: 0, phase: 'planning', pausedFor: '', asked: 0, hasRecalled: false } as const;
      return { status: 'running', liquidationId, accountId, ...fresh };
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
      case 'ClaimsRecalled':
        return { ...state, asked: state.asked + 1, hasRecalled: true, pausedFor: '' };
      case 'TakeoverOrdered':
        return { ...state, asked: state.asked + 1, pausedFor: '' };
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

const decideStep = (command: Step, state: Running): readonly NewEvent<LiquidationEvent>[] => {
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
    case 'recall':
      if (state.phase !== 'planning' || state.hasRecalled || command.assets.length === 0) return [];
      return [
        ...resumed(state),
        { type: 'ClaimsRecalled', data: { liquidationId, accountId, assets: [...command.assets] } },
      ];
    case 'take-over': {
      if (state.phase !== 'planning' || command.collateral.length === 0) return [];
      const [collateral, debts] = [[...command.collateral], [...command.debts]];
      return [
        ...resumed(state),
        { type: 'TakeoverOrdered', data: { liquidationId, accountId, collateral, debts } },
      ];
    }
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
};
