import { decimalOf, formatUnits, roundDecimal, unitsOf, unitsOfDecimal, type Rounding } from '@plinth/money';

/** Marks are made in integers of 10^-12 of the quote asset: exact, and finer than any source's tick. */
export const PRICE_DIGITS = 12;
export const PRICE_ONE = 10n ** 12n;

/**
 * Decimal text as price units; more decimals than `PRICE_DIGITS` are rounded. Throws `InvalidNumber` naming
 * `field`.
 */
export const priceUnits = (text: string, field: string, rounding: Rounding = 'half-even'): bigint => {
  const point = text.indexOf('.');
  if (point < 0 || text.length - point - 1 <= PRICE_DIGITS) return unitsOf(text, PRICE_DIGITS, field);
  return unitsOfDecimal(roundDecimal(decimalOf(text, field), PRICE_DIGITS, rounding).rounded, PRICE_DIGITS);
};

export const priceText = (units: bigint): string => formatUnits(units, PRICE_DIGITS);

export const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a);

/** Is `part` more than `ppm` parts per million of `whole` (> 0)? Exact. */
export const exceedsPpm = (part: bigint, whole: bigint, ppm: number): boolean =>
  part * 1_000_000n > whole * BigInt(ppm);
