import BigModule from 'big.js';
import type { Big as BigNumber } from 'big.js';
import { assert } from './assert.ts';
import { INDEX_DIGITS, MAX_DECIMAL_INTEGER_DIGITS, MAX_SCALE } from './limits.ts';
import { InvalidNumber, decimalsOf, formatUnits, powerOfTen } from './number-text.ts';
import { divideUnits } from './rounding.ts';
import type { Rounding } from './rounding.ts';

// A constructor of our own, so that nobody else's settings reach it. `strict` refuses JavaScript numbers and
// implicit conversions; there is no default rounding because `div`, `sqrt` and `pow` of big.js are never
// called.
const StrictBig = BigModule();
StrictBig.strict = true;

/** An exact decimal number of any length. Arithmetic goes through this file only. */
export type Decimal = BigNumber;

declare const kind: unique symbol;

/** Price of one unit of an instrument in its quote asset. Signed: a spread may be worth less than nothing. */
export type Price = Decimal & Readonly<{ [kind]: 'price' }>;

/** A ratio per one: a fee, an interest or funding rate, a haircut. 0.0005 is 5 basis points. */
export type Rate = Decimal & Readonly<{ [kind]: 'rate' }>;

/** Growth of one unit of debt or deposit since the pool began: ≥ 1, at most 27 decimals. */
export type Index = Decimal & Readonly<{ [kind]: 'index' }>;

const readDecimal = (text: string, maxDecimals: number, field: string): Decimal => {
  const decimals = decimalsOf(text, field);
  if (decimals > maxDecimals)
    throw new InvalidNumber(field, `a number with at most ${maxDecimals} decimals`, text);
  const integerDigits = text.length - (decimals === 0 ? 0 : decimals + 1) - (text.startsWith('-') ? 1 : 0);
  if (integerDigits > MAX_DECIMAL_INTEGER_DIGITS) {
    throw new InvalidNumber(
      field,
      `a number of at most ${MAX_DECIMAL_INTEGER_DIGITS} digits before the point`,
      text,
    );
  }
  return StrictBig(text);
};

/** Reads plain decimal text. Throws `InvalidNumber` naming `field`. */
export const decimalOf = (text: string, field = 'number', maxDecimals = MAX_SCALE): Decimal =>
  readDecimal(text, maxDecimals, field);

export const priceOf = (text: string, field = 'price'): Price => readDecimal(text, MAX_SCALE, field) as Price;

export const rateOf = (text: string, field = 'rate'): Rate => readDecimal(text, MAX_SCALE, field) as Rate;

/** A lending index: at least 1, at most 27 decimals. */
export const lendingIndexOf = (text: string, field = 'index'): Index => {
  const value = readDecimal(text, INDEX_DIGITS, field);
  if (value.lt(ONE)) throw new InvalidNumber(field, 'at least 1', text);
  return value as Index;
};

export const ZERO: Decimal = StrictBig('0');
export const ONE: Decimal = StrictBig('1');
export const INDEX_START: Index = ONE as Index;

/** Names what a computed decimal is. The inverse is free: every Price is a Decimal. */
export const asPrice = (value: Decimal): Price => value as Price;
export const asRate = (value: Decimal): Rate => value as Rate;
export const asIndex = (value: Decimal): Index => {
  assert(
    value.gte(ONE) && decimalPlaces(value) <= INDEX_DIGITS,
    () => `Expected an index, was ${formatDecimal(value)}`,
  );
  return value as Index;
};

/** Digits after the point. */
export const decimalPlaces = (value: Decimal): number => Math.max(0, value.c.length - 1 - value.e);

/** units · 10^-scale as a decimal. */
export const decimalOfUnits = (units: bigint, scale: number): Decimal => StrictBig(formatUnits(units, scale));

/** value · 10^scale as an integer; asserts that nothing is lost. */
export const unitsOfDecimal = (value: Decimal, scale: number): bigint => {
  const shift = scale - (value.c.length - 1 - value.e);
  assert(shift >= 0, () => `Expected at most ${scale} decimals, was ${formatDecimal(value)}`);
  const size = BigInt(value.c.join('')) * powerOfTen(shift);
  return value.s < 0 ? -size : size;
};

export const addDecimal = (a: Decimal, b: Decimal): Decimal => a.plus(b);
export const subtractDecimal = (a: Decimal, b: Decimal): Decimal => a.minus(b);
/** Exact: digits add up, nothing is rounded. */
export const multiply = (a: Decimal, b: Decimal): Decimal => a.times(b);
export const negateDecimal = (a: Decimal): Decimal => ZERO.minus(a);
export const absDecimal = (a: Decimal): Decimal => a.abs();
/** -1, 0 or 1. */
export const compareDecimal = (a: Decimal, b: Decimal): -1 | 0 | 1 => a.cmp(b);
export const minDecimal = (a: Decimal, b: Decimal): Decimal => (a.lte(b) ? a : b);
export const maxDecimal = (a: Decimal, b: Decimal): Decimal => (a.gte(b) ? a : b);
export const isZeroDecimal = (a: Decimal): boolean => a.eq(ZERO);

/** Canonical text: no trailing zeros, no exponent, no `-0`. */
export const formatDecimal = (value: Decimal): string => (value.eq(ZERO) ? '0' : value.toFixed());

export const isDecimal = (value: unknown): value is Decimal => value instanceof StrictBig;

/** The inverse of `formatDecimal` for numbers of any length: for text that this program wrote itself. */
export const exactDecimal = (text: string): Decimal => StrictBig(text);

/** The quotient to `digits` decimals and what is left: a = quotient · b + remainder, exactly. */
export const divide = (
  a: Decimal,
  b: Decimal,
  digits: number,
  rounding: Rounding,
): Readonly<{ quotient: Decimal; remainder: Decimal }> => {
  assert(!b.eq(ZERO), 'Expected a divisor other than 0');
  const scale = Math.max(decimalPlaces(a), decimalPlaces(b));
  const numerator = unitsOfDecimal(a, scale) * powerOfTen(digits);
  const { quotient, remainder } = divideUnits(numerator, unitsOfDecimal(b, scale), rounding);
  return { quotient: decimalOfUnits(quotient, digits), remainder: decimalOfUnits(remainder, scale + digits) };
};

/**
 * The nearest number with `digits` decimals that `rounding` names, and what is left: value = rounded +
 * remainder.
 */
export const roundDecimal = (
  value: Decimal,
  digits: number,
  rounding: Rounding,
): Readonly<{ rounded: Decimal; remainder: Decimal }> => {
  const { quotient, remainder } = divide(value, ONE, digits, rounding);
  return { rounded: quotient, remainder };
};

/** The multiple of `step` (a tick, > 0) that `rounding` names. */
export const roundToStep = (value: Decimal, step: Decimal, rounding: Rounding): Decimal => {
  assert(step.gt(ZERO), () => `Expected a step over 0, was ${formatDecimal(step)}`);
  return divide(value, step, 0, rounding).quotient.times(step);
};
