import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { averageOf, holdPrice, type TwapWindow } from './twap.ts';

const MINUTE = 60_000;

describe('the one-hour average', () => {
  it('weighs prices by the time that they stood', () => {
    let window: TwapWindow = holdPrice([], 100n, 0, 3 * MINUTE);
    window = holdPrice(window, 200n, 3 * MINUTE, 4 * MINUTE);
    expect(averageOf(window)).toBe(125n);
    expect(window.map(({ minute }) => minute)).toEqual([0, 1, 2, 3]);
  });

  it('gives no weight to a price that has stood for no time', () => {
    expect(averageOf(holdPrice([], 100n, 5, 5))).toBeUndefined();
  });

  it('forgets what is older than an hour, however long the last price stood', () => {
    const window = holdPrice(holdPrice([], 100n, 0, 30 * MINUTE), 200n, 30 * MINUTE, 500 * MINUTE);
    expect(averageOf(window)).toBe(200n);
    expect(window.length).toBeLessThanOrEqual(61);
  });

  it('does not depend on how often the same price was published', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 200 * MINUTE }), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, (times) => {
        const end = 200 * MINUTE;
        const moments = [...new Set([...times, end])].sort((a, b) => a - b);
        let from = 0;
        let window: TwapWindow = [];
        for (const to of moments) {
          window = holdPrice(window, 777n, from, to);
          from = to;
        }
        expect(window).toEqual(holdPrice([], 777n, 0, end));
      }),
    );
  });
});
