import { describe, expect, it } from '@jest/globals';
import { quotedMark, type OptionTerms } from './option-marks.ts';

const PUT: OptionTerms = {
  ...{ surface: 'BTC', priceAsset: 'USD', strike: 66_000, isCall: false, isInverse: false },
  ...{ expiresAtMs: 7_200_000, futureId: '' },
};
const FORWARD = { price: 60_000, confidence: 8, state: 'live', guarded: false, fixedForward: 0 } as const;
const quoted = (price: number, confidence: number) =>
  ({ price, confidence, state: 'live', guarded: false }) as const;

describe('the mark of an option by its own quotes', () => {
  it('is live a little below intrinsic value: as far as its price and the forward are uncertain', () => {
    const mark = quotedMark(PUT, quoted(5_991, 2), FORWARD, 0, 0.7);
    expect(mark).toMatchObject({ price: 5_991, state: 'live', volatility: 0.7 });
    expect(quotedMark(PUT, quoted(5_989, 2), FORWARD, 0, 0.7).state).toBe('degraded');
    expect(quotedMark(PUT, quoted(66_011, 2), FORWARD, 0, 0.7).state).toBe('degraded');
  });

  it('has the volatility of its price where there is one', () => {
    const { state, volatility } = quotedMark(PUT, quoted(6_000.5, 2), FORWARD, 0, 0.7);
    expect(state).toBe('live');
    expect(volatility).toBeGreaterThan(0.5);
    expect(volatility).not.toBe(0.7);
  });

  it('in coins is held against the same bounds', () => {
    const coins = { ...PUT, isInverse: true };
    const at = (usd: number) => quotedMark(coins, quoted(usd / 60_000, 2 / 60_000), FORWARD, 0, 0.7).state;
    expect([at(5_991), at(5_989)]).toEqual(['live', 'degraded']);
  });
});
