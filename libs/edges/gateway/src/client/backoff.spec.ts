import { describe, expect, it } from '@jest/globals';
import { backoffMs } from './backoff.ts';

describe('the wait before a call is sent again', () => {
  it('is at least what was advised, and grows up to a bound', () => {
    const [shortest, longest] = [() => 0, () => 1];
    expect(backoffMs(0, 1_000, shortest)).toBe(1_000);
    expect([0, 1, 2, 3, 4, 5, 6].map((n) => backoffMs(n, 0, longest))).toEqual([
      250, 500, 1_000, 2_000, 4_000, 5_000, 5_000,
    ]);
    expect(backoffMs(1_000, 0, longest)).toBe(5_000);
    expect(backoffMs(0, undefined, shortest)).toBe(250);
  });

  it('is not the same for all who wait', () => {
    const waits = Array.from({ length: 100 }, () => Math.round(backoffMs(4, 250)));
    expect(new Set(waits).size).toBeGreaterThan(50);
  });
});
