import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fieldsAt, numberAt, type Fields } from '../fields.ts';
import { interestRates } from '../formats/04-interest-rates.ts';
import { exponential, fixed, floated, over, times, UNIT } from './fixed.ts';

/** Made cases of each model, the same in every run. */
const RUNS = { numRuns: 1_000, seed: 20_230_512 };
const YEAR = 31_536_000n;

const evaluate = (model: string, input: Fields): Fields =>
  fieldsAt({ answer: interestRates.evaluate({ model, input }, undefined as never) }, 'answer');

/** Sums of products agree to a float's last digits, growth to the digits that its index is kept by. */
const agree = (answer: Fields, again: Readonly<Record<string, bigint>>, within: number): void => {
  for (const [name, value] of Object.entries(again)) {
    const expected = floated(value);
    expect(Math.abs(numberAt(answer, name) - expected)).toBeLessThanOrEqual(
      within * Math.abs(expected) + 1e-12,
    );
  }
};

/** A share or a rate with four decimals, so that it is what it is written as. */
const share = (most: number) => fc.integer({ min: 0, max: most * 10_000 }).map((n) => n / 10_000);
const inside = fc.integer({ min: 1, max: 9_999 }).map((n) => n / 10_000);
const seconds = fc.integer({ min: 0, max: 4 * 31_536_000 });

/** base + low · min(u, kink) + high · (u − kink)⁺ */
const kinked = (base: bigint, low: bigint, high: bigint, kink: bigint, u: bigint): bigint =>
  base + times(low, u < kink ? u : kink) + (u > kink ? times(high, u - kink) : 0n);

/** (1 + r)^n, by squaring. */
const power = (base: bigint, count: number): bigint => {
  let [result, square, left] = [UNIT, base, count];
  for (; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = times(result, square);
    square = times(square, square);
  }
  return result;
};

/** Interest of every second on all before it; near the exponential function that Derive and Aave publish. */
const grown = (rate: bigint, elapsed: number): bigint => {
  const factor = power(UNIT + rate / YEAR, elapsed);
  const published = exponential((rate * BigInt(elapsed)) / YEAR);
  expect(floated(factor) / floated(published)).toBeCloseTo(1, 4);
  return factor;
};

describe('rates of lending pools, by a second derivation', () => {
  it('of Derive: three numbers and a kink, interest by the exponential function', () => {
    const made = fc.record({
      ...{ min_rate: share(0.5), mult: share(1), high_mult: share(5), kink: inside },
      ...{ utilization: share(1), elapsed_seconds: seconds },
    });
    fc.assert(
      fc.property(made, (input) => {
        const [min, mult, high, kink, u] = [
          ...[input.min_rate, input.mult, input.high_mult, input.kink, input.utilization].map(fixed),
        ] as [bigint, bigint, bigint, bigint, bigint];
        const rate = kinked(min, mult, high, kink, u);
        const answer = evaluate('kink-slope', input);
        agree(answer, { borrow_rate: rate }, 1e-15);
        agree(answer, { interest_factor: grown(rate, input.elapsed_seconds) - UNIT }, 1e-9);
      }),
      RUNS,
    );
  });

  it('of Aave: slopes over parts of the way, what is earned and what is kept of it', () => {
    const made = fc.record({
      ...{ base: share(0.2), slope1: share(0.5), slope2: share(4), optimal: inside },
      ...{ utilization: share(1), reserve_factor: share(1) },
    });
    fc.assert(
      fc.property(made, (input) => {
        const [base, one, two, kink, u] = [
          ...[input.base, input.slope1, input.slope2, input.optimal, input.utilization].map(fixed),
        ] as [bigint, bigint, bigint, bigint, bigint];
        const rate = kinked(base, over(one, kink), over(two, UNIT - kink), kink, u);
        const earned = times(rate, u);
        agree(
          evaluate('aave-v3-kink', input),
          {
            variable_borrow_rate: rate,
            liquidity_rate_before_reserve_factor: earned,
            liquidity_rate: times(earned, UNIT - fixed(input.reserve_factor)),
          },
          1e-12,
        );
      }),
      RUNS,
    );
  });

  it('of Comet: a kink of its own for each side', () => {
    const side = (name: string) => ({
      [`${name}_base`]: share(0.2),
      [`${name}_low`]: share(0.5),
      [`${name}_high`]: share(4),
      [`${name}_kink`]: inside,
    });
    fc.assert(
      fc.property(fc.record({ ...side('supply'), ...side('borrow'), utilization: share(1) }), (input) => {
        const of = (name: string): bigint => fixed(numberAt(input, name));
        const apr = (name: string): bigint =>
          kinked(
            of(`${name}_base`),
            of(`${name}_low`),
            of(`${name}_high`),
            of(`${name}_kink`),
            of('utilization'),
          );
        agree(
          evaluate('comet-dual-kink', input),
          { supply_apr: apr('supply'), borrow_apr: apr('borrow') },
          1e-15,
        );
      }),
      RUNS,
    );
  });

  it('of Euler: whole numbers a second, a year of 365.2425 days', () => {
    const made = fc.record({
      // A rate a second has eighteen digits here: nothing under 0.3 % a year.
      base: fc.bigInt(10n ** 17n, 10n ** 19n),
      slope1: fc.bigInt(0n, 3_000_000_000n),
      slope2: fc.bigInt(0n, 40_000_000_000n),
      kink: fc.bigInt(1n, 2n ** 32n - 1n),
      utilization: share(1),
    });
    fc.assert(
      fc.property(made, (input) => {
        const most = 2n ** 32n - 1n;
        const scaled = (fixed(input.utilization) * 2n ** 32n) / UNIT;
        const u = scaled > most ? most : scaled;
        const low = u < input.kink ? u : input.kink;
        const perSecond = input.base + low * input.slope1 + (u - low) * input.slope2;
        const rate = (perSecond * UNIT) / 10n ** 27n;
        const answer = evaluate('euler-linear-kink', input);
        agree(answer, { rate_per_second: rate }, 1e-15);
        agree(answer, { apy: power(UNIT + rate, 31_556_952) - UNIT }, 1e-7);
      }),
      RUNS,
    );
  });

  it('grow linearly and by compounding', () => {
    fc.assert(
      fc.property(share(2), seconds, (rate, elapsed) => {
        const input = { rate, elapsed_seconds: elapsed };
        const linear = UNIT + (fixed(rate) * BigInt(elapsed)) / YEAR;
        agree(evaluate('linear-interest', input), { factor: linear }, 1e-15);
        agree(evaluate('compound-interest', input), { factor: grown(fixed(rate), elapsed) }, 1e-9);
      }),
      RUNS,
    );
  });
});
