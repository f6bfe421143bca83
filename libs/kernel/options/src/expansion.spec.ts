import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { blackGreeks, blackPrice } from './black-76.ts';
import { expansionBound } from './expansion.ts';

const STRIKE = 100;
type Terms = Readonly<{ forward: number; volatility: number; years: number }>;

const leftOver = (isCall: boolean, from: Terms, to: Terms): number => {
  const option = { isCall, strike: STRIKE };
  const { price, delta, gamma, vega, theta } = blackGreeks({ ...option, ...from });
  const move = to.forward - from.forward;
  const expansion =
    delta * move +
    0.5 * gamma * move * move +
    vega * (to.volatility - from.volatility) +
    theta * (from.years - to.years);
  return blackPrice({ ...option, ...to }) - price - expansion;
};

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
/** Not drawn towards special values. */
const even = (min: number, max: number) =>
  fc.integer({ min: 0, max: 1e6 }).map((n) => min + ((max - min) * n) / 1e6);
const termsOf = (forward: fc.Arbitrary<number>, years: fc.Arbitrary<number>) =>
  fc.record({ forward, years, volatility: fc.oneof(between(0.05, 3), fc.constant(0)) });
const ANY = termsOf(
  fc.oneof(between(20, 500), fc.constant(STRIKE)),
  fc.oneof(between(1e-6, 2), fc.constantFrom(0, 1e-9)),
);

describe('what the expansion of an option leaves over', () => {
  it('is never more than the bound, however large the moves', () => {
    fc.assert(
      fc.property(fc.boolean(), ANY, ANY, (isCall, from, to) => {
        const later = { ...to, years: Math.min(to.years, from.years) };
        expect(Math.abs(leftOver(isCall, from, later))).toBeLessThanOrEqual(
          expansionBound(STRIKE, from, later),
        );
      }),
      { numRuns: 3_000 },
    );
  });

  it('is bounded by third orders: half the move, an eighth; and by products of moves', () => {
    const from = { forward: 104, volatility: 0.6, years: 0.2 };
    const bound = (size: number): number =>
      expansionBound(STRIKE, from, { ...from, forward: 104 * (1 + 0.02 * size) });
    expect(bound(1) / bound(0.5)).toBeGreaterThan(7);
    expect(bound(1) / bound(0.5)).toBeLessThan(9);
    const both = (size: number): number =>
      expansionBound(STRIKE, from, {
        ...{ forward: 104 * (1 + 0.02 * size), volatility: 0.6 + 0.02 * size, years: 0.2 - 0.003 * size },
      });
    expect(both(1) / both(0.5)).toBeGreaterThan(3.5);
    expect(both(1)).toBeLessThan(0.05);
  });

  it('comes near its bound', () => {
    const shares: number[] = [];
    fc.assert(
      fc.property(
        fc.record({ forward: even(70, 140), volatility: even(0.2, 1.5), years: even(0.02, 1) }),
        even(-0.03, 0.03),
        even(-0.05, 0.05),
        even(0, 0.01),
        (from, move, change, passed) => {
          const to = {
            forward: from.forward * (1 + move),
            volatility: from.volatility * (1 + change),
            years: from.years - passed,
          };
          const bound = expansionBound(STRIKE, from, to);
          if (bound > 1e-6) shares.push(Math.abs(leftOver(true, from, to)) / bound);
        },
      ),
      { numRuns: 1_000, seed: 7 },
    );
    shares.sort((a, b) => a - b);
    expect(shares.length).toBeGreaterThan(500);
    expect(shares[Math.floor(shares.length / 2)]).toBeGreaterThan(0.25);
    expect(shares.at(-1)).toBeLessThanOrEqual(1);
  });
});
