import { plainSnapshot, reject, type Decider, type NewEvent } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import type { AccountsCode } from './codes.ts';

export type ClearingCommand =
  | Readonly<{ type: 'Arrive'; data: EventData<'TransferArrived'> }>
  | Readonly<{ type: 'Decline'; data: EventData<'TransferDeclined'> }>
  | Readonly<{ type: 'Acknowledge'; data: EventData<'TransferAcknowledged'> }>;

export type ClearingEvent = 'TransferArrived' | 'TransferDeclined' | 'TransferAcknowledged';

/** Place in the other cell's log of what was taken over last. */
export type ClearingState = Readonly<{ through: bigint }>;

const eventOf = (command: ClearingCommand): NewEvent<ClearingEvent> => {
  switch (command.type) {
    case 'Arrive':
      return { type: 'TransferArrived', data: command.data };
    case 'Decline':
      return { type: 'TransferDeclined', data: command.data };
    case 'Acknowledge':
      return { type: 'TransferAcknowledged', data: command.data };
  }
};

/**
 * Stream clearing-{other cell}: the other cell's log is taken over in its order. Whoever brings the same
 * event again finds that its place has been passed, whatever else he knows, so nothing has its effect twice.
 */
export const clearingDecider: Decider<ClearingState, ClearingCommand, ClearingEvent, AccountsCode> = {
  initialState: () => ({ through: 0n }),
  decide: (command, { through }) => {
    const { sourcePosition } = command.data;
    if (sourcePosition > through) return [eventOf(command)];
    return reject('TAKEN_ALREADY', `Expected a position after ${through} of the other cell's log`, {
      field: 'source_position',
      reason: 'exists',
    });
  },
  evolve: (_, event) => ({ through: event.data.sourcePosition }),
  snapshot: plainSnapshot(1),
};
