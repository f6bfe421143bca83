import { describe, expect, it } from '@jest/globals';
import { EvenSamples } from './sampling.ts';

describe('EvenSamples', () => {
  it('keeps evenly spaced samples, at most twice its size, and measures no others', () => {
    for (const length of [1, 9, 10, 11, 1_000, 12_345]) {
      const samples = new EvenSamples<number>(5);
      let measured = 0;
      for (let n = 0; n < length; n += 1) {
        samples.offer(() => {
          measured += 1;
          return n;
        });
      }
      const kept = samples.samples;
      expect(kept.length).toBeLessThanOrEqual(10);
      expect(kept.length).toBeGreaterThanOrEqual(Math.min(5, length));
      expect(kept[0]).toBe(0);
      const stride = (kept[1] ?? 1) - (kept[0] ?? 0);
      expect(kept).toEqual(kept.map((_, i) => i * stride));
      expect(measured).toBeLessThan(10 + 10 * Math.log2(length + 1));
    }
  });
});
