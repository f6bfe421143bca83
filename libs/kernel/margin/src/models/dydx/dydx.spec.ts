import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  bankruptcyQuote,
  dydxMargins,
  dydxRisk,
  fillablePrice,
  fundingIndexDelta,
  insuranceFundDelta,
  type DydxMarket,
  type DydxPrice,
  type DydxTier,
} from './index.ts';
import { dydx } from './model.ts';

const PRICE: DydxPrice = { value: 50_000n, exponent: 0, resolution: -8 };
const TIER: DydxTier = {
  initialPpm: 200_000n,
  maintenanceFractionPpm: 500_000n,
  openInterestLowerCap: 0n,
  openInterestUpperCap: 0n,
};
const MARKET: DydxMarket = { price: PRICE, tier: TIER, openInterest: 0n };
const TERMS = {
  bankruptcyAdjustmentPpm: 1_000_000n,
  spreadToMaintenancePpm: 100_000n,
  liquidationFeePpmMax: 5_000n,
};
const markets = new Map([['btc', MARKET]]);
const account = (cash: bigint, quantums: bigint) => ({ cash, positions: [{ market: 'btc', quantums }] });

describe('dydxMargins', () => {
  it('rounds both margins up', () => {
    expect(dydxMargins(1n, { ...PRICE, value: 100n }, TIER, 0n)).toEqual({ initial: 1n, maintenance: 1n });
    expect(dydxMargins(-100_000_000n, PRICE, TIER, 0n)).toEqual({
      initial: 10_000_000_000n,
      maintenance: 5_000_000_000n,
    });
  });

  it('asks for the whole notional above the upper cap and for the base below the lower one', () => {
    const tier = { ...TIER, openInterestLowerCap: 10_000_000_000n, openInterestUpperCap: 20_000_000_000n };
    const initial = (openInterest: bigint): bigint =>
      dydxMargins(100_000_000n, PRICE, tier, openInterest).initial;
    expect(initial(20_000_000n)).toBe(10_000_000_000n);
    expect(initial(30_000_000n)).toBe(30_000_000_000n);
    expect(initial(40_000_000n)).toBe(50_000_000_000n);
  });

  it('refuses tiers out of bounds by name', () => {
    const asked = (over: Partial<DydxTier>) => () => dydxMargins(1n, PRICE, { ...TIER, ...over }, 0n);
    expect(asked({ initialPpm: 1_000_001n })).toThrow('initialPpm');
    expect(asked({ maintenanceFractionPpm: -1n })).toThrow('maintenanceFractionPpm');
    expect(asked({ openInterestLowerCap: 2n, openInterestUpperCap: 1n })).toThrow('openInterestUpperCap');
  });
});

describe('funding', () => {
  it('moves the index towards zero on both sides', () => {
    const price = { value: 1_000n, exponent: 0, resolution: -12 };
    expect(fundingIndexDelta(price, 1_001_999n, 28_800n)).toBe(1_001n);
    expect(fundingIndexDelta(price, -1_001_999n, 28_800n)).toBe(-1_001n);
  });
});

describe('liquidation', () => {
  it('refuses to price what closes nothing', () => {
    for (const delta of [0n, 1n, -10_000_001n])
      expect(() => bankruptcyQuote(account(0n, 10_000_000n), markets, 'btc', delta)).toThrow('delta');
    expect(() => bankruptcyQuote(account(0n, 1n), markets, 'eth', -1n)).toThrow('delta');
  });

  it('leaves nothing after the whole account was closed at the bankruptcy price', () => {
    const cash = fc.bigInt({ min: -(10n ** 10n), max: 10n ** 10n });
    const size = fc.bigInt({ min: 1n, max: 10n ** 9n });
    fc.assert(
      fc.property(cash, size, fc.boolean(), (held, quantums, isShort) => {
        const signed = isShort ? -quantums : quantums;
        fc.pre(dydxRisk(account(held, signed), markets).maintenance > 0n);
        expect(held + bankruptcyQuote(account(held, signed), markets, 'btc', -signed)).toBe(0n);
      }),
    );
  });

  it('asks for the price of the oracle while healthy and stops at the spread', () => {
    const at = (cash: bigint) => fillablePrice(account(cash, -10_000_000n), markets, 'btc', 1n, TERMS);
    expect(at(5_500_000_000n)).toEqual({ numerator: 500n, denominator: 1n });
    expect(at(0n)).toEqual({ numerator: 505n, denominator: 1n });
  });

  it('takes the fee from a gain and the whole loss from the fund', () => {
    const delta = (subticks: bigint): bigint =>
      insuranceFundDelta(
        account(4_900_000_000n, -10_000_000n),
        markets,
        'btc',
        { isBuy: true, quantums: 10_000_000n, subticks, conversionExponent: -8 },
        TERMS,
      );
    expect(delta(44_100_000_000n)).toBe(22_050_000n);
    expect(delta(49_000_000_000n)).toBe(0n);
    expect(delta(49_490_000_000n)).toBe(-49_000_000n);
  });
});

describe('dydx', () => {
  const market = {
    stablePrice: 1,
    assets: new Map(),
    underlyings: new Map([
      [
        'BTC',
        { spot: { price: 50_000, confidence: 1 }, perpetual: { price: 50_000, confidence: 1 }, expiries: [] },
      ],
    ]),
  };
  const parameters = { markets: new Map([['BTC', { resolution: -8, tier: TIER, openInterest: 0 }]]) };
  const perpetual = { underlying: 'BTC', size: -0.1, unrealisedProfit: 25, accruedFunding: -1 };
  const portfolio = { cash: 1_000, perpetuals: [perpetual], options: [], assets: [] };

  it('sums the margins of the perpetuals over the value of the account', () => {
    const { initial, maintenance, markToMarket } = dydx.requirement(portfolio, market, parameters);
    expect([initial, maintenance, markToMarket]).toEqual([1_000, 500, 1_024]);
  });

  it('refuses what the rulebook does not margin', () => {
    const options = [{ underlying: 'BTC', secondsToExpiry: 1, strike: 1, isCall: true, size: 1 }];
    expect(() => dydx.requirement({ ...portfolio, options }, market, parameters)).toThrow('option');
    const assets = [{ asset: 'ETH', quantity: 1 }];
    expect(() => dydx.requirement({ ...portfolio, assets }, market, parameters)).toThrow('ETH');
    expect(() => dydx.requirement(portfolio, market, { markets: new Map() })).toThrow('parameters');
  });
});
