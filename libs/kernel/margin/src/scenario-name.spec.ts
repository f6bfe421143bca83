import { describe, expect, it } from '@jest/globals';
import { houseParameters } from './house-parameters.ts';
import { marginOf } from './margin.ts';
import { moveText } from './percent.ts';
import { makeWorld } from './testing/index.ts';

const nameOf = (...held: readonly (readonly [instrument: string, quantity: number])[]): string => {
  const world = makeWorld(houseParameters, true);
  const account = world.book.addAccount('a');
  world.book.setBalance(account, 'USD', 'venue-a', 1_000_000);
  for (const [instrument, quantity] of held) world.book.setPosition(account, instrument, quantity, 1);
  return marginOf(world.kernel, world.book, account).binding.name;
};

describe('the name of the binding scenario', () => {
  it('tells how far each price moves, the largest loss first, and no volatility without options', () => {
    const name = nameOf(['ETH-PERP@venue-a', -1], ['BTC-PERP@venue-a', 3]);
    expect(name).toMatch(/^BTC −\d+(\.\d+)? %, (USD[CT]|ETH) −\d/);
    expect(name).not.toContain('vol');
  });

  it('tells the volatility to who holds options', () => {
    expect(nameOf(['BTC-C60-30@venue-c', -10])).toMatch(/^BTC \+\d+(\.\d+)? %.*, vol \+40 %$/);
  });

  it('says that nothing loses where nothing does', () => {
    expect(nameOf()).toBe('no scenario loses');
  });

  it('shows percents with their sign', () => {
    expect(moveText('BTC', -0.15, 0.3)).toBe('BTC −15 %, vol +30 %');
    expect(moveText('BTC', 0, -0.00004)).toBe('BTC ±0 %, vol ±0 %');
  });
});
