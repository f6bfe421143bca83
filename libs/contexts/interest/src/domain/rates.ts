import type { RateCurve } from '@plinth/messages';
import {
  asRate,
  decimalOf,
  decimalOfUnits,
  divide,
  divideUnits,
  minDecimal,
  multiply,
  ONE,
  powerOfTen,
  subtractDecimal,
  ZERO,
  type Decimal,
  type Rate,
} from '@plinth/money';
import { borrowRate, supplyCurveRate } from './curves/index.ts';
import { RATE_DIGITS } from './curves/curve-kind.ts';
import { YEAR_SECONDS } from './year.ts';

/** What a pool holds and is owed, in the smallest units of its asset. */
export type PoolAmounts = Readonly<{
  /** Not lent; below zero when fills had to be lent more than the pool had. */
  cash: bigint;
  /** Debts of all borrowers with accrued interest. */
  debt: bigint;
  /** Claims of all suppliers with accrued interest. */
  supplied: bigint;
  /** The house's share of past interest, which is part of cash and debt but not lendable. */
  reserve: bigint;
}>;

export type PoolTerms = Readonly<{
  curve: RateCurve;
  reserveFactor: string;
  /** Where a moving curve stands; empty for others. */
  rateAtTarget: string;
}>;

export type PoolRates = Readonly<{ utilisation: Decimal; borrow: Decimal; supply: Decimal }>;

const atLeastZero = (units: bigint): bigint => (units > 0n ? units : 0n);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/**
 * What the pool could lend in all: cash + debt − reserve; never below the debt, so that U stays within [0,
 * 1].
 */
const lendable = ({ cash, debt, reserve }: PoolAmounts): bigint =>
  larger(cash + debt - atLeastZero(reserve), debt);

/** U = debt / (cash + debt − reserve), within [0, 1], rounded up to 18 decimals. */
export const utilisationOf = (amounts: PoolAmounts): Decimal => {
  if (amounts.debt <= 0n) return ZERO;
  const scaled = amounts.debt * powerOfTen(RATE_DIGITS);
  return decimalOfUnits(divideUnits(scaled, lendable(amounts), 'ceil').quotient, RATE_DIGITS);
};

/**
 * Rates per year from now on. Borrowers pay what the curve says, rounded up. Suppliers earn borrow · U · (1
 * − reserve factor), rounded down, and never more than the borrowers pay: when the claims are larger than
 * what is there (a loss was written off), the interest is shared over the claims, so supply = borrow · debt
 * · (1 − reserve factor) / max(cash + debt − reserve, debt, supplied).
 */
export const ratesOf = (terms: PoolTerms, amounts: PoolAmounts): PoolRates => {
  const utilisation = utilisationOf(amounts);
  const borrow = borrowRate(terms.curve, utilisation, terms.rateAtTarget);
  if (amounts.debt <= 0n) return { utilisation, borrow, supply: ZERO };
  const kept = multiply(borrow, subtractDecimal(ONE, decimalOf(terms.reserveFactor)));
  const income = multiply(kept, decimalOfUnits(amounts.debt, 0));
  const shared = decimalOfUnits(larger(lendable(amounts), amounts.supplied), 0);
  const most = divide(income, shared, RATE_DIGITS, 'down').quotient;
  // Suppliers with a curve of their own get what it says, as far as the borrowers pay it.
  const own = supplyCurveRate(terms.curve, utilisation);
  return { utilisation, borrow, supply: own === undefined ? most : minDecimal(own, most) };
};

/** Decimals of a rate per second: what the compounding of an index takes. */
const PER_SECOND_DIGITS = 37;

/** A rate per year as a rate per second: up for borrowers, down for suppliers. */
export const perSecond = (ratePerYear: Decimal, rounding: 'up' | 'down'): Rate =>
  asRate(divide(ratePerYear, decimalOfUnits(BigInt(YEAR_SECONDS), 0), PER_SECOND_DIGITS, rounding).quotient);
