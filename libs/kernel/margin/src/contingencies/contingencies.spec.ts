import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { houseParameters } from '../house-parameters.ts';
import { marginOf } from '../margin.ts';
import { riskParameters, type RiskParameters } from '../parameters.ts';
import { addRandomAccount, makeWorld, randomFrom, type World } from '../testing/index.ts';

const flat = (mark: number): { mark: number; low: number; high: number; state: 'live' } => ({
  mark,
  low: mark,
  high: mark,
  state: 'live',
});

/** Long at one venue, short as much at another, with money on both sides: solvent whatever the coin does. */
const hedged = (
  parameters: RiskParameters = houseParameters,
  withOptions = false,
): World & { account: number } => {
  const world = makeWorld(parameters, withOptions);
  for (const venue of ['venue-a', 'venue-b'])
    world.market.setInstrumentMark(`BTC-PERP@${venue}`, flat(60_000));
  const account = world.book.addAccount('hedged');
  world.book.setPosition(account, 'BTC-PERP@venue-a', 10, 60_000);
  world.book.setPosition(account, 'BTC-PERP@venue-b', -10, 60_000);
  for (const venue of ['venue-a', 'venue-b']) world.book.setBalance(account, 'USDC', venue, 60_000);
  return { ...world, account };
};

const coverageOf = (parameters: RiskParameters): number => {
  const { kernel, book, account } = hedged(parameters);
  return marginOf(kernel, book, account).figures.coverage;
};

const withTransfers = (transferHours: number, requirementFraction = 0.05): RiskParameters =>
  riskParameters({
    ...houseParameters,
    otherVenues: { ...houseParameters.otherVenues, transferHours, requirementFraction },
  });

