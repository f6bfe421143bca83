import { greekBlock, priceBlock, type Settlement } from './block-kernel.ts';
import type { Greeks } from './greek-columns.ts';
import { checkOption, type OptionInput } from './option-input.ts';
import { plainKernel } from './plain-kernel.ts';

const { columns } = plainKernel;

/** Price and sensitivities of one option: a block of one. */
export const greeksOfOne = (option: OptionInput, settlement: Settlement): Greeks => {
  checkOption(option);
  const { isCall, forward, strike, volatility, years, discount = 1 } = option;
  columns.sign[0] = isCall ? 1 : -1;
  columns.forward[0] = forward;
  columns.strike[0] = strike;
  columns.volatility[0] = volatility;
  columns.years[0] = years;
  columns.discount[0] = discount;
  greekBlock(plainKernel, 1, settlement);
  return {
    price: columns.price[0]!,
    delta: columns.delta[0]!,
    gamma: columns.gamma[0]!,
    vega: columns.vega[0]!,
    theta: columns.theta[0]!,
    rho: columns.rho[0]!,
    vanna: columns.vanna[0]!,
    volga: columns.volga[0]!,
  };
};

/**
 * Undiscounted value of a European option by Black's formula; `v` = σ·√T ≥ 0. Whatever is 0 has its limit.
 */
export const blackValue = (isCall: boolean, forward: number, strike: number, v: number): number => {
  columns.sign[0] = isCall ? 1 : -1;
  columns.forward[0] = forward;
  columns.strike[0] = strike;
  columns.deviation[0] = v;
  columns.discount[0] = 1;
  priceBlock(plainKernel, 1);
  return columns.price[0]!;
};
