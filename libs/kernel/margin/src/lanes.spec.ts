import { describe, expect, it } from '@jest/globals';
import { openLanes } from '@plinth/lanes';
import fc from 'fast-check';
import { COVERAGE, FIGURE_COUNT, MAINTENANCE } from './figures.ts';
import { houseParameters } from './house-parameters.ts';
import { marginAll, marginOf } from './margin.ts';
import { makeRandomBook, markOptions, NOW_MS, type World } from './testing/index.ts';

const describeLanes = openLanes() === undefined ? describe.skip : describe;

/** Figures of every account, and what explains them. */
const valued = ({ kernel, book, model }: World): readonly unknown[] => {
  model.refresh();
  return Array.from({ length: book.size }, (_, account) => {
    const figures = [...kernel.value(book, account)];
    const { ownLoss, initialOwnLoss, underlyingCount: count } = kernel.scratch;
    // What binds coverage is said only where it charges.
    const { column, venue } = figures[COVERAGE]! > 0 ? kernel.coverage : { column: -1, venue: -1 };
    return {
      figures,
      own: [...ownLoss.subarray(0, count), ...initialOwnLoss.subarray(0, count)],
      column,
      venue,
    };
  });
};

/** Every price by a factor of its own, and volatilities with them. */
const shake = ({ catalogue, market }: World, factors: readonly number[]): void => {
  for (const [n, id] of catalogue.assets.ids.entries()) {
    const mark = (market.assets.mark[n] ?? 0) * factors[n % factors.length]!;
    if (id !== 'USD' && mark > 0)
      market.setAssetPrice(id, { mark, low: mark * 0.99, high: mark * 1.02, state: 'live' });
  }
};

const worlds = fc.record({
  seed: fc.nat(1_000_000),
  positions: fc.integer({ min: 1, max: 30 }),
  withOptions: fc.boolean(),
  factors: fc.array(fc.double({ min: 0.6, max: 1.6, noNaN: true }), { minLength: 1, maxLength: 6 }),
});

describeLanes('sums over columns two at a time', () => {
  it('give every figure of one at a time, bit for bit, through changes of the market', () => {
    let charged = 0;
    fc.assert(
      fc.property(worlds, ({ seed, positions, withOptions, factors }) => {
        const world = makeRandomBook(seed, 12, positions, houseParameters, withOptions);
        const { model, catalogue, market } = world;
        for (const round of [0, 1]) {
          if (round === 1) {
            shake(world, factors);
            if (withOptions) markOptions(catalogue, market, NOW_MS + 60_000, 0.02);
          }
          model.refresh();
          model.arrays.leaveLanes();
          const plain = valued(world);
          model.arrays.toLanes();
          expect(model.arrays.lanes).toBeDefined();
          expect(valued(world)).toEqual(plain);
          // Rows that were copied before a change of the market follow it.
          charged += (plain as { venue: number }[]).filter(({ venue }) => venue >= 0).length;
        }
      }),
      { numRuns: 30 },
    );
    expect(charged).toBeGreaterThan(0);
  });

  it('one model after another has the memory; the others go on in plain code', () => {
    const [one, two] = [makeRandomBook(1, 40), makeRandomBook(2, 40, 16, houseParameters, true)] as const;
    const all = (world: World): Float64Array => {
      const out = new Float64Array(world.book.size * FIGURE_COUNT);
      marginAll(world.kernel, world.book, out);
      return out;
    };
    const before = all(one);
    expect(one.model.arrays.lanes).toBeDefined();
    const others = all(two);
    expect([one.model.arrays.lanes, two.model.arrays.lanes === undefined]).toEqual([undefined, false]);
    const alone = marginOf(one.kernel, one.book, 7);
    expect(alone.maintenanceMargin).toBe(before[7 * FIGURE_COUNT + MAINTENANCE]);
    expect(all(one)).toEqual(before);
    expect(all(two)).toEqual(others);
  });

  it('rows of options follow the market while they stand in the memory', () => {
    const world = makeRandomBook(3, 40, 20, houseParameters, true);
    const { model, catalogue, market } = world;
    model.refresh();
    model.arrays.toLanes();
    valued(world);
    markOptions(catalogue, market, NOW_MS + 3_600_000, 0.1);
    const wide = valued(world);
    expect(model.arrays.lanes).toBeDefined();
    model.arrays.leaveLanes();
    expect(wide).toEqual(valued(world));
  });
});
