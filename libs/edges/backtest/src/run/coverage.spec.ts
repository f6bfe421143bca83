import { describe, expect, it } from '@jest/globals';
import { CoverageCount, ScaleToGoal, wilson } from './coverage.ts';

describe('The interval of a share', () => {
  it('is Wilson’s', () => {
    // 8 of 10: 0.4901625 to 0.9433178, by the published formula.
    expect(wilson(8, 10).low).toBeCloseTo(0.4901625, 6);
    expect(wilson(8, 10).high).toBeCloseTo(0.9433178, 6);
    expect(wilson(10, 10).high).toBeCloseTo(1, 12);
    expect(wilson(10, 10).low).toBeCloseTo(0.7224672, 6);
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  });
});

describe('A count of coverage', () => {
  it('takes a loss that equals what is there as covered, and a larger one as a breach of its moment', () => {
    const count = new CoverageCount();
    count.add(5, 6, 5, 100, 'a');
    count.add(7, 6, 5, 100, 'b');
    count.add(9, 6, 5, 50, 'b');
    expect(count.result).toMatchObject({
      ...{ books: 3, covered: 1, breaches: 2, breachedMoments: 1, moments: 2 },
      ...{ worstShortfall: 4, worstRelative: 0.08 },
    });
    expect(count.result.requirement).toBeCloseTo((0.06 + 0.06 + 0.12) / 3, 12);
  });

  it('keeps refused books out of every figure', () => {
    const count = new CoverageCount();
    count.add(5, NaN, NaN, 100, 'a');
    expect(count.result).toMatchObject({ books: 0, refused: 1, breaches: 0 });
    expect(count.result.share).toBeNaN();
  });
});

describe('The scale to a goal', () => {
  const scaled = (goal: number, rows: readonly (readonly [loss: number, asked: number])[]): number => {
    const scale = new ScaleToGoal(goal);
    for (const [loss, asked] of rows) scale.add(loss, asked);
    return scale.factor;
  };
  const hundred = Array.from({ length: 100 }, (_, n) => [n + 1, 50] as const);

  it('is the factor at which just so many are covered', () => {
    expect(scaled(0.9, hundred)).toBe(90 / 50);
    expect(scaled(0.5, hundred)).toBe(50 / 50);
    expect(scaled(1, hundred)).toBe(100 / 50);
  });

  it('is infinite where nothing was asked too often, 0 without losses, unknown without books', () => {
    expect(scaled(0.5, [[1, 0]])).toBe(Infinity);
    expect(scaled(0.5, [[-3, 1]])).toBe(0);
    expect(scaled(0.5, [])).toBeNaN();
  });
});
