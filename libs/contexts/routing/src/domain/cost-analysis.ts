import type { Side } from '@plinth/market';
import { SIGN } from '@plinth/market';
import type { Decimal } from '@plinth/money';
import { ZERO, addDecimal, decimalOf, divide, formatDecimal, multiply, negateDecimal } from '@plinth/money';

/** Decimals of an average price. */
const DIGITS = 12;
const BPS = decimalOf('10000');

export type TradedAmounts = Readonly<{
  side: Side;
  arrivalPrice: string;
  contractSize: string;
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
 * Implementation shortfall (Perold 1988) of what was filled: side · (Σ price·quantity − arrival·filled) ·
 * contract size + fees. Exact, the average and the basis points excepted (rounded half away from zero).
 */
export const executionCosts = (traded: TradedAmounts): ExecutionCosts => {
  const arrival = decimalOf(traded.arrivalPrice);
  const size = decimalOf(traded.contractSize);
  const atArrival = multiply(arrival, traded.filled);
  const worse = addDecimal(traded.notional, negateDecimal(atArrival));
  const priceCost = multiply(SIGN[traded.side] > 0 ? worse : negateDecimal(worse), size);
  const implementationShortfall = addDecimal(priceCost, traded.fees);
  const isEmpty = traded.filled.eq(ZERO);
  const base = multiply(atArrival, size);
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
