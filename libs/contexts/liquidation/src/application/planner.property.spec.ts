import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { planCheapest } from '../domain/planner.ts';
import { LiquidationWorld } from '../testing/liquidation-world.ts';
import { planTheLongWay } from '../testing/plan-referee.ts';
import { DEFAULT_LIQUIDATION } from './config.ts';
import { problemOf } from './planning.ts';
import { tradableLegs } from './tradable-legs.ts';

const config = { cell: 'main', ...DEFAULT_LIQUIDATION };

const scenario = fc.record({
  cash: fc.integer({ min: 1, max: 400_000 }),
  btc: fc.integer({ min: 0, max: 20 }),
  trades: fc.array(
    fc.record({
      instrumentId: fc.constantFrom('BTC-PERP', 'ETH-PERP', 'BTC/USD', 'ETH/USD'),
      venueId: fc.constantFrom('alpha', 'beta'),
      lots: fc.integer({ min: -40_000, max: 40_000 }).filter((lots) => lots !== 0),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  ratio: fc.double({ min: 1, max: 3, noNaN: true }),
  isInsolvent: fc.boolean(),
});

describe('the search for the cheapest legs', () => {
  it('plans what the long way plans, leg by leg and to the last bit', () => {
    const seen = { legs: 0, reached: 0, plans: 0 };
    fc.assert(
      fc.property(scenario, ({ cash, btc, trades, ratio, isInsolvent }) => {
        const world = new LiquidationWorld();
        world.open('a');
        world.deposit('a', 'USD', String(cash));
        if (btc > 0) world.deposit('a', 'BTC', String(btc));
        for (const { instrumentId, venueId, lots } of trades)
          world.trade('a', instrumentId, venueId, (lots / 1_000).toFixed(3).replace(/\.?0+$/, ''));
        const { portfolio } = world.views;
        const tradable = tradableLegs(portfolio, 'a', config, isInsolvent);
        const { equity, maintenanceMargin } = portfolio.assess('a');
        // A target a little above what there is, so that some plan may reach it.
        const target = Math.max(1, (ratio * Math.max(0, equity)) / Math.max(1, maintenanceMargin));
        const problem = problemOf(portfolio, 'a', tradable, target, isInsolvent);
        const plan = planCheapest(problem);
        expect(plan).toEqual(planTheLongWay(problemOf(portfolio, 'a', tradable, target, isInsolvent)));
        seen.plans += 1;
        seen.legs += plan.legs.length;
        seen.reached += plan.isReached && plan.legs.length > 0 ? 1 : 0;
      }),
      { numRuns: 60 },
    );
    expect(seen.legs).toBeGreaterThan(seen.plans);
    expect(seen.reached).toBeGreaterThan(5);
  });
});
