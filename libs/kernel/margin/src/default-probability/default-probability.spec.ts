import { describe, expect, it } from '@jest/globals';
import { normCdf } from '@plinth/maths';
import { Book } from '../book.ts';
import { Catalogue } from '../catalogue.ts';
import { EwmaCovariance, houseCovariance } from '../covariance.ts';
import { ASSETS, EQUITY, UNREALISED } from '../figures.ts';
import { houseParameters } from '../house-parameters.ts';
import { MarginKernel } from '../margin-kernel.ts';
import { MarketState } from '../market-state.ts';
import { optionValue, yearsUntil } from '../option-terms.ts';
import { RiskModel } from '../risk-model.ts';
import { addRandomAccount, makeWorld, randomFrom, roughNormal } from '../testing/index.ts';
import type { InstrumentSpec } from '../types.ts';
import { aside } from '../what-if.ts';
import { defaultProbability } from './default-probability.ts';
import { accountFactors, houseTails } from './factors.ts';
import { simulatedProbabilities } from './monte-carlo.ts';
import { Revaluation } from './revaluation.ts';
import { probabilityBelowZero, studentBelowZero, studentMixture } from './saddlepoint.ts';

const NOW = 1_700_000_000_000;
const DAY = 86_400_000;
const together = (): number => 0.8;

/** Coins with a perpetual, calls and puts. */
const optionWorld = () => {
  const catalogue = new Catalogue();
  const market = new MarketState(catalogue);
  catalogue.addLocation({ id: 'v', kind: 'venue' });
  market.setTime(NOW);
  const coins = [
    { id: 'BTC', price: 60_000, volatility: 0.6 },
    { id: 'ETH', price: 3_000, volatility: 0.75 },
  ];
  const live = (mark: number) => ({ mark, low: mark, high: mark, state: 'live' as const });
  for (const { id, price, volatility } of coins) {
    catalogue.addAsset({ id, underlying: id });
    market.setAssetPrice(id, live(price));
    market.setVolatility(id, volatility);
    const common = { venue: 'v', underlying: id, quote: 'USD', settlement: 'USD', contractSize: 1 };
    catalogue.addInstrument({ ...common, id: `${id}-PERP`, kind: 'perpetual', form: 'linear' });
    market.setInstrumentMark(`${id}-PERP`, live(price));
    for (const right of ['call', 'put'] as const) {
      const option = {
        ...common,
        ...{ id: `${id}-${right}`, kind: 'option', form: 'linear', right, strike: price },
        expiryMs: NOW + 30 * DAY,
      } as const satisfies InstrumentSpec;
      catalogue.addInstrument(option);
      market.setOptionTerms(option.id, { forward: price, fixedForward: 0, volatility });
      const years = yearsUntil(option.expiryMs, NOW);
      market.setInstrumentMark(option.id, live(optionValue(option, price, volatility, years)));
    }
  }
  const model = new RiskModel(houseParameters, catalogue, market);
  return { catalogue, market, model, kernel: new MarginKernel(model), book: new Book(catalogue) };
};

const BOOKS: Readonly<Record<string, readonly (readonly [string, number, number])[]>> = {
  long: [['BTC-PERP', 1, 2_000]],
  'short straddle': [
    ['BTC-call', -1, 1_000],
    ['BTC-put', -1, 0],
  ],
  hedged: [
    ['BTC-PERP', 1, 2_000],
    ['ETH-PERP', -18, 0],
  ],
  'short gamma against a hedge': [
    ['ETH-call', -20, 3_000],
    ['ETH-put', -20, 0],
    ['BTC-call', 1, 0],
  ],
};

