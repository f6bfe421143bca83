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

/** Price of an option settled in its own coin, in coins: the linear price over the forward. */
export const inversePrice = (option: OptionInput): number => {
  checkOption(option);
  const { isCall, forward, strike, volatility, years, discount = 1 } = option;
  return (discount * blackValue(isCall, forward, strike, volatility * Math.sqrt(years))) / forward;
};

const one = greekColumns(1);

/**
 * Price and sensitivities in coins of W = V/F, per unit of the forward (which stays in quote units). In
 * closed form, so that nothing is lost where V/F and ∂V/∂F are close:
 *
 *   ∂W/∂F = df·θ·K·Φ(θ·d₂)/F²                ∂²W/∂F² = df·[K·φ(d₂)/v − 2·θ·K·Φ(θ·d₂)]/F³
 *   ∂W/∂σ = df·φ(d₁)·√T                      ∂²W/∂F∂σ = −df·φ(d₁)·d₁/(F·σ)
 */
export const inverseGreeks = (option: OptionInput): Greeks => {
  checkOption(option);
  const { isCall, forward, strike, volatility, years, discount = 1 } = option;
  writeInverseGreeks(one, 0, isCall, forward, strike, volatility, years, discount);
  return greeksAt(one, 0);
};

/** The same into place `i` of the columns, for inputs that are checked. */
export const writeInverseGreeks = (
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
  const price = (discount * blackValue(isCall, forward, strike, v)) / forward;
  const sign = isCall ? 1 : -1;
  const ratio = strike / forward;
  const decay = years > 0 && discount !== 1 ? (-log(discount) / years) * price : 0;
  out.price[i] = price;
  out.rho[i] = -years * price;
  out.theta[i] = decay;
  if (!(v > 0)) {
    const delta = (discount * sign * ratio * heaviside(sign * (forward - strike))) / forward;
    writeLimit(out, i, delta, (-2 * delta) / forward);
    return;
  }
  const moneyness = logRatio(forward, strike) / v;
  const d1 = moneyness + 0.5 * v;
  const d2 = moneyness - 0.5 * v;
  const density = discount * normPdf(d1);
  const delta = (discount * sign * ratio * normCdf(sign * d2)) / forward;
  const vega = density * root;
  out.delta[i] = delta;
  // K·φ(d₂) = F·φ(d₁).
  out.gamma[i] = ((density > 0 ? density / v : 0) - 2 * delta * forward) / (forward * forward);
  out.vega[i] = vega;
  out.theta[i] = decay - (vega * volatility) / (2 * years);
  out.vanna[i] = density > 0 ? (-density * d1) / (forward * volatility) : 0;
  out.volga[i] = density > 0 ? (vega * d1 * d2) / volatility : 0;
};
