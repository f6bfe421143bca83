import type { Greeks } from './greek-columns.ts';
import { blackValue, greeksOfOne } from './one-option.ts';
import { checkOption, type OptionInput } from './option-input.ts';

/**
 * Black (1976): V = df·θ·[F·Φ(θ·d₁) − K·Φ(θ·d₂)], d₁ = ln(F/K)/v + v/2, d₂ = d₁ − v, v = σ·√T, θ = 1 for a
 * call and −1 for a put. In quote units; |error| ≤ 1e-12·F.
 */
export const blackPrice = (option: OptionInput): number => {
  checkOption(option);
  const { isCall, forward, strike, volatility, years, discount = 1 } = option;
  return discount * blackValue(isCall, forward, strike, volatility * Math.sqrt(years));
};

/**
 * Price and sensitivities of a linear option, in quote units. At expiry and at zero volatility the limits:
 * delta is 1, ½ or 0 times the discount, gamma, vega, vanna and volga are 0.
 */
export const blackGreeks = (option: OptionInput): Greeks => greeksOfOne(option, 'linear');
