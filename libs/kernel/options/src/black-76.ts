import { log, logRatio, normCdf, normPdf } from '@plinth/maths';
import {
  greekColumns,
  greeksAt,
  heaviside,
  writeLimit,
  type GreekColumns,
  type Greeks,
} from './greek-columns.ts';
import { checkOption, type OptionInput } from './option-input.ts';
import { blackValue } from './time-value.ts';

/**
 * Black (1976): V = df·θ·[F·Φ(θ·d₁) − K·Φ(θ·d₂)], d₁ = ln(F/K)/v + v/2, d₂ = d₁ − v, v = σ·√T, θ = 1 for a
 * call and −1 for a put. In quote units; |error| ≤ 1e-12·F.
 */
export const blackPrice = (option: OptionInput): number => {
  checkOption(option);
  const { isCall, forward, strike, volatility, years, discount = 1 } = option;
  return discount * blackValue(isCall, forward, strike, volatility * Math.sqrt(years));
};

const one = greekColumns(1);

/**
 * Price and sensitivities of a linear option, in quote units. At expiry and at zero volatility the limits:
 * delta is 1, ½ or 0 times the discount, gamma, vega, vanna and volga are 0.
 */
export const blackGreeks = (option: OptionInput): Greeks => {
  checkOption(option);
  const { isCall, forward, strike, volatility, years, discount = 1 } = option;
  writeBlackGreeks(one, 0, isCall, forward, strike, volatility, years, discount);
  return greeksAt(one, 0);
};

/** The same into place `i` of the columns, for inputs that are checked: a batch of one is a batch of many. */
export const writeBlackGreeks = (
  out: GreekColumns,
  i: number,
  isCall: boolean,
  forward: number,
  strike: number,
  volatility: number,
  years: number,
  discount: number,
): void => {
  const root = Math.sqrt(years);
  const v = volatility * root;
  const price = discount * blackValue(isCall, forward, strike, v);
  const sign = isCall ? 1 : -1;
  const decay = years > 0 && discount !== 1 ? (-log(discount) / years) * price : 0;
  out.price[i] = price;
  out.rho[i] = -years * price;
  out.theta[i] = decay;
  if (!(v > 0)) {
    writeLimit(out, i, discount * sign * heaviside(sign * (forward - strike)), 0);
    return;
  }
  const moneyness = logRatio(forward, strike) / v;
  const d1 = moneyness + 0.5 * v;
  const d2 = moneyness - 0.5 * v;
  const density = discount * normPdf(d1);
  const vega = density * forward * root;
  out.delta[i] = discount * sign * normCdf(sign * d1);
  out.gamma[i] = density > 0 ? density / (forward * v) : 0;
  out.vega[i] = vega;
  out.theta[i] = decay - (vega * volatility) / (2 * years);
  // Where d₁ is infinite (a strike of 0) the density is 0 and so is each product with it.
  out.vanna[i] = density > 0 ? (-density * d2) / volatility : 0;
  out.volga[i] = vega > 0 ? (vega * d1 * d2) / volatility : 0;
};
