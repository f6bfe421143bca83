import { refuse } from '../../checks.ts';

/** Decimals of the quote coin: a quote quantum is 10⁻⁶ of it. */
export const QUOTE_DIGITS = 6;
export const MILLION = 1_000_000n;
/** Exponents beyond this are no market's. */
const EXPONENT_MAX = 64;

/**
 * A price is value · 10^exponent of the quote coin per whole base coin; a base quantum is 10^resolution of
 * that.
 */
export type DydxPrice = Readonly<{ value: bigint; exponent: number; resolution: number }>;

export const absolute = (x: bigint): bigint => (x < 0n ? -x : x);
export const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Towards minus infinity, for a divisor above 0. */
export const floorDivide = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((-a + b - 1n) / b));
export const ceilDivide = (a: bigint, b: bigint): bigint => -floorDivide(-a, b);

/** x · 10^exponent, towards zero. */
export const timesTenTo = (x: bigint, exponent: number): bigint => {
  if (!(Number.isInteger(exponent) && Math.abs(exponent) <= EXPONENT_MAX))
    return refuse('exponent', `Expected a whole number within ±${EXPONENT_MAX}, was ${exponent}`);
  return exponent >= 0 ? x * 10n ** BigInt(exponent) : x / 10n ** BigInt(-exponent);
};

/** Value of base quantums in quote quantums, towards zero: q · value · 10^(exponent + resolution + 6). */
export const notional = (quantums: bigint, { value, exponent, resolution }: DydxPrice): bigint =>
  timesTenTo(quantums * value, exponent + resolution + QUOTE_DIGITS);