describe('revaluation', () => {
  it('is what margin says of the moved market, for every form of contract', () => {
    const random = randomFrom(11);
    for (let n = 0; n < 20; n++) {
      const world = makeWorld(houseParameters, n % 2 === 1);
      const account = addRandomAccount(world, random, 'a', 12);
      const revaluation = new Revaluation(world.model, world.book, account);
      const moves = Float64Array.from({ length: revaluation.factorCount }, () => 0.2 * roughNormal(random));
      const { kernel, book } = aside(world.kernel, world.book, account, {
        priceMoves: revaluation.underlyings.map((u, k) => ({
          underlying: world.catalogue.underlyings.ids[u]!,
          fraction: Math.exp(moves[k]!) - 1,
        })),
        impliedMoves: revaluation.volatile.map((u, k) => ({
          underlying: world.catalogue.underlyings.ids[u]!,
          fraction: Math.exp(moves[revaluation.underlyings.length + k]!) - 1,
        })),
      });
      const figures = kernel.value(book, 0);
      const full = figures[ASSETS]! + figures[UNREALISED]!;
      // The market keeps a billionth of a mark where an option is worth nothing.
      expect(Math.abs(revaluation.valueAt(moves) - full)).toBeLessThan(1e-3 + 1e-9 * Math.abs(full));
    }
  });

  it('is what margin says of options whose price and volatility moved', () => {
    const { kernel, book, model } = optionWorld();
    const account = book.addAccount('a');
    book.setPosition(account, 'BTC-call', -2, 4_000);
    book.setPosition(account, 'ETH-put', 30, 200);
    const revaluation = new Revaluation(model, book, account);
    expect(revaluation.factorCount).toBe(4);
    const moves = [-0.15, -0.2, 0.3, 0.1];
    const [btc = 0, eth = 0, btcVolatility = 0, ethVolatility = 0] = moves.map((x) => Math.exp(x) - 1);
    const moved = aside(kernel, book, account, {
      priceMoves: [
        { underlying: 'BTC', fraction: btc },
        { underlying: 'ETH', fraction: eth },
      ],
      impliedMoves: [
        { underlying: 'BTC', fraction: btcVolatility },
        { underlying: 'ETH', fraction: ethVolatility },
      ],
    });
    const figures = moved.kernel.value(moved.book, 0);
    const full = figures[ASSETS]! + figures[UNREALISED]!;
    expect(Math.abs(revaluation.valueAt(Float64Array.from(moves)) - full)).toBeLessThan(
      1e-9 * Math.abs(full),
    );
  });
});

describe('saddlepoint', () => {
  it('is exact for a normal', () => {
    for (const offset of [-1, 0, 0.5, 3, 6]) {
      const form = { offset, slopes: Float64Array.of(1.5), curvatures: Float64Array.of(0) };
      const exact = normCdf(-offset / 1.5);
      expect(Math.abs(probabilityBelowZero(form, 1) / exact - 1)).toBeLessThan(2e-3);
    }
  });

  it('knows the tail of a chi-square with one and with two degrees', () => {
    const two = { offset: 9, slopes: new Float64Array(2), curvatures: Float64Array.of(-1, -1) };
    expect(probabilityBelowZero(two, 1) / Math.exp(-4.5)).toBeCloseTo(1, 1);
    const one = { offset: 9, slopes: new Float64Array(1), curvatures: Float64Array.of(-1) };
    expect(probabilityBelowZero(one, 1) / (2 * normCdf(-3))).toBeCloseTo(1, 1);
  });

  it('gives Student’s law from the mixture', () => {
    const form = { offset: 1, slopes: Float64Array.of(1), curvatures: Float64Array.of(0) };
    // P(T₄ < −√2) in closed form, the scale of T₄ being √½.
    const t = Math.SQRT2;
    const exact = 0.5 - (t * (6 + t * t)) / (2 * (4 + t * t) ** 1.5);
    expect(studentBelowZero(form, studentMixture(4)) / exact).toBeCloseTo(1, 4);
  });

  it('is nothing for a form that is never negative', () => {
    const form = { offset: 1, slopes: Float64Array.of(0.1), curvatures: Float64Array.of(1) };
    expect(probabilityBelowZero(form, 1)).toBe(0);
  });
});

