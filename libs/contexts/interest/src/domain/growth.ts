import {
  addDecimal,
  asRate,
  compound,
  decimalOfUnits,
  divide,
  INDEX_START,
  multiply,
  ONE,
  type Decimal,
  type Index,
} from '@plinth/money';
import { perSecond } from './rates.ts';
import { YEAR_SECONDS } from './year.ts';

const GROWTH_DIGITS = 27;

/**
 * 1 + rate · t: simple interest over whole seconds, a year of 365 days. Suppliers of Aave earn so between
 * updates.
 */
export const linearGrowth = (ratePerYear: Decimal, seconds: number): Decimal =>
  addDecimal(
    ONE,
    divide(
      multiply(ratePerYear, decimalOfUnits(BigInt(seconds), 0)),
      decimalOfUnits(BigInt(YEAR_SECONDS), 0),
      GROWTH_DIGITS,
      'down',
    ).quotient,
  );

/**
 * What 1 owed grows to: (1 + rate/31,536,000)^seconds, rounded up. Below exp(rate · t), which peers use, by a
 * share of rate² · t/2 / 31,536,000 (t in years).
 */
export const compoundGrowth = (ratePerYear: Decimal, seconds: number): Index =>
  compound(INDEX_START, perSecond(ratePerYear, 'up'), seconds, 'up');

/** The same for a rate that is per second already. */
export const compoundGrowthPerSecond = (ratePerSecond: Decimal, seconds: number): Index =>
  compound(INDEX_START, asRate(ratePerSecond), seconds, 'up');
