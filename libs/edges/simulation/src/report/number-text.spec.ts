import { describe, expect, it } from '@jest/globals';
import { numberText, percentText, shortText, timeText } from './number-text.ts';
import { EvenSamples } from './sampling.ts';

describe('numberText', () => {
  it.each([
    [1_234_567.891, 2, '1 234 567.89'],
    [-0.004, 2, '0.00'],
    [-1_000, 0, '−1 000'],
    ['-12345678901234567890.129', 2, '−12 345 678 901 234 567 890.12'],
    ['0', 0, '0'],
    ['7', 3, '7.000'],
    ['', 2, '–'],
    [NaN, 2, '–'],
    [Infinity, 0, '–'],
  ])('of %p with %p decimals is %p', (value, digits, text) => {
    expect(numberText(value, digits)).toBe(text);
  });

  it('is short on axes', () => {
    expect([0, 0.25, 12, 9_999, 12_345, 1.24e6, -3.5e9].map(shortText)).toEqual([
      ...['0', '0.25', '12', '9 999', '12 k', '1.2 M', '−3.5 bn'],
    ]);
  });

  it('of shares and times', () => {
    expect(percentText(0.4321)).toBe('43.2 %');
    expect(timeText(1_767_225_600_000)).toBe('2026-01-01 00:00');
    expect(timeText(0)).toBe('–');
  });
});

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