describe('liquidity coverage', () => {
  it.each([
    { market: 'options are listed', withOptions: true },
    { market: 'none are listed', withOptions: false },
  ])('asks cash of a hedge across two venues and names the venue that halts, where $market', (given) => {
    const { kernel, book, account } = hedged(houseParameters, given.withOptions);
    const report = marginOf(kernel, book, account);
    // USDC −12 %: the price in USDC jumps, the short loses 72,000, its 60,000 USDC are worth 52,800, 30,000
    // are asked.
    expect(kernel.model.scenarios[report.binding.coverage!.scenario]!.depeg).toBe(0);
    expect(report.figures.coverage).toBeCloseTo(30_000 + 72_000 - 52_800, 6);
    expect(report.binding.coverage!.haltedVenue).toBe('venue-a');
  });

  it('is 0 for any book on one venue, however it stands', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (seed) => {
        const world = makeWorld();
        const account = addRandomAccount(world, randomFrom(seed), 'a', 6);
        const content = world.book.read(account);
        const here = (id: string): boolean => id.endsWith('@venue-b');
        const one = world.book.addAccount('one');
        world.book.load(one, {
          positions: content.positions.filter((p) => here(p.instrument)),
          balances: content.balances
            .slice(0, 1)
            .map((b) => ({ ...b, location: 'venue-b', amount: b.amount / 50 })),
          debts: content.debts,
        });
        const { figures } = marginOf(world.kernel, world.book, one);
        expect(figures.coverage).toBe(0);
        expect(figures.initialCoverage).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('never falls when transfers take longer', () => {
    const hours = fc.double({ min: 0, max: 10, noNaN: true });
    const asked = fc.double({ min: 0, max: 0.1, noNaN: true });
    fc.assert(
      fc.property(hours, hours, asked, (h, more, f) => {
        const base = coverageOf(withTransfers(h, f));
        expect(coverageOf(withTransfers(h + more, f))).toBeGreaterThanOrEqual(base - 1e-6);
      }),
      { numRuns: 100 },
    );
  });

  it('never falls when the haircut on collateral at a venue in need rises', () => {
    const coverage = (min: number): number => {
      const others = { ...houseParameters.haircuts, otherAssets: { min, max: 0.6, dailyVolumeUsd: 1e12 } };
      const { kernel, book, account } = hedged(riskParameters({ ...houseParameters, haircuts: others }));
      book.setBalance(account, 'USDC', 'venue-b', 30_000);
      book.setBalance(account, 'FUND', 'venue-b', 3_000);
      return marginOf(kernel, book, account).figures.coverage;
    };
    const charges = [0.1, 0.2, 0.3, 0.5].map(coverage);
    charges.forEach((charge, n) => expect(charge).toBeGreaterThan(n === 0 ? 0 : charges[n - 1]!));
  });

  it('is covered by custody that arrives in time', () => {
    const { kernel, book, account } = hedged();
    book.setBalance(account, 'USD', 'vault', 60_000);
    expect(marginOf(kernel, book, account).figures.coverage).toBe(0);
  });
});

describe('concentration', () => {
  const costOf = (quantity: number, world = makeWorld()): number => {
    world.market.setInstrumentMark('SOL-PERP@venue-d', flat(100));
    world.market.setUnwindCurve('instrument', 'SOL-PERP@venue-d', 'sell', {
      quantities: [0, 100, 300],
      marginalCosts: [0, 0.01, 0.05],
    });
    const account = world.book.addAccount(`q${quantity}`);
    world.book.setPosition(account, 'SOL-PERP@venue-d', quantity, 100);
    return marginOf(world.kernel, world.book, account).figures.concentration;
  };

  it('integrates the books: triangles, trapezia, and the cap beyond the last knot', () => {
    expect(costOf(50)).toBeCloseTo(100 * 0.5 * 50 * 0.005, 9);
    expect(costOf(200)).toBeCloseTo(100 * (0.5 * 100 * 0.01 + 100 * (0.01 + 0.03) * 0.5), 9);
    expect(costOf(400)).toBeCloseTo(100 * (0.5 + 200 * 0.03 + 100 * 0.15), 9);
  });

  it('uses the impact law on the side that has no curve, and never exceeds the cap', () => {
    expect(costOf(-50)).toBeCloseTo((0.1225 / Math.sqrt(0.2e9)) * 5_000 ** 1.5, 9);
    expect(costOf(-1e9)).toBe(0.15 * 1e11);
  });

  it('jumps where two knots have one quantity, and costs the cap where a book takes nothing', () => {
    const world = makeWorld();
    world.market.setInstrumentMark('SOL-PERP@venue-d', flat(100));
    const costThrough = (quantities: number[], marginalCosts: number[], quantity: number): number => {
      world.market.setUnwindCurve('instrument', 'SOL-PERP@venue-d', 'sell', { quantities, marginalCosts });
      const account = world.book.accounts.find('jump') ?? world.book.addAccount('jump');
      world.book.setPosition(account, 'SOL-PERP@venue-d', quantity, 100);
      return marginOf(world.kernel, world.book, account).figures.concentration;
    };
    const steps = [
      [0, 10, 10, 30],
      [0.001, 0.001, 0.02, 0.02],
    ] as [number[], number[]];
    expect(costThrough(...steps, 10)).toBeCloseTo(100 * 10 * 0.001, 9);
    expect(costThrough(...steps, 25)).toBeCloseTo(100 * (10 * 0.001 + 15 * 0.02), 9);
    expect(costThrough([0, 0], [0, 0], 25)).toBeCloseTo(100 * 25 * 0.15, 9);
  });

  it('refuses a curve that falls, and one that does not start at 0', () => {
    const { market } = makeWorld();
    const set = (quantities: number[], marginalCosts: number[]) => (): void =>
      market.setUnwindCurve('asset', 'BTC', 'sell', { quantities, marginalCosts });
    expect(set([0, 1], [0.02, 0.01])).toThrow(/marginalCosts\[1\].*never falls/);
    expect(set([1, 2], [0, 0])).toThrow(/quantities\[0\].*Expected 0/);
    expect(set([0, 2, 1], [0, 0, 0])).toThrow(/quantities\[2\].*at least 2/);
    expect(set([0], [0])).toThrow(/2 to 64 knots/);
  });
});

describe('basis and venue credit', () => {
  it('moves every line by half of the rate: a full hedge pays the rate of what it hedges', () => {
    const { kernel, book, account } = hedged();
    const { figures } = marginOf(kernel, book, account);
    expect(figures.basis).toBeCloseTo(0.0375 * 600_000, 6);
    expect(figures.initialBasis).toBeCloseTo(1.25 * 0.0375 * 600_000, 6);
  });

  it('competes with the scenarios: half a hedge pays what they do not, a single line nothing', () => {
    const { kernel, book, account } = hedged();
    book.setPosition(account, 'BTC-PERP@venue-b', -8, 60_000);
    const { figures } = marginOf(kernel, book, account);
    const own = figures.scanOwn * houseParameters.blend.own;
    const apart = (0.0375 / 2) * (600_000 + 480_000);
    expect(figures.basis).toBeGreaterThan(apart - own - 1e-6);
    expect(figures.basis).toBeLessThan(apart);
    book.setPosition(account, 'BTC-PERP@venue-b', 0, 60_000);
    expect(marginOf(kernel, book, account).figures.basis).toBe(0);
  });

  it('charges PD × LGD of what is left at a venue, and nothing for custody', () => {
    const world = makeWorld();
    const account = world.book.addAccount('a');
    world.book.setBalance(account, 'USD', 'venue-a', 1_000_000);
    world.book.setBalance(account, 'USD', 'vault', 5_000_000);
    expect(marginOf(world.kernel, world.book, account).figures.venueCredit).toBeCloseTo(300, 9);
  });
});
