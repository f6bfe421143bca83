import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rateCurve, type RateCurve } from '@plinth/messages';
import {
  compareDecimal,
  compound,
  decimalOf,
  decimalOfUnits,
  decimalToFloat,
  divide,
  fromFloat,
  INDEX_START,
  multiply,
} from '@plinth/money';
import { perSecond } from '../rates.ts';
import { borrowRate, curveProblem } from './index.ts';

const shared = process.env['PLINTH_SHARED'] ?? resolve(import.meta.dirname, '../../../../../../../shared');
const file = resolve(shared, 'conformance/04-interest-rates.json');
const isThere = existsSync(file);
const where = isThere ? '' : ' (skipped: no cases; set PLINTH_SHARED to the folder that holds conformance/)';

type Numbers = Readonly<Record<string, number>>;
type Case = Readonly<{ id: string; model: string; input: Numbers; expected: Numbers }>;

/** A figure of a case as decimal text. */
const text = (x: number): string => fromFloat(x, 17).toFixed();

const curveOf = (base: number, slope1: number, slope2: number, kink: number): RateCurve =>
  rateCurve({
    kind: 'kinked',
    base: text(base),
    slope1: text(slope1),
    slope2: text(slope2),
    kink: text(kink),
  });

const rateAt = (curve: RateCurve, utilisation: number): number =>
  decimalToFloat(borrowRate(curve, decimalOf(text(utilisation))));

const at = (input: Numbers, name: string): number => {
  const value = input[name];
  if (value === undefined) throw new Error(`Expected ${name} in the case`);
  return value;
};

/** exp(r·t): per-second compounding differs from it by r²·t/2n, far below the tolerance. */
const factorOf = (rate: number, seconds: number): number =>
  decimalToFloat(compound(INDEX_START, perSecond(decimalOf(text(rate)), 'up'), seconds, 'up'));

const YEAR = 31_536_000;

/** One check per model; the slopes of others are per unit of utilisation, ours over the whole stretch. */
const CHECKS: Readonly<Record<string, (one: Case) => void>> = {
  'kink-slope': ({ input, expected }) => {
    const kink = at(input, 'kink');
    const curve = curveOf(
      at(input, 'min_rate'),
      at(input, 'mult') * kink,
      at(input, 'high_mult') * (1 - kink),
      kink,
    );
    const rate = rateAt(curve, at(input, 'borrows') / at(input, 'supply'));
    if (expected['borrow_rate'] !== undefined) expect(rate).toBeCloseTo(expected['borrow_rate'], 12);
    if (expected['interest_factor'] === undefined) return;
    expect(factorOf(rate, at(input, 'elapsed_seconds')) - 1).toBeCloseTo(expected['interest_factor'], 10);
  },
  'comet-dual-kink': ({ input, expected }) => {
    for (const side of ['supply', 'borrow'] as const) {
      const kink = at(input, `${side}_kink`);
      const [low, high] = [at(input, `${side}_low`) * kink, at(input, `${side}_high`) * (1 - kink)];
      const curve = curveOf(at(input, `${side}_base`), low, high, kink);
      expect(rateAt(curve, at(input, 'utilization'))).toBeCloseTo(at(expected, `${side}_apr`), 12);
    }
  },
  'aave-v3-kink': ({ input, expected }) => {
    const curve = curveOf(at(input, 'base'), at(input, 'slope1'), at(input, 'slope2'), at(input, 'optimal'));
    const u = at(input, 'utilization');
    expect(rateAt(curve, u)).toBeCloseTo(at(expected, 'variable_borrow_rate'), 12);
    expect(rateAt(curve, u) * u).toBeCloseTo(at(expected, 'liquidity_rate_before_reserve_factor'), 12);
  },
  'compound-interest': ({ input, expected }) => {
    expect(factorOf(at(input, 'rate'), at(input, 'years') * YEAR)).toBeCloseTo(
      at(expected, 'factor_exact'),
      7,
    );
  },
  'euler-linear-kink': ({ input, expected }) => {
    // Rates per second in 10^-27, utilisation and kink in 2^-32, a year of 365.2425 days.
    const [slope1, slope2, kink] = [at(input, 'slope1'), at(input, 'slope2'), at(input, 'kink')].map(
      BigInt,
    ) as [bigint, bigint, bigint];
    const whole = 2n ** 32n;
    const curve = rateCurve({
      kind: 'kinked',
      base: '0',
      slope1: (slope1 * kink).toString(),
      slope2: (slope2 * (whole - kink)).toString(),
      kink: divide(decimalOfUnits(kink, 0), decimalOfUnits(whole, 0), 18, 'half-even').quotient.toFixed(),
    });
    const rate = multiply(
      borrowRate(curve, decimalOf(text(at(input, 'utilization')))),
      decimalOfUnits(1n, 27),
    );
    const apy = decimalToFloat(compound(INDEX_START, rate as never, 31_556_952, 'up')) - 1;
    expect(Math.abs(apy / at(expected, 'apy') - 1)).toBeLessThan(at(expected, 'rel_tol'));
  },
};

describe('curves', () => {
  (isThere ? it : it.skip)(`give the published rates${where}`, () => {
    const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly Case[] };
    const known = cases.filter(({ model }) => CHECKS[model] !== undefined);
    expect(known.length).toBeGreaterThanOrEqual(18);
    for (const one of known) CHECKS[one.model]?.(one);
  });

  it('rise to the kink and steeper beyond it', () => {
    const curve = curveOf(0.02, 0.08, 0.9, 0.85);
    expect(rateAt(curve, 0)).toBe(0.02);
    expect(rateAt(curve, 0.85)).toBe(0.1);
    expect(rateAt(curve, 1)).toBe(1);
    expect(rateAt({ ...curve, kink: '1' }, 1)).toBe(0.1);
  });

  it('never fall and stay between base and base + slopes', () => {
    const part = fc.bigInt({ min: 0n, max: 1_000_000n });
    const kinks = fc.bigInt({ min: 1n, max: 999_999n });
    const ppm = (units: bigint): string => decimalOfUnits(units, 6).toFixed();
    fc.assert(
      fc.property(part, part, part, kinks, part, part, (base, slope1, slope2, kink, u1, u2) => {
        const curve = rateCurve({
          kind: 'kinked',
          base: ppm(base),
          slope1: ppm(slope1),
          slope2: ppm(slope2),
          kink: ppm(kink),
        });
        const [low, high] = u1 < u2 ? [u1, u2] : [u2, u1];
        const least = borrowRate(curve, decimalOfUnits(low, 6));
        const most = borrowRate(curve, decimalOfUnits(high, 6));
        expect(compareDecimal(least, most)).toBeLessThanOrEqual(0);
        expect(compareDecimal(least, decimalOf(curve.base))).toBeGreaterThanOrEqual(0);
        expect(compareDecimal(most, decimalOfUnits(base + slope1 + slope2, 6))).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('name what is wrong with their parameters', () => {
    const curve = curveOf(0.02, 0.08, 0.9, 0.85);
    expect(curveProblem(curve)).toBeUndefined();
    expect(curveProblem({ ...curve, kind: 'other' })?.field).toBe('kind');
    expect(curveProblem({ ...curve, kink: '0' })?.field).toBe('kink');
    expect(curveProblem({ ...curve, kink: '1.01' })?.field).toBe('kink');
    expect(curveProblem({ ...curve, base: '-0.01' })?.field).toBe('base');
    expect(curveProblem({ ...curve, slope2: '101' })?.field).toBe('slope2');
    expect(() => curveProblem({ ...curve, slope1: 'NaN' })).toThrow('slope1');
  });
});
