import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Requirement } from '../margin-model.ts';
import type { ModelMarket } from '../market.ts';
import type { ModelPortfolio, PerpetualHolding } from '../portfolio.ts';
import { MARGIN_MODELS, RULEBOOK_NAMES } from './margin-models.ts';
import { DEFAULT_RULEBOOKS, type RulebookName } from './parameters.ts';

const WEEK = 604_800;
const PRICES: Readonly<Record<string, number>> = { BTC: 60_000, ETH: 3_000, SHIB: 0.00002 };

const market: ModelMarket = {
  stablePrice: 1,
  assets: new Map(
    [...Object.entries(PRICES), ['USDC', 1] as const].map(([id, price]) => [id, { price, confidence: 1 }]),
  ),
  underlyings: new Map(
    Object.entries(PRICES).map(([id, price]) => [
      id,
      {
        spot: { price, confidence: 1 },
        perpetual: { price, confidence: 1 },
        volatility: 0.6,
        expiries: [
          {
            secondsToExpiry: WEEK,
            forward: price,
            forwardConfidence: 1,
            rate: 0,
            rateConfidence: 1,
            volatilityConfidence: 1,
            volatility: () => 0.6,
          },
        ],
      },
    ]),
  ),
};

const perpetual = (size: number, change: Partial<PerpetualHolding> = {}): PerpetualHolding => ({
  ...{ underlying: 'BTC', instrument: 'BTC-PERP', size, unrealisedProfit: 0, accruedFunding: 0 },
  ...change,
});
const book = (change: Partial<ModelPortfolio> = {}): ModelPortfolio => ({
  ...{ cash: 0, perpetuals: [], options: [], assets: [{ asset: 'USDC', quantity: 100_000 }] },
  ...change,
});
const judge = (name: RulebookName, change: Partial<ModelPortfolio>, at = market): Requirement =>
  MARGIN_MODELS[name].judge(book(change), at, DEFAULT_RULEBOOKS);
const call = { underlying: 'BTC', instrument: 'BTC-C', secondsToExpiry: WEEK, strike: 66_000, isCall: true };
const PEERS = RULEBOOK_NAMES.filter((name) => name !== 'house');

describe.each(RULEBOOK_NAMES)('%s behind the common face', (name) => {
  it('asks for a perpetual, long as for short, and its parts sum', () => {
    for (const size of [1, -1]) {
      const asked = judge(name, { perpetuals: [perpetual(size)] });
      expect(asked.maintenance).toBeGreaterThan(500);
      expect(asked.initial).toBeGreaterThan(asked.maintenance);
      expect(asked.initial).toBeLessThan(60_000);
      let [initial, maintenance] = [0, 0];
      for (const part of asked.parts)
        [initial, maintenance] = [initial + part.initial, maintenance + part.maintenance];
      expect(initial).toBeCloseTo(asked.initial, 6);
      expect(maintenance).toBeCloseTo(asked.maintenance, 6);
    }
  });

  it('counts money and profits in dollars at the price of its unit', () => {
    const at: ModelMarket = {
      ...market,
      stablePrice: 0.9,
      assets: new Map([...market.assets, ['USDC', { price: 0.9, confidence: 1 }]]),
    };
    const { markToMarket } = judge(name, { perpetuals: [perpetual(1, { unrealisedProfit: 1_000 })] }, at);
    expect(markToMarket).toBeGreaterThan(0.9 * 101_000 * 0.9);
    expect(markToMarket).toBeLessThan(0.9 * 101_000 + 1e-6);
  });

  it('counts a coin at its dollars, whatever its unit is worth', () => {
    if (['dydx', 'paradex'].includes(name)) return;
    const at: ModelMarket = {
      ...market,
      stablePrice: 0.9,
      assets: new Map([...market.assets, ['USDC', { price: 0.9, confidence: 1 }]]),
      // A coin of 3,000 dollars is 3,333 of the unit.
      underlyings: new Map([
        ['ETH', { ...market.underlyings.get('ETH')!, spot: { price: 3_000 / 0.9, confidence: 1 } }],
      ]),
    };
    const { markToMarket } = judge(name, { assets: [{ asset: 'ETH', quantity: 2 }] }, at);
    // The house takes off what unwinding costs.
    expect(Math.abs(markToMarket / 6_000 - 1)).toBeLessThan(name === 'house' ? 0.01 : 1e-12);
  });

  it('refuses by name what has no terms or no price, and never judges it as nothing', () => {
    const nameless = { perpetuals: [perpetual(1, { underlying: 'NOPE', instrument: 'NOPE-PERP' })] };
    expect(() => judge(name, nameless)).toThrow(/NOPE/);
    expect(() => judge(name, { assets: [{ asset: 'NOPE', quantity: 1 }] })).toThrow(/NOPE/);
    expect(() => judge(name, { perpetuals: [perpetual(NaN)] })).toThrow(/size/);
  });

  it('asks no less of a larger book', () => {
    const assets = [{ asset: 'USD', quantity: 100_000 }];
    // What the house asks for where the money stands ends where the book is insolvent, which its scan
    // measures.
    const growth = name === 'house' ? 1 : 1.999_99;
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 50, noNaN: true }), fc.boolean(), (size, isLong) => {
        const side = isLong ? size : -size;
        const one = judge(name, { assets, perpetuals: [perpetual(side)] });
        const two = judge(name, { assets, perpetuals: [perpetual(2 * side)] });
        expect(two.maintenance).toBeGreaterThanOrEqual(one.maintenance * growth);
        expect(two.initial).toBeGreaterThanOrEqual(one.initial * growth);
      }),
      { numRuns: 20 },
    );
  });
});

