import { divideUnits } from '@plinth/money';
import type { Vote } from './aggregate.ts';
import { PRICE_ONE } from './price-units.ts';

/**
 * A quote in another asset, in USD: price · rate to the nearest unit; the confidence covers the worst
 * corner of both bands, (p + c)(r + c_r) − p·r, rounded up.
 */
export const convert = (quote: Vote, rate: Vote): Vote => {
  const price = quote.price * rate.price;
  const corner = (quote.price + quote.confidence) * (rate.price + rate.confidence);
  return {
    price: divideUnits(price, PRICE_ONE, 'half-even').quotient,
    confidence: divideUnits(corner - price, PRICE_ONE, 'ceil').quotient,
  };
};
