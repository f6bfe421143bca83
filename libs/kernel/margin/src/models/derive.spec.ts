import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { derivePmrm2, type DerivePmrm2Requirement } from './derive-pmrm2/model.ts';
import { derivePmrm2Parameters, PMRM2_SCENARIOS } from './derive-pmrm2/parameters.ts';
import { deriveStandard } from './derive-standard/model.ts';
import { DERIVE_STANDARD } from './derive-standard/parameters.ts';
import { netInitial, netMaintenance, type Requirement } from './margin-model.ts';
import type { ExpiryMarket, ModelMarket } from './market.ts';
import type { ModelPortfolio, OptionHolding } from './portfolio.ts';

const DAY = 86_400;
const SPOT = 2_000;
const TERMS = { maintenanceHaircut: 0.1, initialHaircut: 0.05, isRiskCancelling: true };
const parameters = derivePmrm2Parameters(
  'ETH',
  new Map([
    ['wETH', TERMS],
    ['USDT', { maintenanceHaircut: 0.01, initialHaircut: 0.01, isRiskCancelling: false }],
  ]),
);

const expiry = (secondsToExpiry: number, change: Partial<ExpiryMarket> = {}): ExpiryMarket => ({
  secondsToExpiry,
  forward: SPOT * 1.01,
  forwardConfidence: 1,
  rate: 0.04,
  rateConfidence: 1,
  volatilityConfidence: 1,
  volatility: (strike) => 0.6 + 0.2 * Math.abs(strike / SPOT - 1),
  ...change,
});
const EXPIRIES = [expiry(7 * DAY), expiry(60 * DAY, { forward: SPOT * 1.02 })];

const market = (change: Readonly<Record<string, number>> = {}, expiries = EXPIRIES): ModelMarket => ({
  stablePrice: change['stablePrice'] ?? 1,
  assets: new Map([
    ['wETH', { price: SPOT, confidence: change['coinConfidence'] ?? 1 }],
    ['USDT', { price: 1, confidence: 1 }],
  ]),
  underlyings: new Map(
    ['ETH', 'BTC'].map((name) => [
      name,
      {
        spot: { price: SPOT, confidence: change['spotConfidence'] ?? 1 },
        perpetual: { price: SPOT * 1.001, confidence: change['perpetualConfidence'] ?? 1 },
        expiries,
      },
    ]),
  ),
});

const option = (size: number, strike: number, isCall = true, secondsToExpiry = 7 * DAY): OptionHolding => ({
  underlying: 'ETH',
  secondsToExpiry,
  strike,
  isCall,
  size,
});
const EMPTY: ModelPortfolio = { cash: 0, perpetuals: [], options: [], assets: [] };
const perpetual = (size: number): ModelPortfolio['perpetuals'][number] => ({
  underlying: 'ETH',
  size,
  unrealisedProfit: 0,
  accruedFunding: 0,
});
const book = (change: Partial<ModelPortfolio>): ModelPortfolio => ({ ...EMPTY, ...change });

const pmrm2 = (portfolio: Partial<ModelPortfolio>, at = market()): DerivePmrm2Requirement =>
  derivePmrm2.requirement(book(portfolio), at, parameters);
const standard = (portfolio: Partial<ModelPortfolio>, at = market()): Requirement =>
  deriveStandard.requirement(book(portfolio), at, DERIVE_STANDARD);

const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const drawnBook: fc.Arbitrary<ModelPortfolio> = fc.record({
  cash: number(-1e4, 1e5),
  perpetuals: number(-10, 10).map((size) => [perpetual(size)]),
  options: fc.array(
    fc
      .tuple(number(-10, 10), number(800, 4000), fc.boolean(), fc.constantFrom(7 * DAY, 60 * DAY))
      .map((terms) => option(...terms)),
    { maxLength: 6 },
  ),
  assets: fc.constant([]),
});
const close = (a: number, b: number, scale: number): void =>
  expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * Math.max(1, scale));

