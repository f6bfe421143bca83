import { assert } from './assert.ts';
import {
  ONE,
  ZERO,
  asIndex,
  decimalOfUnits,
  decimalPlaces,
  formatDecimal,
  unitsOfDecimal,
} from './decimal.ts';
import type { Index, Rate } from './decimal.ts';
import { INDEX_DIGITS, MAX_COMPOUND_SECONDS } from './limits.ts';
import type { Money } from './money.ts';
import { checkedUnits, powerOfTen } from './number-text.ts';
import { divideUnits } from './rounding.ts';
import type { Rounding } from './rounding.ts';

/**
 * debt_now = principal · index_now / index_then, in the asset's smallest units. Round `up` what is owed to
 * the house and `down` what the house owes. `remainder` is in units · index_then: principal · index_now =
 * units · index_then + remainder.
 */
export const accrued = (
  principalUnits: bigint,
  indexThen: Index,
  indexNow: Index,
  rounding: Rounding,
): Readonly<{ units: bigint; remainder: bigint }> => {
  const now = unitsOfDecimal(indexNow, INDEX_DIGITS);
  const then = unitsOfDecimal(indexThen, INDEX_DIGITS);
  assert(now >= then, () => `Expected an index that does not fall, was ${formatDecimal(indexNow)}`);
  const { quotient, remainder } = divideUnits(principalUnits * now, then, rounding);
  return { units: checkedUnits(quotient), remainder };
};

/** The same for an amount: what a principal has grown to. */
export const accruedMoney = (
  principal: Money,
  indexThen: Index,
  indexNow: Index,
  rounding: Rounding,
): Money => ({
  asset: principal.asset,
  scale: principal.scale,
  units: accrued(principal.units, indexThen, indexNow, rounding).units,
});

/**
 * Decimals kept while a power is computed: ten more than the index has, so that guard digits absorb the
 * steps' rounding.
 */
const WORKING_DIGITS = INDEX_DIGITS + 10;
const WORKING_ONE = powerOfTen(WORKING_DIGITS);

const multiplyWorking = (a: bigint, b: bigint, rounding: Rounding): bigint =>
  divideUnits(a * b, WORKING_ONE, rounding).quotient;

/**
 * index · (1 + ratePerSecond)^seconds to 27 decimals, by squaring. Every step is rounded in the named
 * direction (`up` for borrowers, `down` for lenders), so that the result is never on the wrong side of the
 * exact power.
 */
export const compound = (
  index: Index,
  ratePerSecond: Rate,
  seconds: number,
  rounding: 'up' | 'down',
): Index => {
  assert(
    Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_COMPOUND_SECONDS,
    () => `Expected whole seconds from 0 to ${MAX_COMPOUND_SECONDS}, was ${seconds}`,
  );
  assert(
    ratePerSecond.gte(ZERO) && ratePerSecond.lt(ONE) && decimalPlaces(ratePerSecond) <= WORKING_DIGITS,
    () => `Expected a rate per second from 0 to below 1, was ${formatDecimal(ratePerSecond)}`,
  );
  let base = WORKING_ONE + unitsOfDecimal(ratePerSecond, WORKING_DIGITS);
  let factor = WORKING_ONE;
  for (let left = seconds; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) factor = multiplyWorking(factor, base, rounding);
    if (left > 1) base = multiplyWorking(base, base, rounding);
  }
  const grown = divideUnits(unitsOfDecimal(index, INDEX_DIGITS) * factor, WORKING_ONE, rounding).quotient;
  return asIndex(decimalOfUnits(grown, INDEX_DIGITS));
};
