/** Beyond these one of the amounts is nothing beside the other, and v moves nothing. */
const LEAST_AMOUNT = 1e-60;
const MOST_AMOUNT = 1e60;
const LEAST_DEVIATION = 1e-100;
const MOST_DEVIATION = 1e6;

/** Whether the formulas hold as they stand, with v = σ·√T; false also where anything is no number. */
export const isOrdinary = (forward: number, strike: number, v: number): boolean =>
  forward >= LEAST_AMOUNT &&
  forward <= MOST_AMOUNT &&
  strike >= LEAST_AMOUNT &&
  strike <= MOST_AMOUNT &&
  v >= LEAST_DEVIATION &&
  v <= MOST_DEVIATION;

/** Whether what is not ordinary has a limit: no volatility left, or an amount of (nearly) 0. */
export const hasLimit = (forward: number, strike: number, v: number): boolean =>
  forward >= 0 &&
  forward <= MOST_AMOUNT &&
  strike >= 0 &&
  strike <= MOST_AMOUNT &&
  v >= 0 &&
  v <= MOST_DEVIATION;
