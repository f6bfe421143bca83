import { assert } from './assert.ts';
import { ZERO, decimalOfUnits, decimalPlaces, formatDecimal, unitsOfDecimal } from './decimal.ts';
import type { Decimal, Price, Rate } from './decimal.ts';
import type { Money } from './money.ts';
import {
  InvalidNumber,
  checkedScale,
  checkedUnits,
  decimalsOf,
  formatUnits,
  powerOfTen,
} from './number-text.ts';
import type { Quantity } from './quantity.ts';
import { divideUnits } from './rounding.ts';
import type { Rounding } from './rounding.ts';

// The one border between the exact world (integers, decimals) and the measured world (IEEE float64).

/** Decimals of a figure that was measured in float64 and is recorded in a decision. */
export const RECORDED_DIGITS = 8;

const EXACT_INTEGER_LIMIT = 9_007_199_254_740_992n;
/**
 * Powers of ten up to 10^22 are exact in float64, so that one division of exact integers is correctly
 * rounded.
 */
const EXACT_POWER_LIMIT = 22;
const FLOAT_POWERS: readonly number[] = Array.from({ length: EXACT_POWER_LIMIT + 1 }, (_, n) =>
  Number(`1e${n}`),
);

/** The float64 nearest to units · 10^-scale. */
export const unitsToFloat = (units: bigint, scale: number): number => {
  const power = FLOAT_POWERS[scale];
  return power !== undefined && units < EXACT_INTEGER_LIMIT && units > -EXACT_INTEGER_LIMIT
    ? Number(units) / power
    : Number(formatUnits(units, scale));
};

/** The float64 nearest to an amount or a quantity. */
export const toFloat = (amount: Money | Quantity): number => unitsToFloat(amount.units, amount.scale);

/** The float64 nearest to a decimal. */
export const decimalToFloat = (value: Decimal): number => Number(formatDecimal(value));

/** The float64 nearest to plain decimal text. Throws `InvalidNumber` naming `field`. */
export const textToFloat = (text: string, field = 'number'): number => {
  decimalsOf(text, field);
  return Number(text);
};

const floatParts = new DataView(new ArrayBuffer(8));

/** x · 10^digits as an integer, rounded from the exact binary value of x. Refuses NaN and infinities. */
export const floatToUnits = (x: number, digits: number, rounding: Rounding): bigint => {
  assert(Number.isFinite(x), () => `Expected a finite number, was ${x}`);
  checkedScale(digits);
  floatParts.setFloat64(0, x);
  const bits = floatParts.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  // x = ± significand · 2^exponent; subnormal numbers have no implicit leading bit.
  const significand = biased === 0 ? fraction : fraction | 0x10_0000_0000_0000n;
  const exponent = (biased === 0 ? 1 : biased) - 1075;
  const scaled = (x < 0 ? -significand : significand) * powerOfTen(digits);
  return exponent >= 0
    ? scaled << BigInt(exponent)
    : divideUnits(scaled, 1n << BigInt(-exponent), rounding).quotient;
};

/** A measured figure as a decimal of `digits` decimals. Refuses NaN and infinities. */
export const fromFloat = (x: number, digits = RECORDED_DIGITS, rounding: Rounding = 'half-away'): Decimal =>
  decimalOfUnits(floatToUnits(x, digits, rounding), digits);

/** A measured figure as canonical decimal text, as it is written into events. */
export const floatToText = (x: number, digits = RECORDED_DIGITS, rounding: Rounding = 'half-away'): string =>
  formatUnits(floatToUnits(x, digits, rounding), digits);

export const moneyFromFloat = (asset: string, scale: number, x: number, rounding: Rounding): Money => ({
  asset,
  scale: checkedScale(scale),
  units: checkedUnits(floatToUnits(x, scale, rounding)),
});

/** A bigint that is known to be small (a version, a count, a tick) as a number; asserts that it is exact. */
export const toSafeInteger = (value: bigint): number => {
  assert(
    value <= EXACT_INTEGER_LIMIT && value >= -EXACT_INTEGER_LIMIT,
    () => `Expected a safe integer, was ${value}`,
  );
  return Number(value);
};

