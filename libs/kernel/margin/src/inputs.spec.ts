import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Book } from './book.ts';
import { Catalogue } from './catalogue.ts';
import { houseParameters } from './house-parameters.ts';
import { MarketState } from './market-state.ts';
import { checkParameters, riskParameters, type RiskParameters } from './parameters.ts';
import { scenarioColumns, scenarioSet } from './scenarios.ts';
import { makeCatalogue, makeWorld, randomFrom } from './testing/index.ts';
import { houseVolatility, observePrice, startVolatility, volatilityOf } from './volatility.ts';
import { marginOf } from './margin.ts';

describe('parameters', () => {
  const fieldsOf = (change: Partial<RiskParameters>): readonly string[] =>
    checkParameters({ ...houseParameters, ...change }).map((problem) => problem.field);

  it('accept the house set and name each bound that is broken', () => {
    expect(fieldsOf({})).toEqual([]);
    expect(fieldsOf({ imShockMultiplier: 1.2 })).toContain('imShockMultiplier');
    expect(fieldsOf({ blend: { all: 0.5, group: 0.5, own: 0.5 } })).toContain('blend');
    expect(fieldsOf({ shockStep: Number.NaN })).toEqual(['shockStep']);
    expect(fieldsOf({ scenarios: { spotSteps: 10, tailMultiple: 2.5, tailCounted: 0.35 } })).toEqual([
      'scenarios.spotSteps',
    ]);
    const twice = [...houseParameters.underlyings, houseParameters.underlyings[0]!];
    expect(fieldsOf({ underlyings: twice })).toEqual(['underlyings[5]']);
    expect(() => riskParameters({ ...houseParameters, imShockMultiplier: 9 })).toThrow(
      'imShockMultiplier: Expected 1.25 to 3, was 9',
    );
  });

  it('refuse a basis beyond its bound, and shocks that collateral cannot bear', () => {
    const other = houseParameters.otherUnderlyings;
    expect(fieldsOf({ otherUnderlyings: { ...other, basisRate: 0.3 } })).toEqual([
      'otherUnderlyings.basisRate',
    ]);
    expect(fieldsOf({ otherUnderlyings: { ...other, shockCap: 0.7 } })).toEqual(['parameters']);
  });
});

describe('scenarios', () => {
  it('are 11 × 3, tails, twists and de-pegs; columns join what only volatility tells apart', () => {
    const set = scenarioSet(houseParameters);
    expect(set.length).toBe(33 + 2 + 2 + houseParameters.depegs.length);
    expect(set.filter((s) => s.counted === 1 && s.depeg === undefined).length).toBe(33 + 2);
    expect(scenarioColumns(set, true).first.length).toBe(set.length);
    const { first, columnOf } = scenarioColumns(set, false);
    expect(first.length).toBe(11 + 2 + houseParameters.depegs.length);
    set.forEach((s, n) => expect(set[first[columnOf[n]!]!]!.multiple).toBe(s.multiple));
  });
});

describe('catalogue and market', () => {
  it('refuse unknown names, wrong kinds and wrong prices, each by its field', () => {
    const catalogue = makeCatalogue();
    const market = new MarketState(catalogue);
    const live = { state: 'live' } as const;
    expect(() => market.setAssetPrice('BTC', { mark: 0, low: 1, high: 1, ...live })).toThrow(
      'assets.BTC.mark',
    );
    expect(() => market.setAssetPrice('BTC', { mark: 2, low: 3, high: 4, ...live })).toThrow(
      'low ≤ mark ≤ high',
    );
    expect(() => market.setAssetPrice('USD', { mark: 1, low: 1, high: 1, ...live })).toThrow(
      'other than USD',
    );
    expect(() => market.setVolatility('BTC', -1)).toThrow('0 to 100');
    expect(() => market.setVolatility('NOPE', 1)).toThrow('"NOPE"');
    expect(() => catalogue.addAsset({ id: 'BTC' })).toThrow('is registered');
    const common = { id: 'x', underlying: 'BTC', quote: 'USD', settlement: 'USDC', contractSize: 1 };
    const perpetual = { ...common, kind: 'perpetual', form: 'linear' } as const;
    expect(() => catalogue.addInstrument({ ...perpetual, venue: 'vault' })).toThrow('kind custody');
    expect(() => catalogue.addInstrument({ ...perpetual, venue: 'venue-a', form: 'inverse' })).toThrow(
      'instrument.settlement',
    );
    expect(() => catalogue.addInstrument({ ...perpetual, venue: 'venue-a', contractSize: 0 })).toThrow(
      'contractSize',
    );
  });

  it('refuse terms of an option that cannot be', () => {
    const { market } = makeWorld(houseParameters, true);
    const terms = { forward: 60_000, fixedForward: 0, volatility: 0.6 };
    const id = 'BTC-C60-30@venue-a';
    expect(() => market.setOptionTerms(id, { ...terms, forward: 0 })).toThrow('forward');
    expect(() => market.setOptionTerms(id, { ...terms, forward: -1 })).toThrow('forward');
    expect(() => market.setOptionTerms(id, { ...terms, fixedForward: 70_000 })).toThrow('fixedForward');
    expect(() => market.setOptionTerms(id, { ...terms, volatility: 101 })).toThrow('0 to 100');
    expect(() => market.setOptionTerms(id, { ...terms, volatility: NaN })).toThrow('0 to 100');
    expect(() => market.setTime(Infinity)).toThrow('atMs');
  });
});

