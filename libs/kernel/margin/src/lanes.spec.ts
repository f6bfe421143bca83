import { describe, expect, it } from '@jest/globals';
import { BLOCK_ROWS, openLanes } from '@plinth/lanes';
import fc from 'fast-check';
import { COVERAGE, FIGURE_COUNT, SHORT_OPTION } from './figures.ts';
import { houseParameters } from './house-parameters.ts';
import { marginAll } from './margin.ts';
import { DEFAULT_RULEBOOKS, venueRule, type PeerRulebook } from './models/index.ts';
import { riskParameters, type RiskParameters } from './parameters.ts';
import { Sensitivity } from './sensitivity.ts';
import {
  addRandomAccount,
  makeRandomBook,
  markOptions,
  NOW_MS,
  randomFrom,
  type World,
} from './testing/index.ts';

const describeLanes = openLanes() === undefined ? describe.skip : describe;

/** Figures of every account, then their bounds, by the plain kernel or in blocks. */
const valued = ({ kernel, book, model }: World, isPlain: boolean, sensitivity?: Sensitivity): number[] => {
  model.refresh();
  const all: number[] = [];
  const both: number[] = [];
  const accounts = Int32Array.from({ length: book.size }, (_, n) => n);
  const take = (_: number, count: number, figures: Float64Array, bounds: Float64Array): void => {
    all.push(...figures.subarray(0, count * FIGURE_COUNT));
    both.push(...bounds.subarray(0, 2 * count));
  };
  kernel.blocks.value(book, accounts, sensitivity, take, isPlain);
  return sensitivity === undefined ? all : [...all, ...both];
};

/** Every price by a factor of its own. */
const shake = ({ catalogue, market }: World, factors: readonly number[]): void => {
  for (const [n, id] of catalogue.assets.ids.entries()) {
    const mark = (market.assets.mark[n] ?? 0) * factors[n % factors.length]!;
    if (id !== 'USD' && mark > 0)
      market.setAssetPrice(id, { mark, low: mark * 0.99, high: mark * 1.02, state: 'live' });
  }
};

/** Books of orders behind some lines, some of them thinner than what is held. */
const addCurves = ({ market, catalogue }: World): void => {
  const curve = { quantities: [0, 0.5, 3, 40], marginalCosts: [0.0001, 0.002, 0.004, 0.3] };
  const steps = {
    quantities: [0, 0.5, 0.5, 3, 3, 40],
    marginalCosts: [0.001, 0.001, 0.002, 0.002, 0.1, 0.1],
  };
  const nothing = { quantities: [0, 0], marginalCosts: [0, 0] };
  for (const [n, id] of catalogue.instruments.ids.entries())
    if (n % 3 === 0)
      market.setUnwindCurve('instrument', id, n % 2 === 0 ? 'sell' : 'buy', n % 4 === 0 ? curve : steps);
  market.setUnwindCurve('instrument', catalogue.instruments.ids[1]!, 'sell', nothing);
  for (const id of ['BTC', 'SOL']) market.setUnwindCurve('asset', id, 'sell', curve);
};

/** A balance without anything, an account with nothing, a line that was never priced, many lines at once. */
const addOddAccounts = (world: World): void => {
  const { book, catalogue } = world;
  addRandomAccount(world, randomFrom(9), 'all lines', catalogue.instruments.size);
  catalogue.addInstrument({
    ...{ id: 'BTC-NEW@venue-a', venue: 'venue-a', underlying: 'BTC', kind: 'future', form: 'inverse' },
    ...{ quote: 'USD', settlement: 'BTC', contractSize: 10 },
  });
  book.addAccount('empty');
  book.setPosition(book.addAccount('unpriced'), 'BTC-NEW@venue-a', 3, 100);
  book.setDebt(book.addAccount('debtor'), 'ETH', 2);
};