describe.each(PEERS)('%s alone', (name) => {
  it('sees one position in one contract, wherever its parts stand', () => {
    const apart = [perpetual(5, { venue: 'a' }), perpetual(-5, { venue: 'b' })];
    const asked = judge(name, { perpetuals: apart });
    expect(Math.abs(asked.maintenance)).toBeLessThan(1e-9);
  });
});

describe('scopes', () => {
  it.each(['dydx', 'drift', 'mango'] as const)('%s margins no options', (name) => {
    expect(() => judge(name, { options: [{ ...call, size: -1 }] })).toThrow(/BTC-C/);
  });

  it.each(['house', 'derive-pmrm2', 'derive-standard', 'paradex', 'okx', 'deribit'] as const)(
    '%s asks for a short option',
    (name) => {
      const asked = judge(name, { options: [{ ...call, size: -1 }] });
      expect(asked.markToMarket - asked.maintenance).toBeLessThan(100_000 - 500);
    },
  );

  it.each(['dydx', 'drift', 'mango', 'derive-pmrm2', 'derive-standard', 'paradex'] as const)(
    '%s names futures and inverse contracts that it does not list',
    (name) => {
      const future = perpetual(1, { instrument: 'BTC-20991231', secondsToExpiry: WEEK });
      expect(() => judge(name, { perpetuals: [future] })).toThrow(/dated future BTC-20991231/);
      const inverse = perpetual(1, { instrument: 'BTC-USD-PERP', isInverse: true });
      expect(() => judge(name, { perpetuals: [inverse] })).toThrow(/inverse one BTC-USD-PERP/);
    },
  );

  it('dydx takes its own coin alone', () => {
    expect(() => judge('dydx', { assets: [{ asset: 'BTC', quantity: 1 }] })).toThrow(/asset BTC/);
  });

  it('derive margins each underlying apart', () => {
    const both = [perpetual(1), perpetual(1, { underlying: 'ETH', instrument: 'ETH-PERP' })];
    const apart = both.map((held) => judge('derive-pmrm2', { perpetuals: [held] }).maintenance);
    expect(judge('derive-pmrm2', { perpetuals: both }).maintenance).toBeCloseTo(apart[0]! + apart[1]!, 6);
  });

  it('says which rulebooks are documented only', () => {
    const documented = RULEBOOK_NAMES.filter((name) => MARGIN_MODELS[name].evidence === 'documented-only');
    expect(documented).toEqual(['paradex', 'okx', 'deribit']);
  });
});

describe('figures of the defaults, by hand', () => {
  const of = (name: RulebookName, change: Partial<ModelPortfolio>): readonly number[] => {
    const { initial, maintenance } = judge(name, change);
    return [initial, maintenance].map((value) => Math.round(value * 100) / 100);
  };

  it('of one bitcoin', () => {
    const one = { perpetuals: [perpetual(1)] };
    expect(of('dydx', one)).toEqual([1_200, 720]);
    expect(of('mango', one)).toEqual([3_000, 1_500]);
    expect(of('derive-standard', one)).toEqual([6_000, 3_900]);
    // 16 % down, and provisions of 6 bp.
    expect(of('paradex', one)).toEqual([9_636, 4_836]);
    // 16 % down and 0.6 % of the notional.
    expect(of('deribit', one)).toEqual([12_948, 9_960]);
    // 12 % down at any volatility; half of 24 % is as much.
    expect(of('okx', one)).toEqual([9_360, 7_200]);
  });

  it('of one bitcoin in the house: the kernel on the same book', () => {
    const asked = judge('house', { perpetuals: [perpetual(1)] });
    // 6 · 0.6 · √(4 h) = 7.7 %, on the grid of a quarter percent.
    const scan = asked.parts.find(({ name }) => name === 'scan');
    expect(scan?.maintenance).toBeGreaterThanOrEqual(4_650);
    const hedged = [perpetual(1, { venue: 'a' }), perpetual(-1, { venue: 'b' })];
    const basis = judge('house', { perpetuals: hedged }).parts.find(({ name }) => name === 'basis');
    expect(basis?.maintenance).toBeCloseTo(0.0375 * 60_000, 6);
  });
});
