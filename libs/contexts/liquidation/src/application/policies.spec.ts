import { describe, expect, it } from '@jest/globals';
import { LiquidationWorld } from '../testing/liquidation-world.ts';

/** 10 BTC long at 60,000 with 100,000 USD, at another price; the first step of its liquidation. */
const soldBy = (policy: string, price: string): number => {
  const world = new LiquidationWorld({ policy });
  world.open('a');
  world.deposit('a', 'USD', '100000');
  world.trade('a', 'BTC-PERP', 'alpha', '10');
  world.prices({ BTC: price });
  const { equity, maintenanceMargin } = world.health('a');
  expect(equity).toBeLessThan(maintenanceMargin);
  world.request('a');
  return (world.last('ReductionOrdered')?.legs ?? []).reduce((sum, leg) => sum + Number(leg.quantity), 0);
};

/** Price at which health (equity over maintenance margin) is a little below one. */
const callPrice = (): number => {
  const world = new LiquidationWorld();
  world.open('a');
  world.deposit('a', 'USD', '100000');
  world.trade('a', 'BTC-PERP', 'alpha', '10');
  for (let price = 60_000; ; price -= 10) {
    world.prices({ BTC: String(price) });
    const { equity, maintenanceMargin } = world.health('a');
    if (equity < 0.99 * maintenanceMargin) return price;
  }
};

describe('policies of liquidation', () => {
  const price = callPrice();

  it('of the house sell no more than the target needs', () => {
    expect(soldBy('cheapest-legs', String(price))).toBeLessThan(5);
  });

  it('that close by a factor sell half while health is near one, and all of it below', () => {
    expect(soldBy('close-factor', String(price))).toBe(5);
    expect(soldBy('close-factor', String(price - 2_000))).toBe(10);
  });

  it('that close the whole book sell all of it', () => {
    expect(soldBy('whole-book', String(price))).toBe(10);
  });
});