const withRules = (...names: readonly PeerRulebook[]): RiskParameters =>
  riskParameters({
    ...houseParameters,
    // A group counts too, and custody comes late: what the house's own set leaves at 0.
    blend: { all: 0.5, group: 0.2, own: 0.3 },
    venues: names.map((name, n) => ({
      ...houseParameters.otherVenues,
      requirementFraction: 0.2,
      venue: `venue-${'abcd'[n]!}`,
      rule: venueRule(name, DEFAULT_RULEBOOKS),
    })),
  });

const worlds = fc.record({
  seed: fc.nat(1_000_000),
  positions: fc.integer({ min: 1, max: 30 }),
  withOptions: fc.boolean(),
  withCurves: fc.boolean(),
  parameters: fc.constantFrom(houseParameters, withRules('drift', 'derive-pmrm2'), withRules('okx', 'dydx')),
  factors: fc.array(fc.double({ min: 0.6, max: 1.6, noNaN: true }), { minLength: 1, maxLength: 6 }),
});

describeLanes('many accounts two columns at a time', () => {
  it('have every figure and bound of one at a time, bit for bit, through changes of the market', () => {
    const seen = { charged: 0, short: 0 };
    fc.assert(
      fc.property(worlds, ({ seed, positions, withOptions, withCurves, parameters, factors }) => {
        const world = makeRandomBook(seed, 8, positions, parameters, withOptions);
        addOddAccounts(world);
        if (withCurves) addCurves(world);
        const { model, catalogue, market } = world;
        model.refresh();
        const sensitivity = new Sensitivity(model);
        sensitivity.resolve();
        for (const round of [0, 1, 2]) {
          if (round === 1) shake(world, factors);
          if (round === 2 && withOptions) markOptions(catalogue, market, NOW_MS + 60_000, 0.02);
          model.refresh();
          sensitivity.refresh();
          const plain = valued(world, true, sensitivity);
          expect(valued(world, false, sensitivity)).toEqual(plain);
          for (let at = 0; at < world.book.size * FIGURE_COUNT; at += FIGURE_COUNT) {
            seen.charged += plain[at + COVERAGE]! > 0 ? 1 : 0;
            seen.short += plain[at + SHORT_OPTION]! > 0 ? 1 : 0;
          }
        }
      }),
      { numRuns: 40 },
    );
    expect(seen.charged).toBeGreaterThan(0);
    expect(seen.short).toBeGreaterThan(0);
  });

  it('one model after another has the memory, and finds its own again', () => {
    const [one, two] = [makeRandomBook(1, 40), makeRandomBook(2, 40, 16, houseParameters, true)] as const;
    const all = (world: World): Float64Array => {
      const out = new Float64Array(world.book.size * FIGURE_COUNT);
      marginAll(world.kernel, world.book, out);
      return out;
    };
    const before = all(one);
    const others = all(two);
    expect(all(one)).toEqual(before);
    expect(all(two)).toEqual(others);
    expect(valued(one, true).slice(0, FIGURE_COUNT)).toEqual([...before.subarray(0, FIGURE_COUNT)]);
  });

  it('rows of options follow the market while they stand in the memory', () => {
    const world = makeRandomBook(3, 40, 20, houseParameters, true);
    const before = valued(world, false);
    markOptions(world.catalogue, world.market, NOW_MS + 3_600_000, 0.1);
    const after = valued(world, false);
    expect(after).not.toEqual(before);
    expect(after).toEqual(valued(world, true));
  });

  it('of so many rows that a block holds few of them', () => {
    const world = makeRandomBook(4, 60, 48);
    expect(60 * 48).toBeGreaterThan(BLOCK_ROWS);
    let blocks = 0;
    const accounts = Int32Array.from({ length: 60 }, (_, n) => n);
    world.kernel.blocks.value(world.book, accounts, undefined, () => (blocks += 1));
    expect(blocks).toBe(2);
    expect(valued(world, false)).toHaveLength(valued(world, true).length);
  });
});
