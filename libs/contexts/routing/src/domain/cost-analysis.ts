import type { Side } from '@plinth/market';
import { SIGN } from '@plinth/market';
import type { Decimal } from '@plinth/money';
import { ZERO, addDecimal, decimalOf, divide, formatDecimal, multiply, negateDecimal } from '@plinth/money';

/** Decimals of an average price. */
const DIGITS = 12;
const INVERSE_DIGITS = 18;
const BPS = decimalOf('10000');

export type TradedAmounts = Readonly<{
  side: Side;
  arrivalPrice: string;
  contractSize: string;
  /** Valued by the inverse of its price. */
  inverse: boolean;
  /** Units of the instrument. */
  filled: Decimal;
  /** Σ price × quantity, contract size not included. */
  notional: Decimal;
  /** In the quote asset. */
  fees: Decimal;
}>;

/** What an execution cost in the quote asset; positive = worse than the price at which the order arrived. */
export type ExecutionCosts = Readonly<{
  averagePrice: Decimal | undefined;
  priceCost: Decimal;
  fees: Decimal;
  implementationShortfall: Decimal;
  shortfallBps: Decimal;
}>;

/**
 * Inverse contracts: size · (filled / arrival − filled / average), in the settlement coin; positive for a
 * dear buy.
 */
const inverseWorse = ({ filled, notional }: TradedAmounts, arrival: Decimal): Decimal => {
  if (filled.eq(ZERO)) return ZERO;
  const atArrival = divide(filled, arrival, INVERSE_DIGITS, 'half-away').quotient;
  const traded = divide(multiply(filled, filled), notional, INVERSE_DIGITS, 'half-away').quotient;
  return addDecimal(atArrival, negateDecimal(traded));
};

/**
 * Implementation shortfall (Perold 1988) of what was filled: side · (Σ price·quantity − arrival·filled) ·
 * contract size + fees; of inverse contracts at the average price. Exact, what is divided excepted (rounded
 * half away from zero).
 */
export const executionCosts = (traded: TradedAmounts): ExecutionCosts => {
  const arrival = decimalOf(traded.arrivalPrice);
  const size = decimalOf(traded.contractSize);
  const atArrival = multiply(arrival, traded.filled);
  const worse = traded.inverse
    ? inverseWorse(traded, arrival)
    : addDecimal(traded.notional, negateDecimal(atArrival));
  const priceCost = multiply(SIGN[traded.side] > 0 ? worse : negateDecimal(worse), size);
  const implementationShortfall = addDecimal(priceCost, traded.fees);
  const isEmpty = traded.filled.eq(ZERO);
  const base = traded.inverse
    ? divide(multiply(traded.filled, size), arrival, INVERSE_DIGITS, 'half-away').quotient
    : multiply(atArrival, size);
  return {
    averagePrice: isEmpty ? undefined : divide(traded.notional, traded.filled, DIGITS, 'half-away').quotient,
    priceCost,
    fees: traded.fees,
    implementationShortfall,
    shortfallBps: base.eq(ZERO)
      ? ZERO
      : divide(multiply(implementationShortfall, BPS), base, 4, 'half-away').quotient,
  };
};

/** Canonical text of a cost; an average that does not exist is empty. */
export const costText = (value: Decimal | undefined): string =>
  value === undefined ? '' : formatDecimal(value);
