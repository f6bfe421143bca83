import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PriceBoxes } from './price-boxes.ts';
import { PriceFactors } from './price-factors.ts';
import { Sensitivity } from './sensitivity.ts';
import { makeWorld, randomFrom, roughNormal, type Random, type World } from './testing/index.ts';

const ACCOUNTS = 40;

/** Marks, lows and highs of every line, and which factor each moves with. */
const linesOf = ({ market, catalogue }: World, { factorOfAsset }: Sensitivity) => [
  ...catalogue.assets.ids.map((_, n) => ({ table: market.assets, n, factor: factorOfAsset[n]! })),
  ...catalogue.instrumentEntries.map(({ underlying }, n) => ({
    table: market.instruments,
    n,
    factor: underlying,
  })),
];

const pricesOf = (world: World, sensitivity: Sensitivity): readonly number[] =>
  linesOf(world, sensitivity).flatMap(({ table, n }) => [table.mark[n]!, table.low[n]!, table.high[n]!]);

/** Some factors a step on, each line of them a little apart; now and then a jump. */
const move = ({ market, catalogue }: World, random: Random, step: number): void => {
  const factors = catalogue.underlyings.ids.map(() => {
    if (random() < 0.3) return 1;
    return random() < 0.02 ? 0.7 + 0.6 * random() : 1 + step * roughNormal(random);
  });
  const input = (mark: number, factor: number) => {
    const next = factor === 1 ? mark : mark * factor * (1 + 0.05 * step * roughNormal(random));
    return { mark: next, low: next * 0.999, high: next * 1.001, state: 'live' as const };
  };
  catalogue.assets.ids.forEach((id, n) => {
    const underlying = catalogue.assetUnderlyings[n]!;
    if (underlying >= 0) market.setAssetPrice(id, input(market.assets.mark[n]!, factors[underlying]!));
  });
  catalogue.instrumentEntries.forEach(({ spec, underlying }, n) =>
    market.setInstrumentMark(spec.id, input(market.instruments.mark[n]!, factors[underlying]!)),
  );
};

describe('boxes of prices', () => {
  it('call everybody one of whose prices has moved further than the radius, and not many more', () => {
    const seen = { left: 0, called: 0, looked: 0 };
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(0.0001, 0.002, 0.02), (seed, step) => {
        const random = randomFrom(seed);
        const world = makeWorld();
        const sensitivity = new Sensitivity(world.model);
        sensitivity.resolve();
        const factors = new PriceFactors(world.model, sensitivity);
        factors.reset();
        factors.update();
        factors.broken.fill(0);
        const boxes = new PriceBoxes(factors);
        const lines = linesOf(world, sensitivity);
        /** What each account was promised, and the prices it was promised at. */
        const promised = new Map<number, Readonly<{ radius: number; at: readonly number[] }>>();
        const own = Array.from({ length: ACCOUNTS }, () =>
          Int32Array.from(world.catalogue.underlyings.ids.keys()).filter(() => random() < 0.4),
        );
        const place = (account: number): void => {
          const radius = 0.1 * random() ** 4;
          if (!boxes.place(account, radius)) promised.delete(account);
          else promised.set(account, { radius, at: pricesOf(world, sensitivity) });
        };
        own.forEach((list, account) => {
          boxes.enlist(account, list, list.length);
          place(account);
        });
        for (let tick = 0; tick < 50; tick++) {
          move(world, random, step);
          world.model.refresh();
          factors.update();
          const called = new Set<number>();
          boxes.look(ACCOUNTS, (account) => called.add(account));
          const now = pricesOf(world, sensitivity);
          const missed: number[] = [];
          for (const [account, { radius, at }] of promised) {
            const hasLeft = now.some(
              (price, n) =>
                Math.abs(price / at[n]! - 1) > radius * (1 + 1e-9) &&
                own[account]!.includes(lines[Math.floor(n / 3)]!.factor),
            );
            if (hasLeft && !called.has(account)) missed.push(account);
            seen.left += hasLeft ? 1 : 0;
          }
          expect(missed).toEqual([]);
          seen.called += called.size;
          seen.looked += promised.size;
          for (const account of called) place(account);
        }
      }),
      { numRuns: 12 },
    );
    expect(seen.left).toBeGreaterThan(500);
    expect(seen.called).toBeLessThan(0.5 * seen.looked);
  });

  it('calls who has a box when a conservative price comes to stand so wide that no bound holds', () => {
    const world = makeWorld();
    const { model, market } = world;
    const mark = 60_000;
    market.setAssetPrice('BTC', { mark, low: 0.502 * mark, high: mark, state: 'live' });
    model.refresh();
    const sensitivity = new Sensitivity(model);
    sensitivity.resolve();
    const factors = new PriceFactors(model, sensitivity);
    factors.reset();
    factors.update();
    factors.broken.fill(0);
    const boxes = new PriceBoxes(factors);
    boxes.enlist(0, Int32Array.of(sensitivity.factorOfAsset[world.catalogue.assets.indexOf('BTC')]!), 1);
    expect(boxes.place(0, 0.1)).toBe(true);
    // Each price moves by less than the radius.
    market.setAssetPrice('BTC', { mark, low: 0.498 * mark, high: mark, state: 'live' });
    model.refresh();
    factors.update();
    const called: number[] = [];
    boxes.look(1, (account) => called.push(account));
    expect(called).toEqual([0]);
    expect(boxes.place(0, 0.1)).toBe(false);
  });
});
