import { checkBetween, checkPositive, refuse } from './checks.ts';
import { LIMITS } from './limits.ts';

/** A European option and its market. Amounts in quote units. */
export type OptionInput = Readonly<{
  isCall: boolean;
  forward: number;
  strike: number;
  /** Per √year. */
  volatility: number;
  /** To expiry, of 365 days. */
  years: number;
  /** Value today of 1 at expiry; 1 unless said otherwise. */
  discount?: number;
}>;

export const checkMarket = ({
  forward,
  strike,
  years,
  discount = 1,
}: Omit<OptionInput, 'volatility'>): void => {
  checkPositive('forward', forward, LIMITS.price);
  checkBetween('strike', strike, 0, LIMITS.price);
  if (years < 0) refuse('years', `Expected an option before its expiry, was ${-years} years past it`);
  checkBetween('years', years, 0, LIMITS.years);
  checkPositive('discount', discount, 1e3);
};

export const checkOption = (option: OptionInput): void => {
  checkMarket(option);
  checkBetween('volatility', option.volatility, 0, LIMITS.volatility);
};
