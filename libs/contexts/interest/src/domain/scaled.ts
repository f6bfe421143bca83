import { divideUnits, INDEX_DIGITS, powerOfTen, unitsOfDecimal, type Index } from '@plinth/money';

/**
 * Scaled amounts: an amount divided by the index to which it refers, so that Σ amounts · index_now /
 * index_then of any number of accounts is one multiplication. In 10^-9 of the smallest unit per unit of
 * index.
 *
 * Debts are rounded up and claims down, both here and in the total: for n accounts the total of debts is at
 * least the exact sum and less than n · index / 10^9 + 1 units above it; the total of claims lies as much
 * below.
 */
const EXTRA_DIGITS = 9;
const EXTRA = powerOfTen(EXTRA_DIGITS);
const INDEX_UNIT = powerOfTen(INDEX_DIGITS);

export type ScaledSide = 'debts' | 'supplied';

const towards = (side: ScaledSide): 'ceil' | 'floor' => (side === 'debts' ? 'ceil' : 'floor');

/** amount / index_then. */
export const scaledOf = (side: ScaledSide, units: bigint, indexThen: Index): bigint =>
  divideUnits(units * EXTRA * INDEX_UNIT, unitsOfDecimal(indexThen, INDEX_DIGITS), towards(side)).quotient;

/** Σ scaled · index_now in smallest units. */
export const totalOf = (side: ScaledSide, scaled: bigint, indexNow: Index): bigint =>
  divideUnits(scaled * unitsOfDecimal(indexNow, INDEX_DIGITS), EXTRA * INDEX_UNIT, towards(side)).quotient;
