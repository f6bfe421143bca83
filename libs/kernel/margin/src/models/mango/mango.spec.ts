import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  mango,
  mangoHealth,
  mangoHealthParts,
  mangoPerpHealth,
  type MangoBank,
  type MangoPerp,
} from './index.ts';

const side = (init: number, maint = init) => ({ init, maint });
const bank = (price: number, over: Partial<MangoBank> = {}): MangoBank => ({
  prices: { oracle: price, stable: price },
  asset: side(0.8, 0.9),
  liability: side(1.2, 1.1),
  deposits: 0,
  borrows: 0,
  ...over,
});
const perp = (over: Partial<MangoPerp> = {}): MangoPerp => ({
  settle: 'USD',
  basePrices: { oracle: 10, stable: 10 },
  lotSize: 1,
  baseAsset: side(0.8),
  baseLiability: side(1.2),
  overallAsset: side(0.5),
  baseLots: 0,
  quote: 0,
  bidLots: 0,
  askLots: 0,
  ...over,
});
const banks = new Map([
  ['USD', bank(1)],
  ['SOL', bank(10)],
]);
const account = (balances: Readonly<Record<string, number>>) => ({
  balances: new Map(Object.entries(balances)),
  perps: [],
  reserved: [],
});

describe('mangoHealth', () => {
  it('takes an asset at the lower and a debt at the higher price for new risk', () => {
    const prices = { oracle: 10, stable: 8 };
    const moved = new Map([['SOL', bank(10, { prices })]]);
    expect(mangoHealth(account({ SOL: 1 }), moved, 'init')).toBeCloseTo(6.4, 12);
    expect(mangoHealth(account({ SOL: -1 }), moved, 'init')).toBeCloseTo(-12, 12);
    expect(mangoHealth(account({ SOL: 1 }), moved, 'maint')).toBeCloseTo(9, 12);
    expect(mangoHealth(account({ SOL: 1 }), moved, 'liquidationEnd')).toBeCloseTo(8, 12);
  });

  it('scales by the pool for new risk only', () => {
    const scaled = new Map([
      ['SOL', bank(10, { deposits: 200, depositScaleStart: 1_000, borrows: 300, borrowScaleStart: 1_000 })],
    ]);
    expect(mangoHealth(account({ SOL: 1 }), scaled, 'init')).toBeCloseTo(4, 12);
    expect(mangoHealth(account({ SOL: -1 }), scaled, 'init')).toBeCloseTo(-36, 12);
    expect(mangoHealth(account({ SOL: 1 }), scaled, 'maint')).toBeCloseTo(9, 12);
  });

  it('takes the worse of all bids and all asks', () => {
    const orders = perp({ baseLots: 1, bidLots: 2, askLots: 5 });
    // Bids: 3 · 8 − 20 = 4; asks: −4 · 12 + 50 = 2.
    expect(mangoPerpHealth(orders, 'init')).toBeCloseTo(0.5 * 2, 12);
  });

  it('never rises by an order', () => {
    const lots = fc.integer({ min: -50, max: 50 });
    const orders = fc.integer({ min: 0, max: 50 });
    fc.assert(
      fc.property(lots, orders, orders, (baseLots, bidLots, askLots) => {
        const before = mangoPerpHealth(perp({ baseLots }), 'init');
        expect(mangoPerpHealth(perp({ baseLots, bidLots, askLots }), 'init')).toBeLessThanOrEqual(
          before + 1e-9,
        );
      }),
    );
  });

  it('is the sum of its parts and refuses a token without a bank', () => {
    const two = account({ USD: 5, SOL: -1 });
    const parts = mangoHealthParts(two, banks, 'init');
    expect(parts.map(({ name }) => name)).toEqual(['USD', 'SOL']);
    expect(mangoHealth(two, banks, 'init')).toBe(parts[0]!.health + parts[1]!.health);
    expect(() => mangoHealth(account({ BTC: 1 }), banks, 'init')).toThrow('BTC');
  });
});

describe('mango', () => {
  const { prices: _, ...terms } = bank(1);
  const parameters = {
    settle: 'USD',
    tokens: new Map([
      ['USD', { ...terms, asset: side(1), liability: side(1) }],
      ['SOL', terms],
    ]),
    perps: new Map([
      ['ETH', { baseAsset: side(0.9, 0.95), baseLiability: side(1.1, 1.05), overallAsset: side(1) }],
    ]),
  };
  const price = { price: 10, confidence: 1 };
  const market = {
    stablePrice: 1,
    assets: new Map([['SOL', price]]),
    underlyings: new Map([['ETH', { spot: price, perpetual: price, expiries: [] }]]),
  };
  const portfolio = {
    cash: 100,
    perpetuals: [{ underlying: 'ETH', size: 2, unrealisedProfit: 3, accruedFunding: -1 }],
    options: [],
    assets: [{ asset: 'SOL', quantity: 5 }],
  };

  it('asks for the value less the health', () => {
    const { initial, maintenance, markToMarket } = mango.requirement(portfolio, market, parameters);
    expect(markToMarket).toBeCloseTo(152, 12);
    // 10 % of 20 of the perpetual and 20 % of 50 of the token; half of it for maintenance.
    expect(initial).toBeCloseTo(12, 12);
    expect(maintenance).toBeCloseTo(6, 12);
  });

  it('refuses options and what has no terms', () => {
    const options = [{ underlying: 'ETH', secondsToExpiry: 1, strike: 1, isCall: true, size: 1 }];
    expect(() => mango.requirement({ ...portfolio, options }, market, parameters)).toThrow('option');
    expect(() => mango.requirement(portfolio, market, { ...parameters, perps: new Map() })).toThrow('ETH');
  });
});