describe.each([
  ['derive-pmrm2', pmrm2],
  ['derive-standard', standard],
] as const)('%s', (_, requirement) => {
  it('the parts sum to the requirement, and cash moves nothing but itself', () => {
    fc.assert(
      fc.property(drawnBook, number(0, 1e5), (portfolio, cash) => {
        const result = requirement(portfolio);
        let [initial, maintenance] = [0, 0];
        for (const part of result.parts)
          [initial, maintenance] = [initial + part.initial, maintenance + part.maintenance];
        expect([initial, maintenance]).toEqual([result.initial, result.maintenance]);
        const richer = requirement({ ...portfolio, cash: portfolio.cash + cash });
        expect(richer.initial).toBe(result.initial);
        close(netMaintenance(richer) - netMaintenance(result), cash, 1e6);
      }),
      { numRuns: 60 },
    );
  });

  it('asks as much again of a book twice as large, and no less at first than later', () => {
    fc.assert(
      fc.property(drawnBook, (portfolio) => {
        const { options, perpetuals } = portfolio;
        const one = requirement({ options, perpetuals });
        const two = requirement({
          options: options.map((held) => ({ ...held, size: 2 * held.size })),
          perpetuals: perpetuals.map((held) => ({ ...held, size: 2 * held.size })),
        });
        close(two.maintenance, 2 * one.maintenance, one.maintenance);
        close(two.initial, 2 * one.initial, one.initial);
        expect(netInitial(one)).toBeLessThanOrEqual(netMaintenance(one) + 1e-6);
      }),
      { numRuns: 60 },
    );
  });

  it('gives the same bits twice, and nothing for nothing', () => {
    const held = {
      options: [option(-3, 2100), option(2, 1900, false, 60 * DAY)],
      perpetuals: [perpetual(1)],
    };
    expect(requirement(held)).toEqual(requirement(held));
    expect(requirement({})).toMatchObject({ initial: 0, maintenance: 0, markToMarket: 0 });
  });

  it.each([
    [
      'an expiry without a forward',
      { options: [option(1, 2000, true, 8 * DAY)] },
      'forward of ETH in 691200 s',
    ],
    ['a size that is no number', { perpetuals: [perpetual(NaN)] }, 'size: Expected a finite number'],
    ['an unknown underlying', { perpetuals: [{ ...perpetual(1), underlying: 'SOL' }] }, 'SOL'],
    ['an unknown coin', { assets: [{ asset: 'DOGE', quantity: 1 }] }, 'DOGE'],
    ['cash that is no number', { cash: Infinity }, 'cash: Expected a finite number'],
    ['a negative strike', { options: [option(1, -1)] }, 'strike: Expected a finite number from 0'],
  ])('refuses %s by name', (_name, portfolio, message) => {
    expect(() => requirement(portfolio)).toThrow(message);
  });

  it('refuses what the market does not know', () => {
    const held = { options: [option(1, 2000)] };
    const blind = market({}, [expiry(7 * DAY, { volatility: () => undefined })]);
    expect(() => requirement(held, blind)).toThrow('volatility of ETH 2000 in 604800 s: Expected one');
    expect(() => requirement(held, market({ spotConfidence: 1.5 }))).toThrow('spot confidence: Expected');
    expect(() => requirement(held, market({ stablePrice: 0 }))).toThrow('stablePrice: Expected');
    expect(() => requirement(held, market({}, [expiry(7 * DAY, { forward: 0 })]))).toThrow('forward of ETH');
  });
});

