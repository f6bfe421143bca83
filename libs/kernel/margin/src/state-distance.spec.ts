import { describe, expect, it } from '@jest/globals';
import { houseParameters } from './house-parameters.ts';
import { liquidationPrice } from './liquidation-price.ts';
import { stateDistances } from './state-distance.ts';
import { makeWorld, type World } from './testing/index.ts';

const holding = (id: string, quantity: number, usd: number): World & { account: number } => {
  const world = makeWorld(houseParameters, true);
  const account = world.book.addAccount('a');
  world.book.setPosition(account, id, quantity, 60_000);
  world.book.setBalance(account, 'USD', 'venue-a', usd);
  return { ...world, account };
};

describe('the distance to a state', () => {
  it('to liquidation is the liquidation price, and worse states are further away', () => {
    const { kernel, book, account } = holding('BTC-PERP@venue-a', 5, 60_000);
    const rows = stateDistances(kernel, book, account).filter(({ underlying }) => underlying === 'BTC');
    expect(rows.map(({ state }) => state)).toEqual(['restricted', 'call', 'liquidation', 'insolvent']);
    const found = liquidationPrice(kernel, book, account, 'BTC');
    expect(rows[2]!.below).toBeCloseTo(found.below!, 7);
    expect(rows[2]!.above).toBe(found.above);
    const below = rows.map((row) => row.below!);
    expect([...below].sort((a, b) => b - a)).toEqual(below);
  });

  it('is nothing where the state is reached, and absent where none is in reach', () => {
    const broke = holding('BTC-PERP@venue-a', 5, 20_000);
    const [first] = stateDistances(broke.kernel, broke.book, broke.account);
    expect(first).toMatchObject({ underlying: 'BTC', state: 'restricted', below: 1, above: 1 });
    const rich = holding('BTC-PERP@venue-a', 0.01, 1_000_000);
    for (const { below, above } of stateDistances(rich.kernel, rich.book, rich.account))
      expect([below, above]).toEqual([undefined, undefined]);
  });

  it('runs along volatility too where options are held', () => {
    const { kernel, book, account } = holding('BTC-C60-30@venue-a', -4, 60_000);
    const rows = stateDistances(kernel, book, account).filter(({ factor }) => factor === 'volatility');
    expect(rows.map(({ underlying }) => underlying)).toEqual(['BTC', 'BTC', 'BTC', 'BTC']);
    const liquidated = rows[2]!;
    expect(liquidated.above).toBeGreaterThan(1);
    expect(liquidated.below).toBeUndefined();
  });
});
