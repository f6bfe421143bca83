import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { liquidationPrice } from './liquidation-price.ts';
import { marginOf } from './margin.ts';
import { judgeOrder, marginWithOpenOrders } from './open-orders.ts';
import { isRiskReducing } from './risk-reducing.ts';
import { nextSeverity, severityNow, stateOf } from './state.ts';
import * as at from './figures.ts';
import { houseParameters } from './house-parameters.ts';
import { addRandomAccount, makeWorld, randomFrom, type World } from './testing/index.ts';
import { whatIf } from './what-if.ts';

const seeds = fc.integer({ min: 1, max: 1e9 });
const one = (seed: number, positions = 6): World & { account: number } => {
  const world = makeWorld();
  return { ...world, account: addRandomAccount(world, randomFrom(seed), 'a', positions) };
};
const markOf = (world: World, id: string): number =>
  world.market.instruments.mark[world.catalogue.instruments.indexOf(id)]!;

describe('liquidation price', () => {
  const levered = (quantity: number): World & { account: number } => {
    const world = makeWorld();
    const account = world.book.addAccount('levered');
    world.book.setPosition(account, 'BTC-PERP@venue-a', quantity, 60_000);
    world.book.setBalance(account, 'USDC', 'venue-a', 60_000);
    return { ...world, account };
  };

  it('is where equity meets the maintenance margin, to 1e-8, on the side that hurts', () => {
    for (const quantity of [5, -5]) {
      const { kernel, book, account } = levered(quantity);
      const found = liquidationPrice(kernel, book, account, 'BTC');
      expect(found.price).toBe(60_000);
      const multiple = (quantity > 0 ? found.below : found.above)!;
      expect(quantity > 0 ? found.above : found.below).toBeUndefined();
      const slack = (m: number): number => {
        const moved = { priceMoves: [{ underlying: 'BTC', fraction: m - 1 }] };
        const report = whatIf(kernel, book, account, moved);
        return report.equity - report.maintenanceMargin;
      };
      const worse = quantity > 0 ? 1 - 1e-8 : 1 + 1e-8;
      expect(slack(multiple)).toBeGreaterThanOrEqual(0);
      expect(slack(multiple * worse)).toBeLessThan(0);
    }
  });

  it('is now, when the account is below already, and nowhere for a book without risk', () => {
    const { kernel, book, account } = levered(50);
    book.setBalance(account, 'USDC', 'venue-a', 1_000);
    expect(liquidationPrice(kernel, book, account, 'BTC')).toMatchObject({ below: 1, above: 1 });
    const safe = book.addAccount('safe');
    book.setBalance(safe, 'USD', 'vault', 1_000);
    const found = liquidationPrice(kernel, book, safe, 'ETH');
    expect([found.below, found.above]).toEqual([undefined, undefined]);
  });
});

