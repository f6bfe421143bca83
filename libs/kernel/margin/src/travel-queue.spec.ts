import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AccountSet } from './account-set.ts';
import { LONGEST_WAIT, TravelQueue } from './travel-queue.ts';

const ACCOUNTS = 40;
/** More than the widths of two buckets. */
const EARLY = 1e-4;

const steps = fc.array(
  fc.record({
    account: fc.nat({ max: ACCOUNTS - 1 }),
    wait: fc.oneof(
      fc.double({ min: 1e-12, max: LONGEST_WAIT, noNaN: true }),
      fc.double({ min: 1e-3, max: 0.02, noNaN: true }),
      fc.double({ min: 1e-12, max: 1e-5, noNaN: true }),
    ),
    share: fc.oneof(
      { weight: 8, arbitrary: fc.double({ min: 0, max: 0.002, noNaN: true }) },
      { weight: 1, arbitrary: fc.double({ min: 0, max: 0.6, noNaN: true }) },
    ),
    leaves: fc.boolean(),
  }),
  { minLength: 150, maxLength: 300 },
);

describe('the queue of travel', () => {
  it('calls everybody before prices have travelled as far as they wait, and hardly earlier', () => {
    let called = 0;
    fc.assert(
      fc.property(steps, (played) => {
        const queue = new TravelQueue();
        const set = new AccountSet();
        const left = new Map<number, number>();
        for (const { account, wait, share, leaves } of played) {
          if (leaves && left.has(account)) {
            queue.leave(account);
            left.delete(account);
          } else {
            queue.wait(account, wait);
            left.set(account, wait);
          }
          queue.travel(share, set);
          const over = [...set.take()];
          expect(new Set(over).size).toBe(over.length);
          const late: number[] = [];
          for (const [waiting, rest] of left) {
            if (over.includes(waiting)) {
              if (rest - share > EARLY) late.push(waiting);
              left.delete(waiting);
              called += 1;
            } else {
              if (!(rest > share)) late.push(waiting);
              left.set(waiting, rest - share);
            }
          }
          // Nobody is called far too early, and nobody who still waits has waited too long.
          expect(late).toEqual([]);
          expect(over.every((one) => !left.has(one))).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
    expect(called).toBeGreaterThan(1_000);
  });
});