describe('probability of default', () => {
  it.each(Object.keys(BOOKS))('is within a tenth of a full revaluation: %s', (name) => {
    const { kernel, book, model, market, catalogue } = optionWorld();
    const account = book.addAccount('a');
    for (const [instrument, quantity, cash] of BOOKS[name]!) {
      const mark = market.instruments.mark[catalogue.instruments.indexOf(instrument)]!;
      book.setPosition(account, instrument, quantity, mark);
      // An option's premium is a part of its value, and of the equity that is set here.
      const premium = instrument.includes('PERP') ? 0 : -quantity * mark;
      const before = book.read(account).balances[0]?.amount ?? 0;
      book.setBalance(account, 'USD', 'v', before + premium + cash);
    }
    const factors = accountFactors(model, book, account, together, houseTails);
    const { probability, equity } = defaultProbability(kernel, book, account, together);
    const [simulated] = simulatedProbabilities(factors, [equity], 4, 60_000, 5);
    expect(simulated!.probability).toBeGreaterThan(1e-4);
    const room = 0.1 * simulated!.probability + 3 * simulated!.error;
    expect(Math.abs(probability - simulated!.probability)).toBeLessThan(room);
  });

  it('falls with equity and rises with the number of contracts', () => {
    const { kernel, book } = optionWorld();
    const account = book.addAccount('a');
    const at = (cash: number, quantity: number): number => {
      book.load(account, {
        positions: [{ instrument: 'BTC-PERP', quantity, entryPrice: 60_000 }],
        balances: [{ asset: 'USD', location: 'v', amount: cash }],
        debts: [],
      });
      return defaultProbability(kernel, book, account, together).probability;
    };
    expect(at(1_000, 1)).toBeGreaterThan(at(2_000, 1));
    expect(at(2_000, 2)).toBeGreaterThan(at(2_000, 1));
  });

  it('is 0 without risk, 1 below zero, and says where the nearest breach is', () => {
    const { kernel, book } = optionWorld();
    const account = book.addAccount('a');
    book.setBalance(account, 'USD', 'v', 1_000);
    expect(defaultProbability(kernel, book, account, together).probability).toBe(0);
    book.setPosition(account, 'BTC-PERP', -1, 60_000);
    const { nearest, distance, equity } = defaultProbability(kernel, book, account, together);
    expect(nearest[0]!.fraction).toBeCloseTo(equity / 60_000, 5);
    expect(nearest[0]!.deviations).toBeCloseTo(distance!, 3);
    book.setPosition(account, 'BTC-PERP', -1, 50_000);
    expect(kernel.value(book, account)[EQUITY]).toBeLessThan(0);
    expect(defaultProbability(kernel, book, account, together).probability).toBe(1);
  });
});

describe('co-movement', () => {
  it('comes to the correlation of what it saw, from the prior', () => {
    const covariance = new EwmaCovariance();
    expect(covariance.correlation('BTC', 'ETH')).toBe(houseCovariance.priorCorrelation);
    const random = randomFrom(3);
    let [btc, eth] = [60_000, 3_000];
    for (let n = 0; n < 5_000; n++) {
      const common = roughNormal(random);
      btc *= Math.exp(0.001 * common);
      eth *= Math.exp(0.002 * (0.6 * common + 0.8 * roughNormal(random)));
      covariance.observe(
        new Map([
          ['BTC', btc],
          ['ETH', eth],
        ]),
        60_000 * n,
      );
    }
    expect(covariance.correlation('ETH', 'BTC')).toBeCloseTo(0.6, 1);
    expect(covariance.correlation('BTC', 'BTC')).toBe(1);
    const again = new EwmaCovariance();
    again.load(covariance.dump());
    expect(again.correlation('BTC', 'ETH')).toBe(covariance.correlation('BTC', 'ETH'));
  });

  it('does not see samples that are too close', () => {
    const [calm, busy] = [new EwmaCovariance(), new EwmaCovariance()];
    const prices = (n: number): ReadonlyMap<string, number> =>
      new Map([
        ['BTC', 60_000 + 10 * n],
        ['ETH', 3_000 - n],
      ]);
    for (let n = 0; n < 120; n++) busy.observe(prices(n), 1_000 * n);
    for (let n = 0; n < 120; n += 60) calm.observe(prices(n), 1_000 * n);
    expect(busy.correlation('BTC', 'ETH')).toBe(calm.correlation('BTC', 'ETH'));
  });
});
