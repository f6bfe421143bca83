import { describe, expect, it } from '@jest/globals';
import { FIGURE_COUNT } from './figures.ts';
import { houseParameters } from './house-parameters.ts';
import { marginAll, marginOf } from './margin.ts';
import { makeRandomBook, makeWorld } from './testing/index.ts';

const majors = houseParameters.underlyings.find(({ underlying }) => underlying === 'BTC')!;
/** Volatility 0.6 over 4 h, in steps of the grid. */
const X_BTC = 0.0025 * Math.ceil((majors.volMultiplier * 0.6 * Math.sqrt(4 / 8_760)) / 0.0025);

describe('margin of one account, by hand', () => {
  it('charges a long perpetual its shock, the unwinding cost and nothing else', () => {
    const world = makeWorld();
    const account = world.book.addAccount('long');
    world.book.setBalance(account, 'USD', 'venue-d', 100_000);
    world.market.setInstrumentMark('BTC-PERP@venue-d', {
      mark: 60_000,
      low: 60_000,
      high: 60_000,
      state: 'live',
    });
    world.book.setPosition(account, 'BTC-PERP@venue-d', 2, 59_000);
    const { figures, state } = marginOf(world.kernel, world.book, account);
    expect(figures.unrealised).toBe(2_000);
    expect(figures.equity).toBeCloseTo(102_000, 9);
    // The profit is paid in USDC: in the column of −x that has fallen by its own x = 0.025, and the 2,000
    // USDC of profit lose 12 % in the de-peg.
    expect(figures.scanOwn).toBeCloseTo(120_000 * X_BTC * (1 - 0.025) + 2_000 * 0.12, 6);
    expect(state).toBe('healthy');
  });

  it('nets a coin against an inverse contract settled in it', () => {
    const world = makeWorld();
    const account = world.book.addAccount('cash-and-carry');
    world.market.setInstrumentMark('BTC-INV@venue-a', {
      mark: 60_000,
      low: 60_000,
      high: 60_000,
      state: 'live',
    });
    world.book.setBalance(account, 'BTC', 'venue-a', 10);
    world.book.setPosition(account, 'BTC-INV@venue-a', -6_000, 60_000);
    const { figures } = marginOf(world.kernel, world.book, account);
    expect(figures.scan).toBeCloseTo(0, 6);
    // The coin is worth its index: the contract alone moves against it.
    expect(figures.basis).toBeCloseTo(0.5 * majors.basisRate * 600_000, 6);
    expect(figures.coverage).toBe(0);
  });
});

describe('a batch', () => {
  it('gives every account the figures it has alone, bit for bit', () => {
    const world = makeRandomBook(7, 50);
    const all = new Float64Array(50 * FIGURE_COUNT);
    marginAll(world.kernel, world.book, all);
    for (let account = 49; account >= 0; account--) {
      const { figures } = marginOf(world.kernel, world.book, account);
      expect(Object.values(figures)).toEqual([
        ...all.subarray(account * FIGURE_COUNT, (account + 1) * FIGURE_COUNT),
      ]);
    }
  });
});
