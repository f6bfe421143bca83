import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TokenBuckets } from './token-buckets.ts';

describe('a token bucket', () => {
  it('lets the burst through, then says how long to wait', () => {
    const buckets = new TokenBuckets({ perSecond: 10, burst: 3 }, 10);
    const taken = [1, 2, 3].map(() => buckets.take('a', 1, 0));
    expect(taken).toEqual([0, 0, 0]);
    expect(buckets.take('a', 1, 0)).toBe(100);
    expect(buckets.take('a', 1, 50)).toBe(50);
    expect(buckets.take('a', 1, 100)).toBe(0);
    expect(buckets.take('b', 3, 100)).toBe(0);
  });

  it('never lets more through than burst and rate allow, whatever the pattern', () => {
    const calls = fc.array(fc.record({ waitMs: fc.nat(2_000), cost: fc.integer({ min: 1, max: 5 }) }));
    fc.assert(
      fc.property(calls, (given) => {
        const buckets = new TokenBuckets({ perSecond: 5, burst: 8 }, 10);
        let [nowMs, through] = [0, 0];
        for (const { waitMs, cost } of given) {
          nowMs += waitMs;
          if (buckets.take('a', cost, nowMs) === 0) through += cost;
          expect(through).toBeLessThanOrEqual(8 + (nowMs * 5) / 1_000);
        }
      }),
    );
  });

  it('gives back, but never more than it holds', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 2 }, 10);
    buckets.take('a', 2, 0);
    buckets.giveBack('a', 5);
    expect([buckets.take('a', 2, 0), buckets.take('a', 1, 0)]).toEqual([0, 1_000]);
  });
});
