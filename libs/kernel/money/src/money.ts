import { assert } from './assert.ts';
import { MAX_ALLOCATION_PARTS } from './limits.ts';
import { checkedScale, checkedUnits, formatUnits, unitsOf } from './number-text.ts';

/**
 * An amount of one asset as an integer of its smallest unit: `{ asset: 'BTC', scale: 8, units: 150_000_000n
 * }` is 1.5 BTC.
 */
export type Money = Readonly<{ asset: string; scale: number; units: bigint }>;

/** Reads an amount from plain decimal text. Throws `InvalidNumber` naming `field`. */
export const moneyOf = (asset: string, scale: number, text: string, field = 'amount'): Money => ({
  asset,
  scale: checkedScale(scale),
  units: unitsOf(text, scale, field),
});

export const moneyOfUnits = (asset: string, scale: number, units: bigint): Money => ({
  asset,
  scale: checkedScale(scale),
  units: checkedUnits(units),
});

export const zero = (asset: string, scale: number): Money => ({
  asset,
  scale: checkedScale(scale),
  units: 0n,
});

const assertSameAsset = (a: Money, b: Money): void =>
  assert(
    a.asset === b.asset && a.scale === b.scale,
    () =>
      `Expected amounts of one asset, was ${a.asset} (scale ${a.scale}) and ${b.asset} (scale ${b.scale})`,
  );

const withUnits = (money: Money, units: bigint): Money => ({
  asset: money.asset,
  scale: money.scale,
  units: checkedUnits(units),
});

export const add = (a: Money, b: Money): Money => {
  assertSameAsset(a, b);
  return withUnits(a, a.units + b.units);
};

export const subtract = (a: Money, b: Money): Money => {
  assertSameAsset(a, b);
  return withUnits(a, a.units - b.units);
};

export const negate = (money: Money): Money => withUnits(money, -money.units);

export const abs = (money: Money): Money => (money.units < 0n ? negate(money) : money);

/** -1, 0 or 1. */
export const compare = (a: Money, b: Money): -1 | 0 | 1 => {
  assertSameAsset(a, b);
  return a.units < b.units ? -1 : a.units > b.units ? 1 : 0;
};

export const isZero = (money: Money): boolean => money.units === 0n;
export const isNegative = (money: Money): boolean => money.units < 0n;
export const isPositive = (money: Money): boolean => money.units > 0n;
export const min = (a: Money, b: Money): Money => (compare(a, b) <= 0 ? a : b);
export const max = (a: Money, b: Money): Money => (compare(a, b) >= 0 ? a : b);

/** Sum of amounts of one asset; `start` gives the asset, so that an empty sum has one too. */
export const sum = (start: Money, amounts: Iterable<Money>): Money => {
  let units = start.units;
  for (const amount of amounts) {
    assertSameAsset(start, amount);
    units += amount.units;
  }
  return withUnits(start, units);
};

/** Canonical decimal text: `-0.5`, `12`, `0`; no trailing zeros, no exponent. */
export const formatMoney = (money: Money): string => formatUnits(money.units, money.scale);

/**
 * Splits an amount in proportion to `weights` (≥ 0, at least one > 0); the parts sum to the amount exactly.
 * Each part is the difference of rounded-down cumulative shares, so none is further than one unit from its
 * exact share, and a part of weight 0 gets nothing.
 */
export const allocate = (money: Money, weights: readonly bigint[]): readonly Money[] => {
  assert(weights.length <= MAX_ALLOCATION_PARTS, () => `Expected at most ${MAX_ALLOCATION_PARTS} weights`);
  const total = weights.reduce((all, weight) => {
    assert(weight >= 0n, () => `Expected weights of at least 0, was ${weight}`);
    return all + weight;
  }, 0n);
  assert(total > 0n, 'Expected at least one weight over 0');
  let seen = 0n;
  let given = 0n;
  return weights.map((weight) => {
    seen += weight;
    const upTo = (money.units * seen) / total;
    const part = upTo - given;
    given = upTo;
    return { asset: money.asset, scale: money.scale, units: part };
  });
};