const PLAIN_INTEGER = /^-?(?:0|[1-9][0-9]{0,15})$/;

/** Reads an integer from text, inclusive bounds. Throws `InvalidNumber` naming `field`. */
export const integerOf = (
  text: string,
  field: string,
  least: number = Number.MIN_SAFE_INTEGER,
  most: number = Number.MAX_SAFE_INTEGER,
): number => {
  const value = typeof text === 'string' && PLAIN_INTEGER.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value === 0 ? 0 : value;
  throw new InvalidNumber(field, `an integer from ${least} to ${most}`, text);
};

/** Which asset an amount is in, and the decimals of its smallest unit. */
export type AssetScale = Readonly<{ asset: string; scale: number }>;

/**
 * exact = amount + remainder; |remainder| is below one smallest unit (for a division: of the result, see each
 * function).
 */
export type Rounded = Readonly<{ amount: Money; remainder: Decimal }>;

const roundUnits = (exact: bigint, exactScale: number, target: AssetScale, rounding: Rounding): Rounded => {
  const scale = checkedScale(target.scale);
  if (exactScale <= scale) {
    const units = checkedUnits(exact * powerOfTen(scale - exactScale));
    return { amount: { asset: target.asset, scale, units }, remainder: ZERO };
  }
  const { quotient, remainder } = divideUnits(exact, powerOfTen(exactScale - scale), rounding);
  return {
    amount: { asset: target.asset, scale, units: checkedUnits(quotient) },
    remainder: remainder === 0n ? ZERO : decimalOfUnits(remainder, exactScale),
  };
};

/** quantity · price in the quote asset. Pays: round `up`; is paid: round `down`. */
export const valueOf = (
  quantity: Quantity | Money,
  price: Price,
  quote: AssetScale,
  rounding: Rounding,
): Rounded => {
  const places = decimalPlaces(price);
  return roundUnits(quantity.units * unitsOfDecimal(price, places), quantity.scale + places, quote, rounding);
};

/**
 * amount · rate in the same asset: a fee, interest, a haircut. Charged: round `up`; granted: round `down`.
 */
export const share = (amount: Money, rate: Rate, rounding: Rounding): Rounded => {
  const places = decimalPlaces(rate);
  return roundUnits(amount.units * unitsOfDecimal(rate, places), amount.scale + places, amount, rounding);
};

/** A decimal figure as an amount of an asset: value = amount + remainder. */
export const moneyOfDecimal = (value: Decimal, target: AssetScale, rounding: Rounding): Rounded => {
  const places = decimalPlaces(value);
  return roundUnits(unitsOfDecimal(value, places), places, target, rounding);
};

/** An amount or a quantity as a decimal, exactly. */
export const decimalOfMoney = (amount: Money | Quantity): Decimal =>
  decimalOfUnits(amount.units, amount.scale);

/** How much can be had for `amount` at `price` (> 0): amount = quantity · price + remainder. */
export const quantityFor = (
  amount: Money,
  price: Price,
  scale: number,
  rounding: Rounding,
): Readonly<{ quantity: Quantity; remainder: Decimal }> => {
  assert(price.gt(ZERO), () => `Expected a price over 0, was ${formatDecimal(price)}`);
  const places = decimalPlaces(price);
  const lift = checkedScale(scale) + places;
  // Both sides at 10^-(amount.scale + scale + places): q · p = (quotient · 10^-scale) · (price units ·
  // 10^-places).
  const numerator = amount.units * powerOfTen(lift);
  const denominator = unitsOfDecimal(price, places) * powerOfTen(amount.scale);
  const { quotient, remainder } = divideUnits(numerator, denominator, rounding);
  return {
    quantity: { scale, units: checkedUnits(quotient) },
    remainder: decimalOfUnits(remainder, amount.scale + lift),
  };
};
