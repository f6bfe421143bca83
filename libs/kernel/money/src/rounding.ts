import { assert } from './assert.ts';

/**
 * Where a result that does not fit goes. `down` towards zero, `up` away from zero, `floor` towards minus
 * infinity, `ceil` towards plus infinity, `half-even` and `half-away` to the nearest, a tie to the even
 * neighbour or away from zero.
 */
export type Rounding = 'down' | 'up' | 'floor' | 'ceil' | 'half-even' | 'half-away';

export const ROUNDINGS: readonly Rounding[] = ['down', 'up', 'floor', 'ceil', 'half-even', 'half-away'];

/** Is the truncated quotient of |remainder| / |divisor| moved one away from zero? */
const movesAway = (
  rounding: Rounding,
  isNegative: boolean,
  isOdd: boolean,
  remainder: bigint,
  divisor: bigint,
): boolean => {
  switch (rounding) {
    case 'down':
      return false;
    case 'up':
      return true;
    case 'floor':
      return isNegative;
    case 'ceil':
      return !isNegative;
    case 'half-even':
      return 2n * remainder > divisor || (2n * remainder === divisor && isOdd);
    case 'half-away':
      return 2n * remainder >= divisor;
  }
};

/** numerator = quotient · denominator + remainder, exactly, for every rounding. */
export const divideUnits = (
  numerator: bigint,
  denominator: bigint,
  rounding: Rounding,
): Readonly<{ quotient: bigint; remainder: bigint }> => {
  assert(denominator !== 0n, 'Expected a denominator other than 0');
  const truncated = numerator / denominator;
  const rest = numerator - truncated * denominator;
  if (rest === 0n) return { quotient: truncated, remainder: 0n };
  const isNegative = numerator < 0n !== denominator < 0n;
  const isOdd = (truncated & 1n) === 1n;
  const size = rest < 0n ? -rest : rest;
  const divisor = denominator < 0n ? -denominator : denominator;
  if (!movesAway(rounding, isNegative, isOdd, size, divisor)) return { quotient: truncated, remainder: rest };
  const quotient = isNegative ? truncated - 1n : truncated + 1n;
  return { quotient, remainder: numerator - quotient * denominator };
};
