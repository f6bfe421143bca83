import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DistanceIndex } from './distance-index.ts';
import { explainMargin } from './explain.ts';
import { sumOf, type Explanation } from './explanation.ts';
import { FIGURE_COUNT } from './figures.ts';
import { houseParameters } from './house-parameters.ts';
import { liquidationPrice } from './liquidation-price.ts';
import { marginAll, marginOf, type MarginReport } from './margin.ts';
import { judgeOrder } from './open-orders.ts';
import { riskParameters } from './parameters.ts';
import { isRiskReducing } from './risk-reducing.ts';
import type { VolatilityMove } from './scenarios.ts';
import { nextSeverity, type Severity } from './state.ts';
import {
  addRandomAccount,
  makeRandomBook,
  makeWorld,
  markOptions,
  NOW_MS,
  pick,
  randomFrom,
  roughNormal,
  type World,
} from './testing/index.ts';
import type { PositionContent } from './types.ts';
import { whatIf } from './what-if.ts';

const seeds = fc.integer({ min: 1, max: 1e9 });
const RUNS = { numRuns: 30 };
const DAY_MS = 86_400_000;

/** Volatilities of all expiries move alike. */
const parallel = riskParameters({ ...houseParameters, options: { ...houseParameters.options, volTerm: 0 } });

const one = (seed: number, positions = 8, parameters = houseParameters): World & { account: number } => {
  const world = makeWorld(parameters, true);
  return { ...world, account: addRandomAccount(world, randomFrom(seed), 'a', positions) };
};
const margin = ({ kernel, book }: World, account: number): MarginReport => marginOf(kernel, book, account);
const worth = ({ figures }: MarginReport): number => figures.assets + figures.unrealised;
const markOf = ({ catalogue, market }: World, id: string): number =>
  market.instruments.mark[catalogue.instruments.indexOf(id)]!;

const holding = (
  ...held: readonly (readonly [id: string, quantity: number])[]
): World & { account: number } => {
  const world = makeWorld(houseParameters, true);
  const account = world.book.addAccount('a');
  const positions = held.map(([instrument, quantity]): PositionContent => ({
    instrument,
    quantity,
    entryPrice: markOf(world, instrument),
  }));
  const balances = [{ asset: 'USD', location: 'vault', amount: 100_000 }];
  world.book.load(account, { positions, balances, debts: [] });
  return { ...world, account };
};

describe('options in the scenarios', () => {
  it('lose what full revaluation of the moved market says, with volatility down, flat and up', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 32 }), (seed, scenario) => {
        const world = one(seed, 8, parallel);
        const now = margin(world, world.account);
        const { multiple, volatility } = world.model.scenarios[scenario]!;
        const { volShockDown, volShockUp } = parallel.otherUnderlyings;
        const moves: Partial<Record<VolatilityMove, number>> = {
          down: -volShockDown,
          flat: 0,
          up: volShockUp,
        };
        const underlyings = world.catalogue.underlyings.ids;
        const then = whatIf(world.kernel, world.book, world.account, {
          priceMoves: underlyings.map((underlying, u) => ({
            underlying,
            fraction: multiple * world.model.shockSizes[u]!,
          })),
          impliedMoves: underlyings.map((underlying) => ({ underlying, fraction: moves[volatility]! })),
        });
        const size = now.figures.grossNotional + Math.abs(now.figures.assets);
        const lost = worth(now) - worth(then);
        expect(Math.abs(lost - now.scenarioLosses[scenario]!)).toBeLessThanOrEqual(1e-9 * size);
      }),
      RUNS,
    );
  });

  it('are worth as much after a fill at the mark as before, linear and inverse', () => {
    fc.assert(
      fc.property(seeds, fc.double({ min: -3, max: 3, noNaN: true }), (seed, quantity) => {
        const world = one(seed);
        const ids = world.catalogue.instruments.ids.filter((id) => /-[CP]/.test(id));
        const instrument = pick(randomFrom(seed), ids);
        const now = margin(world, world.account);
        const orders = [{ instrument, quantity, price: markOf(world, instrument) }];
        const then = whatIf(world.kernel, world.book, world.account, { orders });
        const size = now.figures.grossNotional + Math.abs(now.figures.assets) + 1e5 * Math.abs(quantity);
        expect(Math.abs(worth(then) - worth(now))).toBeLessThanOrEqual(1e-11 * size);
      }),
      RUNS,
    );
  });

  it('keep put–call parity: a call less a put is the forward in every scenario', () => {
    for (const venue of ['venue-a', 'venue-c'])
      for (const strike of [51, 60, 72]) {
        const pair = holding([`BTC-C${strike}-30@${venue}`, 2], [`BTC-P${strike}-30@${venue}`, -2]);
        const { scenarioLosses } = margin(pair, pair.account);
        const forward = 60_000 * 1.001;
        pair.model.scenarios.forEach((scenario, s) => {
          const up =
            1 + scenario.multiple * pair.model.shockSizes[pair.catalogue.underlyings.indexOf('BTC')]!;
          const usdc =
            1 + scenario.multiple * pair.model.shockSizes[pair.catalogue.underlyings.indexOf('USDC')]!;
          if (scenario.depeg !== undefined) return;
          // Linear: F − K in USDC; inverse: (F − K)/F coins at the spot price.
          const gain =
            venue === 'venue-a'
              ? 2 * ((forward * up) / usdc - strike * 1_000) * usdc - 2 * (forward - strike * 1_000)
              : (2 * (forward * up - strike * 1_000) - 2 * (forward - strike * 1_000)) / 1.001;
          expect(scenarioLosses[s]!).toBeCloseTo(-gain * scenario.counted, 5);
        });
      }
  });

  it('held on two venues against one another are no risk and no short option', () => {
    const hedged = holding(['BTC-C60-30@venue-a', 1], ['BTC-C60-30@venue-b', -10]);
    const { figures } = margin(hedged, hedged.account);
    expect(Math.abs(figures.scan)).toBeLessThan(1e-6);
    expect(figures.shortOption).toBeLessThan(1e-9);
    expect(figures.basis).toBeGreaterThan(0);
  });

  it('do not move with what the settlement average has fixed', () => {
    const world = holding(['BTC-C51-0.01@venue-a', 1]);
    const { market, account } = world;
    const loss = (fixedForward: number): number => {
      market.setOptionTerms('BTC-C51-0.01@venue-a', { forward: 60_060, fixedForward, volatility: 0.6 });
      const { underlyingLosses } = margin(world, account);
      return Math.max(...underlyingLosses.find(({ underlying }) => underlying === 'BTC')!.losses);
    };
    const [free, half, all] = [loss(0), loss(30_030), loss(60_060)];
    expect(half).toBeGreaterThan(0.4 * free);
    expect(half).toBeLessThan(0.8 * free);
    expect(all).toBe(0);
  });

  it('that have a mark but no terms are judged by spot price and volatility, never as nothing', () => {
    const world = makeWorld(houseParameters, true);
    const id = 'BTC-NEW@venue-a';
    const { catalogue, market, book } = world;
    const like = catalogue.instrumentEntries[catalogue.instruments.indexOf('BTC-C60-30@venue-a')]!.spec;
    catalogue.addInstrument({ ...like, id, ...({ strike: 61_000 } as object) });
    market.setInstrumentMark(id, { mark: 3_000, low: 2_900, high: 3_100, state: 'live' });
    const account = book.addAccount('a');
    book.setPosition(account, id, -1, 3_000);
    const { figures } = margin(world, account);
    expect(figures.scan).toBeGreaterThan(1_000);
  });
});

