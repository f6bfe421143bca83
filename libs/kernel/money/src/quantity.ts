import { assert } from './assert.ts';
import { checkedScale, checkedUnits, formatUnits, powerOfTen, unitsOf } from './number-text.ts';
import { divideUnits } from './rounding.ts';
import type { Rounding } from './rounding.ts';

/**
 * A quantity of an instrument as an integer of 10^-scale: `{ scale: 3, units: 1500n }` is 1.5. Negative =
 * short or sold.
 */
export type Quantity = Readonly<{ scale: number; units: bigint }>;

/** Reads a quantity from plain decimal text. Throws `InvalidNumber` naming `field`. */
export const quantityOf = (scale: number, text: string, field = 'quantity'): Quantity => ({
  scale: checkedScale(scale),
  units: unitsOf(text, scale, field),
});

export const quantityOfUnits = (scale: number, units: bigint): Quantity => ({
  scale: checkedScale(scale),
  units: checkedUnits(units),
});

export const zeroQuantity = (scale: number): Quantity => ({ scale: checkedScale(scale), units: 0n });

const assertSameScale = (a: Quantity, b: Quantity): void =>
  assert(a.scale === b.scale, () => `Expected two quantities of one scale, was ${a.scale} and ${b.scale}`);

export const addQuantity = (a: Quantity, b: Quantity): Quantity => {
  assertSameScale(a, b);
  return { scale: a.scale, units: checkedUnits(a.units + b.units) };
};

export const subtractQuantity = (a: Quantity, b: Quantity): Quantity => {
  assertSameScale(a, b);
  return { scale: a.scale, units: checkedUnits(a.units - b.units) };
};

export const negateQuantity = (quantity: Quantity): Quantity => ({
  scale: quantity.scale,
  units: -quantity.units,
});

export const absQuantity = (quantity: Quantity): Quantity =>
  quantity.units < 0n ? negateQuantity(quantity) : quantity;

/** -1, 0 or 1. */
export const compareQuantity = (a: Quantity, b: Quantity): -1 | 0 | 1 => {
  assertSameScale(a, b);
  return a.units < b.units ? -1 : a.units > b.units ? 1 : 0;
};

export const isZeroQuantity = (quantity: Quantity): boolean => quantity.units === 0n;
export const minQuantity = (a: Quantity, b: Quantity): Quantity => (compareQuantity(a, b) <= 0 ? a : b);
export const maxQuantity = (a: Quantity, b: Quantity): Quantity => (compareQuantity(a, b) >= 0 ? a : b);

export const formatQuantity = (quantity: Quantity): string => formatUnits(quantity.units, quantity.scale);

/** The same quantity at another scale. Lowering the scale is allowed only when nothing is lost. */
export const rescaleQuantity = (quantity: Quantity, scale: number): Quantity => {
  checkedScale(scale);
  if (scale >= quantity.scale) {
    return { scale, units: checkedUnits(quantity.units * powerOfTen(scale - quantity.scale)) };
  }
  const { quotient, remainder } = divideUnits(quantity.units, powerOfTen(quantity.scale - scale), 'down');
  assert(
    remainder === 0n,
    () => `Expected a quantity with at most ${scale} decimals, was ${formatQuantity(quantity)}`,
  );
  return { scale, units: quotient };
};

/** The multiple of `lot` that `rounding` names, and what is left over: quantity = rounded + remainder. */
export const roundToLot = (
  quantity: Quantity,
  lot: Quantity,
  rounding: Rounding,
): Readonly<{ rounded: Quantity; remainder: Quantity }> => {
  assertSameScale(quantity, lot);
  assert(lot.units > 0n, () => `Expected a lot over 0, was ${formatQuantity(lot)}`);
  const { quotient, remainder } = divideUnits(quantity.units, lot.units, rounding);
  return {
    rounded: { scale: lot.scale, units: checkedUnits(quotient * lot.units) },
    remainder: { scale: lot.scale, units: remainder },
  };
};

/** True when the quantity is a whole number of lots. */
export const isWholeLots = (quantity: Quantity, lot: Quantity): boolean =>
  isZeroQuantity(roundToLot(quantity, lot, 'down').remainder);

/** How many whole lots are in the quantity, rounded towards zero. */
export const lotsIn = (quantity: Quantity, lot: Quantity): bigint =>
  divideUnits(roundToLot(quantity, lot, 'down').rounded.units, lot.units, 'down').quotient;
