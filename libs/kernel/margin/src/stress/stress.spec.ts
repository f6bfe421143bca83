import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Book } from '../book.ts';
import * as at from '../figures.ts';
import { addRandomAccount, makeRandomBook, makeWorld, randomFrom, type World } from '../testing/index.ts';
import { aside } from '../what-if.ts';
import { contagion } from './contagion.ts';
import { loadWithoutVenues } from './failed-venues.ts';
import { STRESS_SCENARIOS } from './house-scenarios.ts';
import { reverseStress, reverseStressHouse, type ReverseStress } from './reverse-stress.ts';
import { runStress, stressedHouse } from './run-stress.ts';
import { scenarioProblems, type StressScenario } from './scenario.ts';

const seeds = fc.integer({ min: 1, max: 1_000_000_000 });
const quiet: StressScenario = {
  ...{ id: 'x', source: '', moves: [], otherMove: 0, volatilityMove: 0, failedVenues: [] },
};
const together = (a: string, b: string): number => (a.startsWith('USD') || b.startsWith('USD') ? 0 : 0.7);

const one = (seed: number): World & { account: number } => {
  const world = makeWorld();
  return { ...world, account: addRandomAccount(world, randomFrom(seed), 'a', 4) };
};

describe('stress', () => {
  it('of nothing is the present, bit for bit, and leaves the market as it was', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { kernel, book, account } = one(seed);
        const before = kernel.value(book, account).slice();
        const [run] = runStress(kernel, book, [account], [quiet]);
        expect(run!.accounts[0]).toMatchObject({ profit: 0, equity: before[at.EQUITY] });
        runStress(kernel, book, [account], [{ ...quiet, otherMove: -0.4, volatilityMove: 1 }]);
        expect(kernel.value(book, account)).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });

  it('moves every coin as said, stablecoins by their own name only, as what-if does', () => {
    const { kernel, book, account, catalogue } = one(7);
    const scenario = { ...quiet, moves: [{ underlying: 'BTC', fraction: -0.3 }], otherMove: -0.5 };
    const [run] = runStress(kernel, book, [account], [scenario]);
    const priceMoves = catalogue.underlyings.ids.map((underlying) => ({
      underlying,
      fraction: underlying === 'BTC' ? -0.3 : underlying.startsWith('USD') ? 0 : -0.5,
    }));
    const moved = aside(kernel, book, account, { priceMoves });
    const { equity } = run!.accounts[0]!;
    expect(equity).toBeCloseTo(moved.kernel.value(moved.book, moved.account)[at.EQUITY]!, 6);
  });

  it('of one scenario does not depend on those before it', () => {
    const { kernel, book, account } = one(5);
    const fall = { ...quiet, otherMove: -0.2, volatilityMove: 0.5 };
    const [first, , again] = runStress(kernel, book, [account], [fall, { ...quiet, otherMove: 0.4 }, fall]);
    expect(again).toEqual(first);
    expect(first!.accounts[0]!.profit).not.toBe(0);
  });

  it('asks for more when volatilities rise', () => {
    const { kernel, book, account } = one(11);
    const [calm, wild] = runStress(
      kernel,
      book,
      [account],
      [quiet, { ...quiet, id: 'v', volatilityMove: 2 }],
    );
    expect(wild!.accounts[0]!.maintenanceMargin).toBeGreaterThan(calm!.accounts[0]!.maintenanceMargin);
  });

  it('comes with a set that keeps its bounds, every one of its own name', () => {
    expect(scenarioProblems(STRESS_SCENARIOS)).toEqual([]);
    expect(scenarioProblems([{ ...quiet, otherMove: -1 }, quiet]).map(({ field }) => field)).toEqual([
      'scenarios[0].otherMove',
      'scenarios[1].id',
    ]);
  });

  it('takes from the fund what accounts cannot pay, at most what it has', () => {
    const accounts = [
      { equity: -30, profit: -50, state: 'insolvent' },
      { equity: 10, profit: -5, state: 'healthy' },
    ] as const;
    expect(stressedHouse(accounts, 20)).toMatchObject({ shortfall: 30, fundUsed: 20, uncovered: 10 });
    expect(stressedHouse(accounts, 50)).toMatchObject({
      fundUsed: 30,
      uncovered: 0,
      states: [1, 0, 0, 0, 1],
    });
  });
});

describe('a venue that fails', () => {
  it('leaves nothing of what stood there, but what was owed there by losses', () => {
    const { model, book, catalogue } = makeWorld();
    const account = book.addAccount('a');
    book.setBalance(account, 'USDC', 'venue-a', 1_000);
    book.setPosition(account, 'BTC-PERP@venue-a', 1, 65_000);
    book.setBalance(account, 'USDC', 'venue-b', 700);
    const left = new Book(catalogue);
    const place = left.addAccount('a');
    const failed = new Set([catalogue.locations.indexOf('venue-a')]);
    model.refresh();
    loadWithoutVenues(model, book, account, failed, left, place);
    expect(left.read(place)).toEqual({
      positions: [],
      balances: [{ asset: 'USDC', location: 'venue-b', amount: 700 }],
      // 1,000 there less a loss of 65,000 − 60,000.
      debts: [{ asset: 'USD', amount: 4_000 }],
    });
  });
});