describe('charges of options', () => {
  it('are at least the minimum for a short option that no scenario reaches', () => {
    const far = holding(['BTC-C72-0.01@venue-a', -3]);
    const { figures } = margin(far, far.account);
    expect(figures.scan).toBeLessThan(10);
    expect(figures.shortOption).toBeCloseTo(3 * 60_000 * 1.001 * 0.005, 5);
  });

  it('count options of one expiry at one venue as one line of the basis, of two venues as two', () => {
    const rate = { basisRate: 0.2 };
    const wide = riskParameters({
      ...houseParameters,
      underlyings: houseParameters.underlyings.map((u) => ({ ...u, ...rate })),
    });
    const basis = (...held: readonly (readonly [id: string, quantity: number])[]): number => {
      const world = holding(...held);
      const { figures } = whatIf(world.kernel, world.book, world.account, { parameters: wide });
      return figures.basis;
    };
    const [call, put] = ['BTC-C60-30@venue-a', 'BTC-P60-30@venue-a'];
    const across = basis([call, -1], ['BTC-P60-30@venue-b', -10]);
    expect(basis([call, -1], [put, -1])).toBeLessThan(0.2 * across);
    expect(across).toBeGreaterThan(0);
  });
});

const everyNode = (node: Explanation): Explanation[] => [node, ...node.children.flatMap(everyNode)];

