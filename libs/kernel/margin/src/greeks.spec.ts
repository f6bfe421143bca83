import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { greeksOf } from './greeks.ts';
import { houseParameters } from './house-parameters.ts';
import { marginOf, type MarginReport } from './margin.ts';
import { addRandomAccount, makeWorld, NOW_MS, randomFrom, type World } from './testing/index.ts';
import { whatIf, type Hypothetical } from './what-if.ts';

const one = (seed: number): World & { account: number } => {
  const world = makeWorld(houseParameters, true);
  return { ...world, account: addRandomAccount(world, randomFrom(seed), 'a', 10) };
};
const worth = ({ figures }: MarginReport): number => figures.assets + figures.unrealised;

/** What the account is worth after a change. */
const moved = ({ kernel, book, account }: World & { account: number }, change: Hypothetical): number =>
  worth(whatIf(kernel, book, account, change));

const sum = (
  world: World & { account: number },
  figure: 'value' | 'delta' | 'gamma' | 'vega' | 'theta',
  of = '',
) =>
  greeksOf(world.model, world.book, world.account)
    .filter(({ underlying }) => of === '' || underlying === of)
    .reduce((total, row) => total + row[figure], 0);

describe('Greeks of an account', () => {
  it('are the slopes of full revaluation, for coins and for what they are paid in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.constantFrom('BTC', 'ETH', 'USDC', 'USDT', 'SOL'),
        (seed, underlying) => {
          const world = one(seed);
          const now = worth(marginOf(world.kernel, world.book, world.account));
          const step = 1e-5;
          const at = (fraction: number): number => moved(world, { priceMoves: [{ underlying, fraction }] });
          const [up, down] = [at(step), at(-step)];
          const size =
            marginOf(world.kernel, world.book, world.account).figures.grossNotional + Math.abs(now);
          const delta = (up - down) / (2 * step);
          expect(Math.abs(delta - sum(world, 'delta', underlying))).toBeLessThan(1e-3 * size);
          expect(sum(world, 'value')).toBeCloseTo(now, 5);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('of one option are its gamma, vega and theta in dollars, linear and inverse', () => {
    for (const id of ['BTC-C60-30@venue-a', 'BTC-P60-30@venue-c']) {
      const world = { ...makeWorld(houseParameters, true), account: 0 };
      world.book.addAccount('a');
      world.book.setPosition(0, id, -2, 1);
      const move = (change: Hypothetical): number => moved(world, change);
      const now = move({});
      const at = (fraction: number): number => move({ priceMoves: [{ underlying: 'BTC', fraction }] });
      const step = 1e-3;
      // d²V/dx² for a relative move x; gamma is the change of delta for a move of 1 %.
      const second = (at(step) - 2 * now + at(-step)) / (step * step);
      expect(sum(world, 'gamma') / (0.01 * second)).toBeCloseTo(1, 2);
      const volatility = world.market.optionTermsOf(world.catalogue.instruments.indexOf(id))!.volatility;
      const fraction = 0.01 / volatility;
      const vega = move({ impliedMoves: [{ underlying: 'BTC', fraction }] }) - now;
      expect(sum(world, 'vega') / vega).toBeCloseTo(1, 2);
      const theta = 24 * (move({ atMs: NOW_MS + 3_600_000 }) - now);
      expect(sum(world, 'theta') / theta).toBeCloseTo(1, 2);
    }
  });
});