/** Equity (less the maintenance margin) after a shock, by what-if. */
const slackAfter = (
  { kernel, book, account }: World & { account: number },
  { shock }: Pick<ReverseStress, 'shock'>,
  target: 'maintenance' | 'zero',
  share = 1,
): number => {
  const priceMoves = shock.map(({ underlying, fraction }) => ({
    underlying,
    fraction: Math.exp(share * Math.log(1 + fraction)) - 1,
  }));
  const moved = aside(kernel, book, account, { priceMoves });
  const figures = moved.kernel.value(moved.book, moved.account);
  return figures[at.EQUITY]! - (target === 'maintenance' ? figures[at.MAINTENANCE]! : 0);
};

describe('reverse stress', () => {
  it('ends where the target is met, and a little less does not meet it', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.constantFrom('maintenance', 'zero'),
        fc.constantFrom('mahalanobis', 'sup'),
        (seed, target, norm) => {
          const world = one(seed);
          const found = reverseStress(world.kernel, world.book, world.account, together, target, norm);
          if (found.size === undefined || found.size === 0) return;
          expect(found.smallerFound).toBe(0);
          const scale = world.kernel.value(world.book, world.account)[at.GROSS_NOTIONAL]!;
          expect(Math.abs(slackAfter(world, found, target))).toBeLessThan(1e-4 * scale);
          expect(slackAfter(world, found, target, 0.98)).toBeGreaterThan(0);
        },
      ),
      { numRuns: 3 },
    );
  });

  it('is the distance to the liquidation price for a book of one coin', () => {
    const world = makeWorld();
    const account = world.book.addAccount('a');
    world.book.setPosition(account, 'BTC-PERP@venue-d', 1, 60_000);
    world.book.setBalance(account, 'USD', 'venue-d', 12_000);
    const { shock, horizonHours, size } = reverseStress(
      ...([world.kernel, world.book, account, together, 'zero', 'mahalanobis'] as const),
    );
    const btc = shock.find(({ underlying }) => underlying === 'BTC')!;
    const log = Math.abs(Math.log(1 + btc.fraction));
    const deviation = 0.6 * Math.sqrt(horizonHours / 8_760);
    expect(size! / (log / deviation)).toBeCloseTo(1, 2);
  });

  it('by the largest move is that of all coins against the book at once', () => {
    const world = makeWorld();
    const account = world.book.addAccount('a');
    world.book.setPosition(account, 'BTC-PERP@venue-d', 1, 60_000);
    world.book.setPosition(account, 'ETH-PERP@venue-d', -20, 3_000);
    world.book.setBalance(account, 'USD', 'venue-d', 12_000);
    const found = reverseStress(world.kernel, world.book, account, together, 'zero', 'sup');
    const { kernel, catalogue } = world;
    const x = (id: string): number => kernel.model.shockSizes[catalogue.underlyings.indexOf(id)]!;
    const { notional } = kernel.model.instruments;
    const worth = (id: string): number => notional[catalogue.instruments.indexOf(id)]!;
    const equity = kernel.value(world.book, account)[at.EQUITY]!;
    const loss = worth('BTC-PERP@venue-d') * x('BTC') + 20 * worth('ETH-PERP@venue-d') * x('ETH');
    // USDC is what the linear contracts are paid in: a part of a percent.
    expect(found.size! / (equity / loss)).toBeCloseTo(1, 1);
    expect(found.shock.find(({ underlying }) => underlying === 'BTC')!.fraction).toBeLessThan(0);
    expect(found.shock.find(({ underlying }) => underlying === 'ETH')!.fraction).toBeGreaterThan(0);
  });

  it('of the house waits until accounts owe more than the fund', () => {
    const world = makeRandomBook(3, 12, 4);
    const [poor, rich] = [1e3, 1e6].map((fund) =>
      reverseStressHouse(world.kernel, world.book, together, fund, 'mahalanobis'),
    );
    expect(poor!.size).toBeGreaterThan(0);
    expect(rich!.size).toBeGreaterThan(poor!.size!);
    expect(poor!.smallerFound).toBe(0);
  });
});

describe('contagion', () => {
  it('only grows with the share of the cost that stays, and ends', () => {
    const world = makeRandomBook(9, 60, 6);
    const fall = { ...quiet, otherMove: -0.28, failedVenues: ['venue-a'] };
    const of = (permanence: number) =>
      contagion(world.kernel, world.book, fall, 1e5, { permanence, roundsMax: 100 });
    const [none, half, all] = [of(0), of(0.5), of(1)];
    const fallen = ({ rounds }: typeof none): Set<number> =>
      new Set(rounds.flatMap((round) => round.fallen.map(({ account }) => account)));
    expect(none.isSettled && half.isSettled && all.isSettled).toBe(true);
    expect(fallen(none).size).toBeGreaterThan(0);
    expect(none.rounds.slice(1).every((round) => round.fallen.length === 0)).toBe(true);
    expect(fallen(half).size).toBeGreaterThanOrEqual(fallen(none).size);
    for (const account of fallen(none)) expect(fallen(all).has(account)).toBe(true);
    expect(all.house.shortfall).toBeGreaterThanOrEqual(none.house.shortfall);
    // What is sold falls, by the share of its cost that stays; what is bought rises.
    const [first, halved] = [all.rounds[0]!.pressure, half.rounds[0]!.pressure];
    expect(first.length).toBeGreaterThan(0);
    first.forEach(({ sold, fraction }, n) => {
      expect(Math.sign(fraction)).toBe(-Math.sign(sold));
      expect(fraction).toBeCloseTo(2 * halved[n]!.fraction, 12);
    });
    expect(all.accounts.filter(({ round }) => round === 1)).not.toEqual([]);
  });
});