describe('risk-reducing orders', () => {
  const book = (quantity: number): World & { account: number } => {
    const world = makeWorld();
    const account = world.book.addAccount('a');
    world.book.setPosition(account, 'BTC-PERP@venue-a', quantity, 61_000);
    world.book.setBalance(account, 'USDC', 'venue-a', 30_000);
    return { ...world, account };
  };
  const order = (quantity: number, instrument = 'BTC-PERP@venue-a') => ({
    instrument,
    quantity,
    price: 60_000,
  });

  it('are those that close, and not those that open, overshoot or bring in another coin', () => {
    const { kernel, book: b, account } = book(4);
    expect(isRiskReducing(kernel, b, account, [order(-1)])).toBe(true);
    expect(isRiskReducing(kernel, b, account, [order(-4)])).toBe(true);
    expect(isRiskReducing(kernel, b, account, [order(-1, 'BTC-PERP@venue-c')])).toBe(true);
    expect(isRiskReducing(kernel, b, account, [order(1)])).toBe(false);
    expect(isRiskReducing(kernel, b, account, [order(-9)])).toBe(false);
    expect(isRiskReducing(kernel, b, account, [{ ...order(-1, 'ETH-PERP@venue-a'), price: 3_000 }])).toBe(
      false,
    );
  });

  it('do not include taking one leg off a hedge', () => {
    const { kernel, book: b, account } = book(4);
    b.setPosition(account, 'BTC-PERP@venue-b', -4, 60_000);
    expect(isRiskReducing(kernel, b, account, [order(-2)])).toBe(false);
    expect(isRiskReducing(kernel, b, account, [order(-2), order(2, 'BTC-PERP@venue-b')])).toBe(true);
  });

  it('never raise a requirement scan, and are never refused for margin, in any state', () => {
    fc.assert(
      fc.property(seeds, fc.double({ min: 0.01, max: 1, noNaN: true }), (seed, share) => {
        const world = one(seed, 3);
        const { kernel, account } = world;
        for (const b of world.book.read(account).balances)
          world.book.setBalance(account, b.asset, b.location, b.amount * 0.01);
        for (const p of world.book.read(account).positions) {
          const close = {
            instrument: p.instrument,
            quantity: -share * p.quantity,
            price: markOf(world, p.instrument),
          };
          if (!isRiskReducing(kernel, world.book, account, [close])) continue;
          const before = marginOf(kernel, world.book, account);
          const after = whatIf(kernel, world.book, account, { orders: [close] });
          const own = (r: typeof before): number =>
            r.binding.underlyings.find((u) => p.instrument.startsWith(u.underlying))?.loss ?? 0;
          expect(own(after)).toBeLessThanOrEqual(own(before) * (1 + 1e-9) + 1e-6);
          expect(judgeOrder(kernel, world.book, account, [], close).allowed).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('open orders', () => {
  it('are judged on the side that is worse, underlying by underlying', () => {
    const world = makeWorld();
    const account = world.book.addAccount('maker');
    world.book.setBalance(account, 'USDC', 'venue-a', 100_000);
    const bid = { instrument: 'BTC-PERP@venue-a', quantity: 10, price: 60_000 };
    const ask = { instrument: 'BTC-PERP@venue-a', quantity: -1, price: 60_000 };
    const sell = { instrument: 'ETH-PERP@venue-a', quantity: -20, price: 3_000 };
    const alone = marginWithOpenOrders(world.kernel, world.book, account, [bid, ask]);
    expect(alone.worst).toEqual([bid]);
    const both = marginWithOpenOrders(world.kernel, world.book, account, [bid, ask, sell]);
    expect(both.worst).toContainEqual(bid);
    expect(both.initialSlack).toBeLessThanOrEqual(alone.initialSlack);
  });

  it('refuse an order beyond the initial margin with what is missing', () => {
    const world = makeWorld();
    const account = world.book.addAccount('poor');
    world.book.setBalance(account, 'USDC', 'venue-a', 10_000);
    const order = { instrument: 'BTC-PERP@venue-a', quantity: 5, price: 60_000 };
    const verdict = judgeOrder(world.kernel, world.book, account, [], order);
    expect(verdict).toMatchObject({ allowed: false, reason: 'initial-margin' });
    expect(verdict.initialSlack).toBeLessThan(0);
    const small = { ...order, quantity: 0.1 };
    expect(judgeOrder(world.kernel, world.book, account, [], small)).toMatchObject({ reason: 'covered' });
  });
});

describe('states', () => {
  const figures = (equity: number): Float64Array => {
    const f = new Float64Array(at.FIGURE_COUNT);
    f[at.EQUITY] = equity;
    f[at.INITIAL] = 130;
    f[at.MAINTENANCE] = 100;
    return f;
  };
  const state = (equity: number): string => stateOf(severityNow(figures(equity), 0, houseParameters));

  it('follow equity through its thresholds', () => {
    expect([130, 129, 111, 109, 100, 99, 0, -1].map(state)).toEqual([
      'healthy',
      'restricted',
      'restricted',
      'call',
      'call',
      'liquidation',
      'liquidation',
      'insolvent',
    ]);
  });

  it('worsen at once and improve only past the band', () => {
    const next = (from: 0 | 1 | 2 | 3 | 4, equity: number): number =>
      nextSeverity(from, figures(equity), 0, houseParameters);
    expect(next(0, 99)).toBe(3);
    expect(next(3, 101)).toBe(3);
    expect(next(3, 102.1)).toBe(2);
    expect(next(2, 112)).toBe(2);
    expect(next(2, 112.3)).toBe(1);
    expect(next(4, 0.1)).toBe(3);
    expect(next(3, 140)).toBe(0);
    expect(next(1, 132)).toBe(1);
  });
});
