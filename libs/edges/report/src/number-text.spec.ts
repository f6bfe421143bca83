import { describe, expect, it } from '@jest/globals';
import { numberText, percentText, shortText, timeText } from './number-text.ts';

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