describe('the book', () => {
  it('holds exactly what was set, through any sequence of changes', () => {
    const { catalogue } = makeWorld();
    const step = fc.record({
      account: fc.integer({ min: 0, max: 4 }),
      instrument: fc.integer({ min: 0, max: catalogue.instruments.size - 1 }),
      quantity: fc.oneof(fc.constant(0), fc.double({ min: -5, max: 5, noNaN: true })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const book = new Book(catalogue);
        for (let n = 0; n < 5; n++) book.addAccount(`a${n}`);
        const expected = Array.from({ length: 5 }, () => new Map<string, number>());
        for (const { account, instrument, quantity } of steps) {
          const id = catalogue.instruments.ids[instrument]!;
          book.setPosition(account, id, quantity, 7);
          book.setBalance(account, 'USDC', 'vault', quantity);
          if (quantity === 0) expected[account]!.delete(id);
          else expected[account]!.set(id, quantity);
        }
        expected.forEach((held, account) => {
          const content = book.read(account);
          expect(new Map(content.positions.map((p) => [p.instrument, p.quantity]))).toEqual(held);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('refuses what cannot be, by field, and a full account by its limit', () => {
    const { book } = makeWorld();
    const account = book.addAccount('a');
    expect(() => book.setPosition(account, 'BTC-PERP@venue-a', Number.NaN, 1)).toThrow('quantity');
    expect(() => book.setPosition(account, 'BTC-PERP@venue-a', 1, 0)).toThrow('entryPrice');
    expect(() => book.setBalance(account, 'USDC', 'house', 1)).toThrow('setDebt');
    expect(() => book.setDebt(account, 'USDC', -1)).toThrow('at least 0');
    expect(() => book.setBalance(9, 'USDC', 'vault', 1)).toThrow('index below 1');
  });
});

describe('volatility', () => {
  it('of a path with known volatility is found, whatever the steps', () => {
    const random = randomFrom(4);
    const p = { ...houseVolatility, initial: 0.2, fastHalfLifeMs: 10 * 24 * 3_600_000 };
    let price = 100;
    let v = startVolatility(price, 0, p);
    for (let t = 0; t < 200 * 24 * 3_600_000;) {
      const step = 60_000 + Math.floor(random() * 7_200_000);
      t += step;
      // ±σ√Δt: the plainest walk with volatility 0.8.
      price *= 1 + (random() < 0.5 ? -1 : 1) * 0.8 * Math.sqrt(step / (365 * 24 * 3_600_000));
      v = observePrice(v, price, t, p);
    }
    expect(volatilityOf(v, p)).toBeGreaterThan(0.75);
    expect(volatilityOf(v, p)).toBeLessThan(0.85);
  });

  it('halves the weight of the past in one half-life, and is never under its floor', () => {
    const p = houseVolatility;
    const later = observePrice(startVolatility(100, 0, p), 100, p.fastHalfLifeMs, p);
    expect(later.fast).toBeCloseTo(0.5 * 0.64, 12);
    expect(volatilityOf({ price: 1, atMs: 0, fast: 0, slow: 0 }, p)).toBe(0.05);
    expect(observePrice(later, 200, later.atMs + 10, p)).toBe(later);
    expect(observePrice(later, 200, 0, p)).toBe(later);
  });
});

describe('price states', () => {
  it('a report names the worst one it used', () => {
    const { book, kernel, market } = makeWorld();
    const account = book.addAccount('a');
    book.setBalance(account, 'BTC', 'vault', 1);
    expect(marginOf(kernel, book, account).worstPriceState).toBe('live');
    market.setAssetPrice('BTC', { mark: 60_000, low: 50_000, high: 70_000, state: 'degraded' });
    expect(marginOf(kernel, book, account).worstPriceState).toBe('degraded');
  });

  it('a line that has no price yet is worth nothing and counts as halted', () => {
    const catalogue = new Catalogue();
    catalogue.addAsset({ id: 'NEW', underlying: 'NEW' });
    catalogue.addLocation({ id: 'vault', kind: 'custody' });
    const world = makeWorld();
    const account = world.book.addAccount('a');
    world.catalogue.addAsset({ id: 'NEW', underlying: 'NEW' });
    world.book.setBalance(account, 'NEW', 'vault', 5);
    const report = marginOf(world.kernel, world.book, account);
    expect([report.equity, report.worstPriceState]).toEqual([0, 'halted']);
  });
});
