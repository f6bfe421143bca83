import { describe, expect, it } from '@jest/globals';
import { explainDifference } from '@plinth/margin';
import type { DepthKnot, riskMessages } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import { keepStanding, standingOf } from '@plinth/portfolio';
import fc from 'fast-check';
import { made, RiskWorld } from '../testing/risk-world.ts';
import { RiskService } from './risk-service.ts';

const GOOD_MS = 600_000;
const COSTS = [100, 1_000, 10_000] as const;

type Depth = readonly [number, number, number];
type Seen = Readonly<{ venueId: string; instrumentId: string; depth: Depth }>;

const knots = (depth: Depth): DepthKnot[] =>
  COSTS.map((costPpm, k) => ({ costPpm, quantity: `${depth.slice(0, k + 1).reduce((a, b) => a + b, 0)}` }));

const observe = (world: RiskWorld, { venueId, instrumentId, depth }: Seen): void => {
  const books = [{ instrumentId, sell: knots(depth), buy: knots(depth) }];
  const times = { atMs: world.at, goodUntilMs: world.at + GOOD_MS };
  world.given(`depth-${venueId}`, made('VenueDepthObserved', { venueId, ...times, books }));
};

/** One account with coins and contracts at both venues, and a debt that it must buy back. */
const opened = (): RiskWorld => {
  const world = new RiskWorld();
  world.open('a', '400000');
  world.deposit('a', 'BTC', '8');
  world.hold('a', '3');
  world.booked('a', {
    ...{ instrumentId: 'ETH-PERP', venueId: 'beta', side: 'sell', quantity: '40', price: '3000' },
    ...{ positionQuantity: '-40', entryPrice: '3000' },
  });
  return world;
};

const figures = (world: RiskWorld): readonly number[] => {
  const { equity, initialMargin, maintenanceMargin } = world.spec.views.portfolio.assess('a');
  return [equity, initialMargin, maintenanceMargin];
};

const costOf = (world: RiskWorld, requirement: string, label: string): riskMessages.MarginPart[] => {
  const answer = world.spec.ask('ExplainMargin', {
    ...{ accountId: 'a', requirement, distances: false, read: { minPosition: 0n } },
  }) as riskMessages.ExplainMarginResponse;
  return [...answer.equity, ...answer.requirement].filter((part) => part.label.startsWith(label));
};