describe('derive-pmrm2', () => {
  it('names the scenario that decides', () => {
    const short = pmrm2({ perpetuals: [perpetual(-1)] });
    const up = PMRM2_SCENARIOS.findIndex(({ spot }) => spot === 2);
    expect(short.worst.index).toBe(PMRM2_SCENARIOS.findIndex(({ spot }) => spot === 1.18));
    expect(short.worst.profit).toBeCloseTo(-0.18 * SPOT * 1.001, 9);
    expect(short.scenarioProfits[up]).toBeCloseTo(-SPOT * 1.001 * 0.1386, 9);
    expect(pmrm2({}).worst).toEqual({ index: PMRM2_SCENARIOS.length, name: 'basis', profit: 0 });
  });

  it('skew losses of one expiry are never made up by another', () => {
    const [near, far] = [[option(5, 2600)], [option(-5, 2600, true, 60 * DAY)]];
    const linear = PMRM2_SCENARIOS.findIndex(({ volatility }) => volatility === 'linear');
    const alone = [near, far].map((options) => pmrm2({ options }).scenarioProfits[linear]!);
    for (const profit of alone) expect(profit).toBeLessThan(0);
    const both = pmrm2({ options: [...near, ...far] }).scenarioProfits[linear]!;
    expect(both).toBeCloseTo(alone[0]! + alone[1]!, 9);
  });

  it('an unsure price of the perpetual costs perpetuals and options, and not collateral', () => {
    const at = market({ perpetualConfidence: 0.3 });
    const assets = [{ asset: 'wETH', quantity: 1 }];
    const charge = (held: Partial<ModelPortfolio>): number => pmrm2(held, at).charges.initial.oracle;
    expect(charge({ assets, perpetuals: [perpetual(1)] })).toBeCloseTo(0.7 * SPOT, 9);
    expect(charge({ assets, perpetuals: [perpetual(0)] })).toBe(0);
    const withOption = charge({ perpetuals: [perpetual(1)], options: [option(-2, 2000)] });
    expect(withOption).toBeCloseTo(0.7 * SPOT * 3, 9);
  });

  it('calls and puts cover one another at the same strike only', () => {
    const naked = (...options: readonly OptionHolding[]): number =>
      pmrm2({ options }).charges.maintenance.option / (0.003 * SPOT);
    expect(naked(option(-2, 2000), option(1.5, 2000, false))).toBeCloseTo(0.5, 12);
    expect(naked(option(-2, 2000), option(1.5, 2100, false))).toBeCloseTo(2, 12);
    expect(naked(option(-2, 2000), option(-1, 2000, false))).toBeCloseTo(3, 12);
    expect(naked(option(-2, 2000), option(1.5, 2000, false, 60 * DAY))).toBeCloseTo(2, 12);
  });

  it('what the settlement average has fixed does not move any more', () => {
    const at = market({}, [expiry(900)]);
    const loss = -pmrm2({ options: [option(1, 1, true, 900)] }, at).scenarioProfits[0]!;
    // Half of the forward moves by 18 %, then the long discount takes 5 %.
    expect(loss).toBeCloseTo(-(SPOT * 1.01 * 1.09 - 1) * 0.95 + (SPOT * 1.01 - 1), 1);
    const settled = market({}, [expiry(0)]);
    const expired = pmrm2({ options: [option(-1, 1900, true, 0)] }, settled);
    expect(Math.max(...expired.scenarioProfits.map(Math.abs))).toBe(0);
    expect(expired.optionValue).toBeCloseTo(1900 - SPOT * 1.01, 9);
  });

  it('a lost peg raises initial margin alone', () => {
    const held = { perpetuals: [perpetual(1)] };
    const [sound, lost] = [pmrm2(held), pmrm2(held, market({ stablePrice: 0.9 }))];
    expect(lost.initialFactor).toBeCloseTo(1 + 0.09 * 4, 12);
    expect(lost.maintenance).toBe(sound.maintenance);
  });

  it('holds the same underlying as collateral against a short', () => {
    const short = { perpetuals: [perpetual(-1)] };
    const hedged = pmrm2({ ...short, assets: [{ asset: 'wETH', quantity: 1 }] });
    expect(Math.abs(hedged.worst.profit)).toBeLessThan(0.02 * Math.abs(pmrm2(short).worst.profit));
  });

  it.each([
    ['volatility.rangeUp', { ...parameters, volatility: { ...parameters.volatility, rangeUp: 11 } }],
    ['margin.initial', { ...parameters, margin: { ...parameters.margin, initial: 0.4 } }],
    ['basis.spotDown', { ...parameters, basis: { ...parameters.basis, spotDown: 1.1 } }],
    [
      'contingencies.confidenceThreshold',
      { ...parameters, contingencies: { ...parameters.contingencies, confidenceThreshold: NaN } },
    ],
    ['skew.minimumWidth', { ...parameters, skew: { ...parameters.skew, minimumWidth: -1 } }],
    [
      'scenarios[0].spot',
      { ...parameters, scenarios: [{ spot: 1.1, volatility: 'abs' as const, damping: 1 }] },
    ],
    ['scenarios', { ...parameters, scenarios: [] }],
  ])('refuses %s out of its bounds', (name, wrong) => {
    expect(() => derivePmrm2.requirement(EMPTY, market(), wrong)).toThrow(`${name}: Expected`);
  });
});

describe('derive-standard', () => {
  it('a spread asks for what it can lose, a naked call for more than any strike shows', () => {
    const spread = standard({ options: [option(-1, 2000), option(1, 2100)] });
    expect(netInitial(spread)).toBeCloseTo(-100, 9);
    const naked = standard({ options: [option(-1, 2000)] });
    expect(netInitial(naked)).toBeLessThan(-0.13 * SPOT);
    expect(netInitial(naked)).toBeGreaterThan(-1.2 * SPOT * 1.01);
  });

  it('long options count for nothing, and nothing is asked for them', () => {
    const long = standard({ options: [option(3, 2000), option(2, 1900, false)] });
    expect(long.markToMarket).toBeGreaterThan(0);
    expect(netInitial(long)).toBeCloseTo(0, 9);
  });

  it('a coin counts for a share of its value', () => {
    const held = standard({ assets: [{ asset: 'ETH', quantity: 2 }] });
    expect(netMaintenance(held)).toBeCloseTo(0.8 * 2 * SPOT, 9);
    expect(netInitial(held)).toBeCloseTo(0.8 * 0.9375 * 2 * SPOT, 9);
    expect(() => standard({ assets: [{ asset: 'ETH', quantity: -1 }] })).toThrow('Expected at least 0');
  });
});
