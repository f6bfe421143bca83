import { spotGreeks } from '@plinth/options';
import { CaseError, fieldsAt, numberAt, textAt } from '../fields.ts';
import type { CaseFormat } from '../format.ts';

/** Figures of the book are printed with four decimals, its last one rounded by hand. */
const TABULATED = 2e-4;

/**
 * European options on a spot price with a yield. Optional keys: `dividend_yield` 0. `expected.abs_tol` counts
 * where it is wider than 2e-4.
 */
export const optionsBsmHaug: CaseFormat = {
  name: '06-options-bsm-haug',
  keys: ['input.type', 'input.strike', 'input.spot', 'input.rate', 'input.t_years', 'input.vol'],
  tolerance: (item) => ({
    relative: 0,
    absolute: Math.max(TABULATED, numberAt(fieldsAt(item, 'expected'), 'abs_tol', 0)),
  }),
  evaluate: (item) => {
    const input = fieldsAt(item, 'input');
    const value = spotGreeks({
      isCall: isCall(textAt(input, 'type')),
      strike: numberAt(input, 'strike'),
      spot: numberAt(input, 'spot'),
      carryYield: numberAt(input, 'dividend_yield', 0),
      rate: numberAt(input, 'rate'),
      years: numberAt(input, 't_years'),
      volatility: numberAt(input, 'vol'),
    });
    return {
      price: value.price,
      delta: value.delta,
      gamma: value.gamma,
      vega: value.vega,
      theta: value.theta,
      theta_per_day: value.theta / 365,
      rho: value.rho,
      dividend_rho: value.yieldRho,
      elasticity: value.elasticity,
      vanna: value.vanna,
      volga: value.volga,
      vomma: value.volga,
      delta_forward: value.deltaForward,
      strike_sensitivity: value.strikeDelta,
      itm_cash_probability: value.probabilityInTheMoney,
    };
  },
};

const isCall = (type: string): boolean => {
  if (type !== 'call' && type !== 'put') throw new CaseError(`type: Expected call or put, was ${type}`);
  return type === 'call';
};
