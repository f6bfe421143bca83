import { describe, it } from '@jest/globals';
import { deciderSpec } from '@plinth/eventing/testing';
import { funding, type SetFundingRate } from './funding.ts';

const set = (intervalEndMs: number, venueId = 'alpha'): SetFundingRate => ({
  type: 'SetFundingRate',
  instrumentId: 'BTC-PERP',
  venueId,
  intervalEndMs,
  rate: '-0.0001',
  indexPrice: '20000',
});

describe('funding of an instrument', () => {
  const spec = deciderSpec(funding);

  it('is set once per venue and interval, in order', () => {
    const first = spec.when(set(100)).events();
    spec.when(set(100)).then([
      {
        type: 'FundingRateSet',
        data: {
          fundingId: 'BTC-PERP.alpha.100',
          instrumentId: 'BTC-PERP',
          venueId: 'alpha',
          intervalEndMs: 100,
          rate: '-0.0001',
          indexPrice: '20000',
        },
      },
    ]);
    spec.given(first).when(set(100)).thenRejected('FUNDING_EXISTS');
    spec.given(first).when(set(99)).thenRejected('FUNDING_OUT_OF_ORDER');
    spec.given(first).when(set(100, 'beta')).events();
  });
});
