import type { Decider, NewEvent } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';

/**
 * Stream settlement-{underlying}.{price asset}.{expiry}: fixed once, perhaps deferred before, never changed.
 */
export type SettlementState = 'open' | 'deferred' | 'fixed';

export type SettlementCommand =
  | Readonly<{ type: 'Defer'; deferred: EventData<'SettlementDeferred'> }>
  | Readonly<{ type: 'Fix'; fixed: EventData<'SettlementPriceFixed'> }>;

export type SettlementEvent = 'SettlementDeferred' | 'SettlementPriceFixed';

const decide = (command: SettlementCommand, state: SettlementState): readonly NewEvent<SettlementEvent>[] => {
  if (state === 'fixed') return [];
  if (command.type === 'Fix') return [{ type: 'SettlementPriceFixed', data: command.fixed }];
  return state === 'deferred' ? [] : [{ type: 'SettlementDeferred', data: command.deferred }];
};

export const settlement: Decider<SettlementState, SettlementCommand, SettlementEvent, never> = {
  initialState: () => 'open',
  decide,
  evolve: (_, event) => (event.type === 'SettlementPriceFixed' ? 'fixed' : 'deferred'),
};
