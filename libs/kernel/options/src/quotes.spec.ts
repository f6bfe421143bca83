import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { blackPrice } from './black-76.ts';
import { quoteProblem, volatilityQuotes, type OptionQuote } from './quotes.ts';
import { spotGreeks } from './spot-option.ts';

const [FORWARD, YEARS, DISCOUNT] = [100, 0.5, 0.98];
const STRIKES = [70, 80, 90, 100, 110, 120, 140];

const fair = (strike: number, isCall: boolean, volatility = 0.6): number =>
  blackPrice({ isCall, forward: FORWARD, strike, volatility, years: YEARS, discount: DISCOUNT });
const quoted = (spread: number): readonly OptionQuote[] =>
  STRIKES.flatMap((strike) =>
    [true, false].map((isCall) => {
      const price = fair(strike, isCall);
      return { strike, isCall, bid: price * (1 - spread), ask: price * (1 + spread) };
    }),
  );
const changed = (strike: number, isCall: boolean, change: Partial<OptionQuote>): readonly OptionQuote[] =>
  quoted(0.01).map((quote) =>
    quote.strike === strike && quote.isCall === isCall ? { ...quote, ...change } : quote,
  );
const problem = (quotes: readonly OptionQuote[]) => quoteProblem(quotes, FORWARD, DISCOUNT);

describe('quotes', () => {
  it('that surround fair prices have nothing to win', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.5, noNaN: true }), (spread) => {
        expect(problem(quoted(spread))).toBeUndefined();
      }),
    );
  });

  it.each([
    ['a bid above the ask', changed(100, true, { bid: 30, ask: 29 }), { kind: 'crossed', strike: 100 }],
    [
      'call and put against one another',
      changed(100, true, { bid: 19, ask: 20 }),
      { kind: 'crossed', strike: 100 },
    ],
    ['less than the intrinsic value', changed(70, true, { bid: 1, ask: 2 }), { kind: 'bounds', strike: 70 }],
    ['more than the strike', changed(70, false, { bid: 69, ask: 70 }), { kind: 'bounds', strike: 70 }],
  ])('%s is found', (_, quotes, expected) => {
    expect(problem(quotes)).toMatchObject(expected);
  });

  it('spreads and butterflies that pay to be held are found', () => {
    const calls = (...prices: readonly number[]) =>
      prices.map((price, i) => ({ strike: 100 + 10 * i, isCall: true, bid: price, ask: price + 0.01 }));
    expect(problem(calls(10, 11))).toMatchObject({ kind: 'spread', strike: 100 });
    expect(problem(calls(20, 5))).toMatchObject({ kind: 'spread', strike: 100 });
    expect(problem(calls(16, 13, 6))).toMatchObject({ kind: 'butterfly', strike: 110 });
    expect(problem(calls(16, 10, 6))).toBeUndefined();
  });

  it('become volatilities of what is out of the money, the tight ones with more weight', () => {
    const wide = changed(120, true, { bid: fair(120, true, 0.55), ask: fair(120, true, 0.65) });
    const found = volatilityQuotes(wide, FORWARD, YEARS, DISCOUNT);
    expect(found).toHaveLength(STRIKES.length);
    for (const { volatility } of found) expect(volatility).toBeCloseTo(0.6, 3);
    const weights = new Map(found.map(({ k, weight }) => [Math.round(FORWARD * Math.exp(k)), weight ?? 1]));
    expect(weights.get(120)).toBeLessThan(weights.get(110)!);
    expect(() => volatilityQuotes(changed(100, true, { bid: 30, ask: 29 }), FORWARD, YEARS)).toThrow(
      '(crossed)',
    );
  });
});

describe('options on a spot price', () => {
  const option = {
    isCall: false,
    spot: 430,
    strike: 405,
    rate: 0.07,
    carryYield: 0.05,
    volatility: 0.2,
    years: 1 / 12,
  };

  it('have the slopes of their price', () => {
    const slope = (
      field: 'spot' | 'rate' | 'carryYield' | 'volatility' | 'years' | 'strike',
      step: number,
    ): number =>
      (spotGreeks({ ...option, [field]: option[field] + step }).price -
        spotGreeks({ ...option, [field]: option[field] - step }).price) /
      (2 * step);
    const greeks = spotGreeks(option);
    expect(greeks.delta).toBeCloseTo(slope('spot', 1e-3), 7);
    expect(greeks.vega).toBeCloseTo(slope('volatility', 1e-5), 4);
    expect(greeks.theta).toBeCloseTo(-slope('years', 1e-6), 3);
    expect(greeks.rho).toBeCloseTo(slope('rate', 1e-5), 4);
    expect(greeks.yieldRho).toBeCloseTo(slope('carryYield', 1e-5), 4);
    expect(greeks.strikeDelta).toBeCloseTo(slope('strike', 1e-3), 7);
    expect(greeks.elasticity).toBeCloseTo((greeks.delta * option.spot) / greeks.price, 12);
  });

  it('refuse a spot price of 0', () => {
    expect(() => spotGreeks({ ...option, spot: 0 })).toThrow('spot: Expected a number above 0');
  });
});
