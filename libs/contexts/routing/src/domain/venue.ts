import type { Decider } from '@plinth/eventing';
import { plainSnapshot, reject } from '@plinth/eventing';
import type { VenueState } from '@plinth/market';
import type { EventData } from '@plinth/messages';

/** Stream venue-{venue}: terms, state, and how far its reports have been taken in. */
export type VenueStream =
  | Readonly<{ status: 'none' }>
  | Readonly<{
      status: 'registered';
      terms: EventData<'VenueRegistered'>;
      state: VenueState;
      /** The router took it down itself, so a probe may bring it up again. */
      isAutomatic: boolean;
      lastSequence: number;
    }>;

export type VenueCommand =
  | Readonly<{ kind: 'register'; terms: EventData<'VenueRegistered'> }>
  | Readonly<{ kind: 'set-state'; venueId: string; state: VenueState; reason: string; isAutomatic: boolean }>
  | Readonly<{ kind: 'set-fees'; fees: EventData<'VenueFeesSet'> }>
  | Readonly<{ kind: 'take-reports'; venueId: string; after: number; last: number }>;

export type VenueEvent = 'VenueRegistered' | 'VenueStateSet' | 'VenueFeesSet' | 'VenueReportsTaken';
export type VenueCode = 'VENUE_UNKNOWN' | 'CURSOR_MOVED' | 'LISTING_REMOVED';

export const venueDecider: Decider<VenueStream, VenueCommand, VenueEvent, VenueCode> = {
  initialState: () => ({ status: 'none' }),

  decide: (command, state) => {
    if (command.kind === 'register') return register(command.terms, state);
    if (state.status === 'none') {
      return reject(
        'VENUE_UNKNOWN',
        `Expected a registered venue, was ${venueOf(command)}: register it first`,
        {
          field: 'venue_id',
          reason: 'missing',
        },
      );
    }
    switch (command.kind) {
      case 'set-state': {
        const { venueId, reason, isAutomatic } = command;
        if (isAutomatic && !mayChange(state, command.state)) return [];
        if (state.state === command.state && state.isAutomatic === isAutomatic) return [];
        return [
          { type: 'VenueStateSet', data: { venueId, state: command.state, reason, automatic: isAutomatic } },
        ];
      }
      case 'set-fees':
        return isCharged(state.terms, command.fees) ? [] : [{ type: 'VenueFeesSet', data: command.fees }];
      case 'take-reports':
        if (command.after !== state.lastSequence) {
          return reject(
            'CURSOR_MOVED',
            `Expected reports after ${state.lastSequence}, was after ${command.after}: read on from there`,
            { field: 'after', details: { last_sequence: `${state.lastSequence}` } },
          );
        }
        return [
          { type: 'VenueReportsTaken', data: { venueId: command.venueId, lastSequence: command.last } },
        ];
    }
  },

  evolve: (state, event) => {
    if (event.type === 'VenueRegistered') {
      return state.status === 'none'
        ? { status: 'registered', terms: event.data, state: 'up', isAutomatic: false, lastSequence: 0 }
        : { ...state, terms: event.data };
    }
    if (state.status === 'none') return state;
    switch (event.type) {
      case 'VenueStateSet':
        return { ...state, state: event.data.state as VenueState, isAutomatic: event.data.automatic };
      case 'VenueFeesSet': {
        const { makerFeePpm, takerFeePpm, optionFeeCapPpm } = event.data;
        return { ...state, terms: { ...state.terms, makerFeePpm, takerFeePpm, optionFeeCapPpm } };
      }
      case 'VenueReportsTaken':
        return { ...state, lastSequence: event.data.lastSequence };
    }
  },
  snapshot: plainSnapshot(1),
};

const venueOf = (command: Exclude<VenueCommand, { kind: 'register' }>): string =>
  command.kind === 'set-fees' ? command.fees.venueId : command.venueId;

const FEES = ['makerFeePpm', 'takerFeePpm', 'optionFeeCapPpm'] as const;

const isCharged = (terms: EventData<'VenueRegistered'>, fees: EventData<'VenueFeesSet'>): boolean =>
  FEES.every((name) => terms[name] === fees[name]);

/** New terms replace the old ones; an instrument that was listed stays listed, orders may refer to it. */
const register = (
  terms: EventData<'VenueRegistered'>,
  state: VenueStream,
): ReturnType<typeof venueDecider.decide> => {
  if (state.status === 'registered') {
    const listed = new Set(terms.listings.map(({ instrumentId }) => instrumentId));
    const removed = state.terms.listings.find(({ instrumentId }) => !listed.has(instrumentId));
    if (removed !== undefined) {
      return reject(
        'LISTING_REMOVED',
        `Expected ${removed.instrumentId} to stay listed: set the venue to reduce-only instead`,
        { field: 'listings' },
      );
    }
  }
  return [{ type: 'VenueRegistered', data: terms }];
};

/**
 * The router takes a venue down that was up, and brings up only what it took down: an operator's word
 * stands.
 */
const mayChange = (state: Extract<VenueStream, { status: 'registered' }>, to: VenueState): boolean =>
  to === 'down' ? state.state === 'up' : state.state === 'down' && state.isAutomatic;
