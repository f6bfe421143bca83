import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DistanceIndex } from './distance-index.ts';
import { nextSeverity, type Severity } from './state.ts';
import {
  addRandomAccount,
  makeRandomBook,
  pick,
  randomFrom,
  roughNormal,
  type World,
} from './testing/index.ts';

const COINS = ['BTC', 'ETH', 'SOL', 'XRP', 'AVAX', 'DOGE'] as const;
const VENUES = ['venue-a', 'venue-b', 'venue-c', 'venue-d'] as const;

/**
 * All marks of one coin one step on: together, each venue a little apart, now and then with a wide
 * conservative price.
 */
const moveCoin = (world: World, random: () => number, coin: string, step: number, jump = 1): void => {
  const { market, catalogue } = world;
  const common = jump * (1 + step * roughNormal(random));
  const input = (mark: number): { mark: number; low: number; high: number; state: 'live' } => {
    const band = random() < 0.01 ? 0.01 * random() : 0.001;
    return { mark, low: mark * (1 - band), high: mark * (1 + band), state: 'live' };
  };
  market.setAssetPrice(coin, input(market.assets.mark[catalogue.assets.indexOf(coin)]! * common));
  for (const venue of VENUES)
    for (const kind of ['PERP', 'INV']) {
      const id = `${coin}-${kind}@${venue}`;
      const mark = market.instruments.mark[catalogue.instruments.indexOf(id)]!;
      market.setInstrumentMark(id, input(mark * common * (1 + 0.1 * step * roughNormal(random))));
    }
};

const moveStable = (world: World, random: () => number): void => {
  const mark = 1 - 0.15 * random() * random();
  world.market.setAssetPrice('USDC', { mark, low: mark * 0.999, high: mark * 1.001, state: 'live' });
};

/** One change of content or market, of any kind. */
const disturb = (world: World, index: DistanceIndex, random: () => number): void => {
  const { book, market } = world;
  const account = Math.floor(random() * book.size);
  const roll = random();
  if (roll < 0.1) market.setVolatility(pick(random, COINS), 0.3 + 2 * random());
  else if (roll < 0.2) moveStable(world, random);
  else if (roll < 0.3)
    market.setAssetPrice('FUND', { mark: 5 + 10 * random(), low: 4, high: 16, state: 'live' });
  else if (roll < 0.35)
    for (const coin of COINS) moveCoin(world, () => 0.5, coin, 0, random() < 0.5 ? 0.82 : 1.2);
  else if (roll < 0.4) {
    const { ids } = world.catalogue.instruments;
    const size = (random() - 0.5) * 2 ** (20 * random());
    book.setPosition(account, pick(random, ids), random() < 0.3 ? 0 : size / 1_000, 100);
    index.invalidate(account);
  } else if (roll < 0.5) {
    book.setBalance(account, 'USDC', pick(random, VENUES), 50_000 * (random() - 0.4));
    index.invalidate(account);
  } else if (roll < 0.6) {
    book.setDebt(account, 'USDC', 100_000 * random());
    index.invalidate(account);
  } else if (roll < 0.65) addRandomAccount(world, random, `new-${book.size}`, 5);
  else for (const coin of COINS) if (random() < 0.5) moveCoin(world, random, coin, 0.002);
};

/** The same states by valuing everybody every time. */
const valueAll = (world: World, severities: Map<number, Severity>): void => {
  world.model.refresh();
  for (let account = 0; account < world.book.size; account++) {
    const figures = world.kernel.value(world.book, account);
    const next = nextSeverity(severities.get(account) ?? 0, figures, 0, world.model.parameters);
    severities.set(account, next);
  }
};

/** Takes collateral away until accounts stand at all distances from their thresholds. */
const thin = (world: World, random: () => number): void => {
  for (let account = 0; account < world.book.size; account++) {
    const { balances } = world.book.read(account);
    const kept = 0.02 + 0.5 * random();
    for (const b of balances) world.book.setBalance(account, b.asset, b.location, b.amount * kept);
  }
};

describe('the distance index', () => {
  it('never misses a change of state that full revaluation finds', () => {
    let changes = 0;
    let valued = 0;
    let asked = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.constantFrom(0.0003, 0.003, 0.03), (seed, step) => {
        const world = makeRandomBook(seed, 30, 5);
        const random = randomFrom(seed);
        thin(world, random);
        const index = new DistanceIndex(world.kernel, world.book);
        const expected = new Map<number, Severity>();
        for (let tick = 0; tick < 50; tick++) {
          valued += index.update((_, from, to) => {
            expect(to).not.toBe(from);
            changes++;
          });
          asked += world.book.size;
          valueAll(world, expected);
          for (const [account, severity] of expected) expect(index.severities[account]).toBe(severity);
          if (random() < 0.2) disturb(world, index, random);
          for (const coin of COINS) if (random() < 0.7) moveCoin(world, random, coin, step);
        }
      }),
      { numRuns: 10 },
    );
    // The walks must have had something to miss, and the index must have saved something.
    expect(changes).toBeGreaterThan(200);
    expect(valued).toBeLessThan(0.95 * asked);
  });

  it('values few accounts on a usual tick, and nobody when nothing moved', () => {
    const world = makeRandomBook(5, 500, 8);
    const index = new DistanceIndex(world.kernel, world.book);
    expect(index.update(() => undefined)).toBe(500);
    expect(index.update(() => undefined)).toBe(0);
    const random = randomFrom(3);
    let valued = 0;
    for (let tick = 0; tick < 20; tick++) {
      for (const coin of COINS) moveCoin(world, () => 0.5 + 0.1 * random(), coin, 0.0001);
      valued += index.update(() => undefined);
    }
    expect(valued).toBeLessThan(0.05 * 20 * 500);
  });

  it('values an account whose content changed, and keeps a remembered state until its band is left', () => {
    const world = makeRandomBook(9, 10, 4);
    const index = new DistanceIndex(world.kernel, world.book);
    index.remember(3, 4);
    const seen: number[] = [];
    index.update((account, from, to) => seen.push(account, from, to));
    expect(seen).toContain(3);
    expect(index.severities[3]).toBe(0);
    index.invalidate(7);
    expect(index.update(() => undefined)).toBe(1);
  });

  it('follows the prices of what an account has only just taken up', () => {
    const world = makeRandomBook(2, 1, 1);
    const { book, market, kernel } = world;
    const account = book.addAccount('new to BTC');
    book.setBalance(account, 'USD', 'venue-d', 7_000);
    const index = new DistanceIndex(kernel, book);
    index.update(() => undefined);
    expect(index.severities[account]).toBe(0);
    book.setPosition(account, 'BTC-PERP@venue-d', 1, 60_000);
    index.invalidate(account);
    index.update(() => undefined);
    const now = index.severities[account];
    market.setInstrumentMark('BTC-PERP@venue-d', { mark: 54_000, low: 54_000, high: 54_000, state: 'live' });
    index.update(() => undefined);
    expect(now).toBeLessThan(3);
    expect(index.severities[account]).toBeGreaterThan(2);
  });
});
