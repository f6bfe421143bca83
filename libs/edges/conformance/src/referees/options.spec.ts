import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fieldsAt, numberAt, type Fields } from '../fields.ts';
import { optionsBsmHaug } from '../formats/06-options-bsm-haug.ts';
import { density, exponential, fixed, floated, logarithm, normal, over, squareRoot, times } from './fixed.ts';

const RUNS = { numRuns: 1_000, seed: 19_730_501 };
/** Black, Scholes and Merton with a yield, and its sensitivities in their closed forms. */
const again = (input: Fields): Readonly<Record<string, bigint>> => {
  const [s, k, r, q, t, v] = ['spot', 'strike', 'rate', 'dividend_yield', 't_years', 'vol'].map((name) =>
    fixed(numberAt(input, name)),
  ) as [bigint, bigint, bigint, bigint, bigint, bigint];
  const root = times(v, squareRoot(t));
  const d1 = over(logarithm(over(s, k)) + times(r - q + times(v, v) / 2n, t), root);
  const d2 = d1 - root;
  const [kept, paid] = [exponential(-times(q, t)), exponential(-times(r, t))];
  const side = input['type'] === 'call' ? 1n : -1n;
  const [n1, n2] = [normal(side * d1), normal(side * d2)];
  const [ofSpot, ofStrike] = [times(times(s, kept), n1), times(times(k, paid), n2)];
  const price = side * (ofSpot - ofStrike);
  const delta = side * times(kept, n1);
  const bell = times(kept, density(d1));
  const vega = times(times(s, bell), squareRoot(t));
  const decay = times(times(s, bell), over(v, 2n * squareRoot(t)));
  const theta = -decay - side * times(r, ofStrike) + side * times(q, ofSpot);
  return {
    price,
    delta,
    gamma: over(bell, times(s, root)),
    vega,
    theta,
    theta_per_day: theta / 365n,
    rho: side * times(t, ofStrike),
    dividend_rho: -side * times(t, ofSpot),
    vanna: -over(times(bell, d2), v),
    volga: over(times(vega, times(d1, d2)), v),
    delta_forward: side * times(paid, n1),
    strike_sensitivity: -side * times(paid, n2),
    itm_cash_probability: n2,
  };
};

describe('options on a spot price, by a second derivation', () => {
  it('agree in price and every sensitivity, far in and far out of the money', () => {
    const number = (low: number, high: number, per: number) =>
      fc.integer({ min: Math.round(low * per), max: Math.round(high * per) }).map((n) => n / per);
    const made = fc.record({
      type: fc.constantFrom('call', 'put'),
      spot: number(1, 200, 100),
      strike: number(1, 200, 100),
      rate: number(-0.05, 0.3, 1_000),
      dividend_yield: number(-0.05, 0.3, 1_000),
      t_years: number(0.01, 3, 100),
      vol: number(0.1, 2, 100),
    });
    fc.assert(
      fc.property(made, (input) => {
        const answer = fieldsAt({ answer: optionsBsmHaug.evaluate({ input }, undefined as never) }, 'answer');
        // Of the size of the whole: a float has no more.
        const scale = 1 + input.spot + input.strike;
        for (const [name, value] of Object.entries(again(input)))
          expect([name, Math.abs(numberAt(answer, name) - floated(value)) <= 1e-12 * scale * scale]).toEqual([
            name,
            true,
          ]);
      }),
      RUNS,
    );
  });
});
