import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LIMITS } from '../limits.ts';
import { MemoryNonceStore } from './nonce-store.ts';

const WINDOW = LIMITS.recvWindowMs;

describe('the nonce store of one process', () => {
  it('takes a nonce once per key', async () => {
    const store = new MemoryNonceStore(0);
    expect(await store.claim('a', 'n', 10, 10)).toBe('fresh');
    expect(await store.claim('a', 'n', 10, 10)).toBe('used');
    expect(await store.claim('b', 'n', 10, 10)).toBe('fresh');
  });

  it('remembers a nonce for as long as its timestamp is in the window, whenever it came', async () => {
    const skew = fc.integer({ min: -WINDOW, max: WINDOW });
    const cases = fc.record({ at: fc.nat(10 * WINDOW), skew, steps: fc.array(fc.nat(WINDOW)) });
    await fc.assert(
      fc.asyncProperty(cases, async ({ at, skew: offset, steps }) => {
        const store = new MemoryNonceStore(-10 * WINDOW);
        const timestampMs = at + offset;
        expect(await store.claim('a', 'n', timestampMs, at)).toBe('fresh');
        let nowMs = at;
        for (const step of steps) {
          nowMs += step;
          if (nowMs - timestampMs > WINDOW) return;
          expect(await store.claim('a', 'n', timestampMs, nowMs)).toBe('used');
          // Others turn the generations meanwhile.
          await store.claim('b', String(nowMs), nowMs, nowMs);
        }
      }),
    );
  });

  it('refuses what an earlier process may have taken', async () => {
    expect(await new MemoryNonceStore(1_000).claim('a', 'n', 999, 1_000)).toBe('before');
  });

  it('refuses more rather than forget', async () => {
    const store = new MemoryNonceStore(0);
    for (let i = 0; i < LIMITS.noncesPerKeyMax; i += 1) await store.claim('a', String(i), 1, 1);
    expect(await store.claim('a', 'one more', 1, 1)).toBe('full');
    expect(await store.claim('a', '0', 1, 1)).toBe('used');
    expect(await store.claim('b', '0', 1, 1)).toBe('fresh');
  });
});
