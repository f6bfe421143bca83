import { reject, type Decider } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';

/**
 * Stream instrument-{instrument}: listed once, never changed, because margin and ledger build on every
 * field.
 */
export type InstrumentState = Readonly<{ listed: boolean }>;

export type ListInstrument = Readonly<{ type: 'ListInstrument'; instrument: EventData<'InstrumentListed'> }>;

export const instrument: Decider<InstrumentState, ListInstrument, 'InstrumentListed', 'INSTRUMENT_EXISTS'> = {
  initialState: () => ({ listed: false }),
  decide: ({ instrument: data }, { listed }) =>
    listed
      ? reject(
          'INSTRUMENT_EXISTS',
          `Expected a new instrument, ${data.instrumentId} is listed: choose another id`,
          {
            field: 'instrument_id',
            reason: 'exists',
          },
        )
      : [{ type: 'InstrumentListed', data }],
  evolve: () => ({ listed: true }),
};
