import { plainSnapshot, reject, type Decider } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';

/** Stream funding-{instrument}: end of the last interval by venue. */
export type FundingState = ReadonlyMap<string, number>;

export type SetFundingRate = Readonly<{
  type: 'SetFundingRate';
  instrumentId: string;
  venueId: string;
  intervalEndMs: number;
  rate: string;
  indexPrice: string;
}>;

export type FundingRejection = 'FUNDING_EXISTS' | 'FUNDING_OUT_OF_ORDER';

/** One id per instrument, venue and interval: a rate is set once, and everybody pays it once. */
export const fundingId = (instrumentId: string, venueId: string, intervalEndMs: number): string =>
  `${instrumentId}.${venueId}.${intervalEndMs}`;

const dataOf = ({
  instrumentId,
  venueId,
  intervalEndMs,
  rate,
  indexPrice,
}: SetFundingRate): EventData<'FundingRateSet'> => ({
  fundingId: fundingId(instrumentId, venueId, intervalEndMs),
  instrumentId,
  venueId,
  intervalEndMs,
  rate,
  indexPrice,
});

export const funding: Decider<FundingState, SetFundingRate, 'FundingRateSet', FundingRejection> = {
  initialState: () => new Map(),
  decide: (command, state) => {
    const last = state.get(command.venueId) ?? -1;
    const { instrumentId, venueId, intervalEndMs } = command;
    const field = 'interval_end_ms';
    if (intervalEndMs === last) {
      const message = `Expected a new interval of ${instrumentId} at ${venueId}, the rate of ${last} is set`;
      return reject('FUNDING_EXISTS', message, { field, reason: 'exists' });
    }
    if (intervalEndMs < last) {
      const message = `Expected an interval after ${last}, the last one at ${venueId}, was ${intervalEndMs}`;
      return reject('FUNDING_OUT_OF_ORDER', message, { field });
    }
    return [{ type: 'FundingRateSet', data: dataOf(command) }];
  },
  evolve: (state, { data }) => new Map(state).set(data.venueId, data.intervalEndMs),
  snapshot: plainSnapshot(1),
};
