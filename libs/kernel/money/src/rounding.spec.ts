import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AssertionError, ROUNDINGS, divideUnits } from './index.ts';
import type { Rounding } from './index.ts';

// Quotients of the numerators below by 10, as tables of rounding modes commonly give them.
const NUMERATORS = [-25n, -20n, -16n, -15n, -14n, -5n, -1n, 0n, 1n, 5n, 14n, 15n, 16n, 20n, 25n];
const TENTHS: Readonly<Record<Rounding, readonly bigint[]>> = {
  down: [-2n, -2n, -1n, -1n, -1n, 0n, 0n, 0n, 0n, 0n, 1n, 1n, 1n, 2n, 2n],
  up: [-3n, -2n, -2n, -2n, -2n, -1n, -1n, 0n, 1n, 1n, 2n, 2n, 2n, 2n, 3n],
  floor: [-3n, -2n, -2n, -2n, -2n, -1n, -1n, 0n, 0n, 0n, 1n, 1n, 1n, 2n, 2n],
  ceil: [-2n, -2n, -1n, -1n, -1n, 0n, 0n, 0n, 1n, 1n, 2n, 2n, 2n, 2n, 3n],
  'half-even': [-2n, -2n, -2n, -2n, -1n, 0n, 0n, 0n, 0n, 0n, 1n, 2n, 2n, 2n, 2n],
  'half-away': [-3n, -2n, -2n, -2n, -1n, -1n, 0n, 0n, 0n, 1n, 1n, 2n, 2n, 2n, 3n],
};

describe('dividing integers', () => {
  it.each(ROUNDINGS)('rounds tenths %s', (rounding) => {
    expect(NUMERATORS.map((n) => divideUnits(n, 10n, rounding).quotient)).toEqual(TENTHS[rounding]);
    expect(NUMERATORS.map((n) => divideUnits(-n, -10n, rounding).quotient)).toEqual(TENTHS[rounding]);
  });

  it('gives back numerator = quotient · denominator + remainder, off by less than one', () => {
    const whole = fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n });
    const near = fc.bigInt({ min: -50n, max: 50n });
    fc.assert(
      fc.property(
        fc.oneof(whole, near),
        fc.oneof(whole, near).filter((d) => d !== 0n),
        fc.constantFrom(...ROUNDINGS),
        (n, d, rounding) => {
          const { quotient, remainder } = divideUnits(n, d, rounding);
          expect(quotient * d + remainder).toBe(n);
          const size = remainder < 0n ? -remainder : remainder;
          const divisor = d < 0n ? -d : d;
          expect(size < divisor).toBe(true);
          if (rounding.startsWith('half')) expect(2n * size <= divisor).toBe(true);
          // Signs: exact quotient minus rounded quotient has the sign of remainder · d.
          const above = remainder * d;
          if (rounding === 'floor') expect(above >= 0n).toBe(true);
          if (rounding === 'ceil') expect(above <= 0n).toBe(true);
          if (rounding === 'down') expect(quotient * quotient * d * d <= n * n).toBe(true);
          if (rounding === 'up') expect(quotient * quotient * d * d >= n * n).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses to divide by 0', () => {
    expect(() => divideUnits(1n, 0n, 'down')).toThrow(AssertionError);
  });
});
