import { describe, expect, it } from '@jest/globals';
import type { Consensus, Standing } from './consensus.ts';
import { allowedMove, holdBack, limitSpeed } from './speed-limit.ts';

const centre = (standing: Standing, ...prices: readonly number[]): Consensus => ({
  price: BigInt(prices[prices.length >> 1] ?? 0),
  confidence: 5n,
  standing,
  votes: prices.map((price, n) => ({ group: `g${n}`, price: BigInt(price), confidence: 5n, quotes: 1 })),
  outliers: [],
});

describe('limitSpeed', () => {
  const before = { price: 1_000n, confirming: '' } as const;

  it('allows so much per second, rounded down', () => {
    expect(allowedMove(1_000n, 10_000, 1_000)).toBe(10n);
    expect(allowedMove(1_000n, 10_000, 1_550)).toBe(15n);
    expect(allowedMove(1_000n, 10_000, 0)).toBe(0n);
  });

  it('follows moves within the limit', () => {
    expect(limitSpeed(centre('agreed', 1_009, 1_010, 1_011), before, 10n)).toEqual({
      price: 1_010n,
      confidence: 5n,
      guarded: false,
      confirming: '',
    });
  });

  it('holds a larger move back, and widens the confidence to reach the centre', () => {
    expect(limitSpeed(centre('agreed', 900, 900, 1_000), before, 10n)).toEqual({
      price: 990n,
      confidence: 95n,
      guarded: true,
      confirming: 'down',
    });
  });

  it('lets it go in the second round running with two thirds beyond the limit', () => {
    const held = { price: 990n, confirming: 'down' } as const;
    expect(limitSpeed(centre('agreed', 900, 900, 1_000), held, 10n)).toMatchObject({
      price: 900n,
      guarded: false,
      confirming: 'down',
    });
    const other = { price: 1_010n, confirming: 'up' } as const;
    expect(limitSpeed(centre('agreed', 900, 900, 1_000), other, 10n)).toMatchObject({
      price: 1_000n,
      guarded: true,
    });
  });

  it('moves nothing on a dispute, and shows how far the centre is', () => {
    expect(holdBack(centre('disputed', 900), before)).toEqual({
      price: 1_000n,
      confidence: 105n,
      guarded: false,
      confirming: '',
    });
  });

  it('does not take less than two thirds, nor sources that do not agree, for a confirmation', () => {
    const four = { ...centre('agreed', 900, 905, 1_000, 1_000), price: 952n };
    expect(limitSpeed(four, before, 10n)).toMatchObject({ guarded: true, confirming: '' });
    const alone = limitSpeed(centre('corroborated', 900), { price: 990n, confirming: 'down' }, 10n);
    expect(alone).toMatchObject({ price: 980n, guarded: true, confirming: '' });
  });
});
