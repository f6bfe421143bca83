import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LIMITS } from '../limits.ts';
import type { Claim, NonceStore } from './nonce-store.ts';

const WINDOW = LIMITS.recvWindowMs;

/** What a call meets: its nonce is taken here, then kept for all. */
export const claim = async (
  store: NonceStore,
  keyId: string,
  nonce: string,
  timestampMs: number,
  nowMs: number,
  isRead = false,
): Promise<Claim> => {
  const one = { keyId, nonce, timestampMs };
  const taken = store.take(one, nowMs);
  if (taken !== 'fresh') return taken;
  return (await store.keep(one, isRead, nowMs)) ? 'fresh' : 'used';
};

/** What every nonce store keeps to. `open` gives an empty store that began at `nowMs`. */
export const nonceStoreContract = (
  name: string,
  open: (nowMs: number) => Promise<NonceStore>,
  numRuns: number,
): void => {
  describe(`the contract of nonces: ${name}`, () => {
    it('takes a nonce once per key', async () => {
      const store = await open(0);
      expect(await claim(store, 'a', 'n', 10, 10)).toBe('fresh');
      expect(await claim(store, 'a', 'n', 10, 10)).toBe('used');
      expect(await claim(store, 'b', 'n', 10, 10)).toBe('fresh');
    });

    it('takes one of many that come at the same moment', async () => {
      const store = await open(0);
      const claims = await Promise.all(Array.from({ length: 50 }, () => claim(store, 'a', 'n', 10, 10)));
      expect(claims.filter((one) => one === 'fresh')).toHaveLength(1);
    });

    it('remembers a nonce for as long as its timestamp is in the window, whenever it came', async () => {
      const skew = fc.integer({ min: -WINDOW, max: WINDOW });
      const at = fc.integer({ min: 10 * WINDOW, max: 20 * WINDOW });
      // How old the store is then: it may be about to forget something else.
      const age = fc.integer({ min: WINDOW, max: 10 * WINDOW });
      const cases = fc.record({ at, skew, age, steps: fc.array(fc.nat(WINDOW)) });
      await fc.assert(
        fc.asyncProperty(cases, async ({ at: first, skew: offset, age: ageMs, steps }) => {
          const store = await open(first - ageMs);
          const timestampMs = first + offset;
          expect(await claim(store, 'a', 'n', timestampMs, first)).toBe('fresh');
          let nowMs = first;
          for (const step of steps) {
            nowMs += step;
            if (nowMs - timestampMs > WINDOW) return;
            expect(await claim(store, 'a', 'n', timestampMs, nowMs)).toBe('used');
            // Others make the store forget meanwhile.
            await claim(store, 'b', String(nowMs), nowMs, nowMs);
          }
        }),
        { numRuns },
      );
    });

    it('remembers a nonce that came just before it made room, to the end of its window', async () => {
      const store = await open(0);
      const [last, timestampMs] = [2 * WINDOW, 3 * WINDOW];
      expect(await claim(store, 'a', 'n', timestampMs, last)).toBe('fresh');
      for (const nowMs of [last + 1, last + 2, timestampMs, timestampMs + WINDOW]) {
        await claim(store, 'b', String(nowMs), nowMs, nowMs);
        expect([nowMs, await claim(store, 'a', 'n', timestampMs, nowMs)]).toEqual([nowMs, 'used']);
      }
    });

    it('refuses more rather than forget', async () => {
      const store = await open(0);
      const many = Array.from({ length: LIMITS.noncesPerKeyMax }, (_, i) =>
        claim(store, 'a', String(i), 1, 1),
      );
      await Promise.all(many);
      expect(await claim(store, 'a', 'one more', 1, 1)).toBe('full');
      expect(await claim(store, 'a', '0', 1, 1)).toBe('used');
      expect(await claim(store, 'b', '0', 1, 1)).toBe('fresh');
    });
  });
};
