import { describe, expect, it } from '@jest/globals';
import { drift, type DriftParameters } from './model.ts';

const both = (initial: bigint, maintenance = initial) => ({ initial, maintenance });
const parameters: DriftParameters = {
  spots: new Map([
    [
      'SOL',
      {
        asset: both(8_000n, 9_000n),
        liability: both(12_000n, 11_000n),
        imfFactor: 0n,
        depositValue: 1_000,
        scaleStart: 0,
      },
    ],
  ]),
  perps: new Map([
    ['BTC', { marginRatio: both(1_000n, 500n), imfFactor: 0n, profitWeight: both(5_000n, 10_000n) }],
  ]),
  initialProfitMax: 100,
};
const price = (value: number) => ({ price: value, confidence: 1 });
const market = {
  stablePrice: 1,
  assets: new Map([['SOL', price(10)]]),
  underlyings: new Map([['BTC', { spot: price(1_000), perpetual: price(1_000), expiries: [] }]]),
};
const book = (size: number, profit: number, sol: number) => ({
  cash: 500,
  perpetuals: [{ underlying: 'BTC', size, unrealisedProfit: profit, accruedFunding: 0 }],
  options: [],
  assets: [{ asset: 'SOL', quantity: sol }],
});

describe('drift', () => {
  it('asks for the ratio of the notional and for what profit and tokens do not count for', () => {
    const { initial, maintenance, markToMarket } = drift.requirement(book(-2, 40, 5), market, parameters);
    expect(markToMarket).toBe(590);
    expect(initial).toBeCloseTo(200 + 20 + 10, 9);
    expect(maintenance).toBeCloseTo(100 + 0 + 5, 9);
  });

  it('counts a loss in full, a profit up to its bound and a debt for more', () => {
    expect(drift.requirement(book(1, -40, -5), market, parameters).initial).toBeCloseTo(100 + 10, 9);
    expect(drift.requirement(book(1, 1_000, 0), market, parameters).initial).toBeCloseTo(100 + 900, 9);
  });

  it('asks for more of large positions and large pools', () => {
    const large: DriftParameters = {
      ...parameters,
      perps: new Map([['BTC', { ...parameters.perps.get('BTC')!, imfFactor: 100_000n }]]),
      spots: new Map([['SOL', { ...parameters.spots.get('SOL')!, scaleStart: 500 }]]),
    };
    expect(drift.requirement(book(100, 0, 0), market, large).initial).toBeCloseTo(100_000 * (0.08 + 1), 0);
    expect(drift.requirement(book(0, 0, 5), market, large).initial).toBeCloseTo(50 * 0.6, 9);
  });

  it('refuses options and what has no terms', () => {
    const options = [{ underlying: 'BTC', secondsToExpiry: 1, strike: 1, isCall: true, size: 1 }];
    expect(() => drift.requirement({ ...book(1, 0, 0), options }, market, parameters)).toThrow('option');
    const none = { ...parameters, spots: new Map() };
    expect(() => drift.requirement(book(1, 0, 1), market, none)).toThrow('SOL');
  });
});
