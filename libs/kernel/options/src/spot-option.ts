import { exp } from '@plinth/maths';
import { blackGreeks } from './black-76.ts';
import { checkBetween, checkPositive } from './checks.ts';
import { LIMITS } from './limits.ts';

/**
 * An option on an asset that pays a continuous yield, in terms of the spot price. Rates per year, continuous.
 */
export type SpotOption = Readonly<{
  isCall: boolean;
  spot: number;
  strike: number;
  rate: number;
  /** Dividend, staking or lending yield of the asset. */
  carryYield: number;
  volatility: number;
  years: number;
}>;

export type SpotGreeks = Readonly<{
  price: number;
  delta: number;
  gamma: number;
  vega: number;
  /** Change in a year of passing time, at the same spot price. */
  theta: number;
  /** For a rate higher by 1.00, the spot price being the same. */
  rho: number;
  /** For a yield higher by 1.00. */
  yieldRho: number;
  /** Change of the price in per cent for 1 % of the spot price; 0 for an option that is worth nothing. */
  elasticity: number;
  /** ∂²V/∂S∂σ and ∂²V/∂σ². */
  vanna: number;
  volga: number;
  /** ∂V/∂F. */
  deltaForward: number;
  /** ∂V/∂K. */
  strikeDelta: number;
  /** Risk-neutral probability of being exercised. */
  probabilityInTheMoney: number;
}>;

/**
 * The formula of Black, Scholes and Merton: Black's, with F = S·e^((r−q)·T) and df = e^(−r·T), and the
 * sensitivities by the chain rule: ∂V/∂S = ∂V/∂F·F/S; at the same spot price F moves with r, q and T.
 */
export const spotGreeks = (option: SpotOption): SpotGreeks => {
  const { isCall, spot, strike, rate, carryYield, volatility, years } = option;
  checkPositive('spot', spot, LIMITS.price);
  checkBetween('rate', rate, -10, 10);
  checkBetween('carryYield', carryYield, -10, 10);
  const carry = rate - carryYield;
  const growth = exp(carry * years);
  const forward = spot * growth;
  const discount = exp(-rate * years);
  const value = blackGreeks({ isCall, forward, strike, volatility, years, discount });
  const delta = value.delta * growth;
  // V is homogeneous of degree 1 in F and K: V = F·∂V/∂F + K·∂V/∂K.
  const strikeDelta = strike > 0 ? (value.price - value.delta * forward) / strike : 0;
  return {
    price: value.price,
    delta,
    gamma: value.gamma * growth * growth,
    vega: value.vega,
    // −∂V/∂T of Black's formula discounts at r = −ln(df)/T already; the forward comes closer to the spot
    // price.
    theta: value.theta - value.delta * carry * forward,
    rho: value.rho + value.delta * years * forward,
    yieldRho: -value.delta * years * forward,
    elasticity: value.price > 0 ? (delta * spot) / value.price : 0,
    vanna: value.vanna * growth,
    volga: value.volga,
    deltaForward: value.delta,
    strikeDelta,
    probabilityInTheMoney: Math.abs(strikeDelta) / discount,
  };
};