describe('with options', () => {
  it('a batch of one equals a batch of many, bit for bit', () => {
    const world = makeRandomBook(7, 40, 10, houseParameters, true);
    const all = new Float64Array(40 * FIGURE_COUNT);
    marginAll(world.kernel, world.book, all);
    for (let account = 0; account < 40; account++) {
      const figures = new Float64Array(FIGURE_COUNT);
      marginAll(world.kernel, world.book, figures, account, account + 1);
      expect(all.subarray(account * FIGURE_COUNT, (account + 1) * FIGURE_COUNT)).toEqual(figures);
    }
  });

  it('explanations sum exactly', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const world = one(seed, 12);
        for (const figure of ['equity', 'maintenance', 'initial'] as const)
          for (const node of everyNode(explainMargin(world.kernel, world.book, world.account, figure))) {
            if (node.children.length > 0) expect(sumOf(node.children)).toBe(node.value);
            if (node.label === 'rounding') expect(Math.abs(node.value)).toBeLessThan(1e-7);
          }
      }),
      RUNS,
    );
  });

  it('what-if of nothing changes no bit', () => {
    const world = one(5, 16);
    const still = {
      priceMoves: [{ underlying: 'BTC', fraction: 0 }],
      impliedMoves: [{ underlying: 'BTC', fraction: 0 }],
      atMs: NOW_MS,
    };
    expect(whatIf(world.kernel, world.book, world.account, still)).toEqual(margin(world, world.account));
  });

  it('the liquidation price is where full revaluation meets the requirement', () => {
    const short = holding(['BTC-C60-30@venue-a', -5], ['BTC-P51-30@venue-c', -2]);
    const { kernel, book, account } = short;
    const { below, above } = liquidationPrice(kernel, book, account, 'BTC');
    const slack = (fraction: number): number => {
      const moved = whatIf(kernel, book, account, { priceMoves: [{ underlying: 'BTC', fraction }] });
      return moved.equity - moved.maintenanceMargin;
    };
    expect(above).toBeGreaterThan(1);
    expect(Math.abs(slack(above! - 1))).toBeLessThan(1);
    expect(slack(above! - 1 + 1e-6)).toBeLessThan(0);
    expect(below).toBeLessThan(1);
  });

  it('closing a short option is allowed whatever the account has, selling one is not', () => {
    const short = holding(['BTC-C60-30@venue-a', -50]);
    const { kernel, book, account } = short;
    const price = markOf(short, 'BTC-C60-30@venue-a');
    const order = (quantity: number) => ({ instrument: 'BTC-C60-30@venue-a', quantity, price });
    expect(margin(short, account).equity).toBeLessThan(margin(short, account).initialMargin);
    expect(judgeOrder(kernel, book, account, [], order(1))).toMatchObject({ allowed: true });
    expect(isRiskReducing(kernel, book, account, [order(1)])).toBe(true);
    expect(isRiskReducing(kernel, book, account, [order(-1)])).toBe(false);
    expect(judgeOrder(kernel, book, account, [], order(-1))).toMatchObject({ allowed: false });
  });

  it('that are held and paid in coins may be sold at any time: the coins were in their value', () => {
    const id = 'BTC-P60-30@venue-c';
    const long = holding([id, 50]);
    const { kernel, book, account } = long;
    const sell = (quantity: number) => ({ instrument: id, quantity: -quantity, price: markOf(long, id) });
    expect(isRiskReducing(kernel, book, account, [sell(20)])).toBe(true);
    expect(isRiskReducing(kernel, book, account, [sell(20), sell(30)])).toBe(true);
    expect(isRiskReducing(kernel, book, account, [sell(51)])).toBe(false);
    // What protects coins is not sold without them.
    book.setBalance(account, 'BTC', 'venue-c', 50);
    expect(isRiskReducing(kernel, book, account, [sell(20)])).toBe(false);
  });
});

describe('the distance index with options', () => {
  const valueAll = (world: World, severities: Map<number, Severity>): void => {
    world.model.refresh();
    for (let account = 0; account < world.book.size; account++) {
      const figures = world.kernel.value(world.book, account);
      severities.set(account, nextSeverity(severities.get(account) ?? 0, figures, 0, world.model.parameters));
    }
  };

  it('never misses a change of state, whether prices, volatilities or time move', () => {
    let changes = 0;
    fc.assert(
      fc.property(seeds, fc.constantFrom(0.001, 0.01), (seed, step) => {
        const world = makeRandomBook(seed, 24, 5, houseParameters, true);
        const { market, catalogue, book } = world;
        const random = randomFrom(seed);
        for (let account = 0; account < book.size; account++)
          for (const b of book.read(account).balances)
            book.setBalance(account, b.asset, b.location, b.amount * (0.02 + 0.6 * random()));
        const index = new DistanceIndex(world.kernel, book);
        const expected = new Map<number, Severity>();
        let atMs = NOW_MS;
        for (let tick = 0; tick < 25; tick++) {
          index.update(() => changes++);
          valueAll(world, expected);
          for (const [account, severity] of expected) expect(index.severities[account]).toBe(severity);
          for (const coin of ['BTC', 'ETH'])
            if (random() < 0.7) {
              const mark =
                market.assets.mark[catalogue.assets.indexOf(coin)]! * (1 + step * roughNormal(random));
              market.setAssetPrice(coin, { mark, low: mark * 0.999, high: mark * 1.001, state: 'live' });
            }
          if (random() < 0.1) atMs += DAY_MS;
          markOptions(catalogue, market, atMs, random() < 0.2 ? 0.2 * random() : 0);
        }
      }),
      { numRuns: 6 },
    );
    expect(changes).toBeGreaterThan(6);
  });

  it('leaves those alone that hold none', () => {
    const world = makeRandomBook(3, 40, 4, houseParameters, true);
    const { book, market, catalogue } = world;
    book.load(7, { ...book.read(7), positions: [] });
    const without = Array.from({ length: 40 }, (_, n) => n).filter(
      (n) => !book.read(n).positions.some(({ instrument }) => /-[CP]\d/.test(instrument)),
    );
    expect(without).toContain(7);
    const index = new DistanceIndex(world.kernel, book);
    index.update(() => undefined);
    markOptions(catalogue, market, NOW_MS + 1, 0.1);
    expect(index.update(() => undefined)).toBeLessThanOrEqual(40 - without.length);
  });
});