describe('margin with the depth of books', () => {
  it('charges contracts through the book of their venue, and says so', () => {
    const world = opened();
    expect(costOf(world, 'maintenance', 'BTC-PERP@alpha by the law of impact')).toHaveLength(1);
    // Of 3 contracts 2 cost 1 basis point, 1 costs 10: 60,000 · (2 · 1e-4 + 1e-3).
    observe(world, { venueId: 'alpha', instrumentId: 'BTC-PERP', depth: [2, 5, 0] });
    expect(costOf(world, 'maintenance', 'BTC-PERP@alpha through its books')).toMatchObject([
      { amount: '72' },
    ]);
    expect(costOf(world, 'maintenance', 'ETH-PERP@beta by the law of impact')).toHaveLength(1);
  });

  it('charges coins through the spot books of all venues together', () => {
    const world = opened();
    observe(world, { venueId: 'alpha', instrumentId: 'BTC/USD', depth: [1, 0, 0] });
    observe(world, { venueId: 'beta', instrumentId: 'BTC/USDC', depth: [2, 1, 10] });
    // 8 coins: 3 at 1 basis point, 1 at 10, 4 at 100.
    const [cost] = costOf(world, 'maintenance', 'BTC through its books');
    expect(textToFloat(cost?.amount ?? '')).toBeCloseTo(-60_000 * (3e-4 + 1e-3 + 4e-2), 6);
  });

  it('charges the cap beyond the book, and for all of an empty one', () => {
    const world = opened();
    const cap = world.spec.views.portfolio.marginParameters.concentration.maxCostFraction;
    observe(world, { venueId: 'alpha', instrumentId: 'BTC-PERP', depth: [1, 0, 0] });
    const [beyond] = costOf(world, 'maintenance', 'BTC-PERP@alpha through');
    expect(textToFloat(beyond?.amount ?? '')).toBeCloseTo(60_000 * (1e-4 + 2 * cap), 6);
    observe(world, { venueId: 'alpha', instrumentId: 'BTC-PERP', depth: [0, 0, 0] });
    const [empty] = costOf(world, 'maintenance', 'BTC-PERP@alpha through');
    expect(textToFloat(empty?.amount ?? '')).toBeCloseTo(60_000 * 3 * cap, 6);
  });

  it('goes back to the law when marks have gone on for ten minutes', () => {
    const world = opened();
    const before = figures(world);
    for (const instrumentId of ['BTC-PERP', 'BTC/USD'])
      observe(world, { venueId: 'alpha', instrumentId, depth: [1, 1, 1] });
    const through = figures(world);
    expect(through).not.toEqual(before);
    world.price('BTC', '60000', GOOD_MS - 1);
    expect(figures(world)).toEqual(through);
    world.price('BTC', '60000', 1);
    expect(figures(world)).toEqual(before);
  });

  it('is a step of its own between two positions', () => {
    const world = opened();
    const { portfolio } = world.spec.views;
    const earlier = keepStanding(standingOf(portfolio, 'a'));
    observe(world, { venueId: 'alpha', instrumentId: 'BTC-PERP', depth: [0, 0, 0] });
    const { maintenance, equity } = explainDifference(earlier, standingOf(portfolio, 'a'));
    const moved = maintenance.children.filter(({ value }) => value !== 0);
    expect(moved.map(({ label }) => label)).toEqual(['depth of books']);
    expect(maintenance.value).toBe(moved[0]?.value);
    expect(maintenance.value).toBeGreaterThan(1_000);
    expect(equity.value).toBe(0);
  });
});

const depth: fc.Arbitrary<Depth> = fc.tuple(
  fc.integer({ min: 0, max: 6 }),
  fc.integer({ min: 0, max: 6 }),
  fc.integer({ min: 0, max: 30 }),
);
const seen = fc.record({
  venueId: fc.constantFrom('alpha', 'beta'),
  instrumentId: fc.constantFrom('BTC-PERP', 'ETH-PERP', 'BTC/USD', 'BTC/USDC'),
  depth,
});
const keyOf = ({ venueId, instrumentId }: Seen): string => `${venueId} ${instrumentId}`;

describe('the laws of depth', () => {
  it('more of it never asks for more margin, and never lowers equity', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(seen, { selector: keyOf, minLength: 1 }),
        depth,
        fc.nat(),
        (all, more, pick) => {
          const world = opened();
          for (const one of all) observe(world, one);
          const [equity, initial, maintenance] = figures(world) as [number, number, number];
          const one = all[pick % all.length] as Seen;
          const [a, b, c] = one.depth;
          observe(world, { ...one, depth: [a + more[0], b + more[1], c + more[2]] });
          const after = figures(world) as [number, number, number];
          const slack = 1e-9 * (Math.abs(equity) + initial);
          expect(after[0]).toBeGreaterThanOrEqual(equity - slack);
          expect(after[1]).toBeLessThanOrEqual(initial + slack);
          expect(after[2]).toBeLessThanOrEqual(maintenance + slack);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('figures are the same bits in whatever order books were seen, and after a restore', () => {
    fc.assert(
      fc.property(
        fc
          .uniqueArray(seen, { selector: keyOf, minLength: 2 })
          .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          const [one, other] = [opened(), opened()];
          for (const each of all) observe(one, each);
          for (const each of shuffled) observe(other, each);
          expect(figures(other)).toEqual(figures(one));
          const restored = RiskService({ cell: 'main' }).views().portfolio;
          restored.load(one.spec.views.portfolio.dump());
          const { equity, initialMargin, maintenanceMargin } = restored.assess('a');
          expect([equity, initialMargin, maintenanceMargin]).toEqual(figures(one));
        },
      ),
      { numRuns: 40 },
    );
  });
});
