import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rateCurve, type RateCurve } from '@plinth/messages';
import { compareDecimal, decimalOf, decimalOfUnits, decimalToFloat } from '@plinth/money';
import { ratesOf, type PoolAmounts } from '../rates.ts';
import { borrowRate, borrowStop, CURVE_FIELDS, CURVE_KINDS, curveProblem, isSameCurve } from './index.ts';

const KINK = { base: '0.01', slope1: '0.06', slope2: '1', kink: '0.8' };
const EULER = { base: '0', slope1: '1406417851', slope2: '19050045013', kink: '2147483648' };
const CURVES: Readonly<Record<string, RateCurve>> = {
  kinked: rateCurve({ kind: 'kinked', ...KINK }),
  aave: rateCurve({ kind: 'aave', ...KINK }),
  derive: rateCurve({ kind: 'derive', base: '0.02', slope1: '0.08', slope2: '0.9', kink: '0.85' }),
  compound: rateCurve({
    ...{ kind: 'compound', base: '0.015', slope1: '0.035', slope2: '3.4', kink: '0.9' },
    ...{ supplyBase: '0', supplySlope1: '0.02', supplySlope2: '3', supplyKink: '0.9' },
  }),
  euler: rateCurve({ kind: 'euler', ...EULER }),
  'three-slope': rateCurve({
    ...{ kind: 'three-slope', base: '0', slope1: '0.02', slope2: '0.025', slope3: '0.5' },
    ...{ kink: '0.7', kink2: '0.9', stopsBorrowing: true },
  }),
  adaptive: rateCurve({
    ...{ kind: 'adaptive', target: '0.9', steepness: '4', speed: '50' },
    ...{ rateAtTargetMin: '0.001', rateAtTargetMax: '1', rateAtTarget: '0.04' },
  }),
};
const rateAt = (kind: string, utilisation: string): number =>
  decimalToFloat(borrowRate(CURVES[kind]!, decimalOf(utilisation)));

describe('every kind of curve', () => {
  it('is in this table', () => expect(Object.keys(CURVES).sort()).toEqual([...CURVE_KINDS].sort()));

  it.each(Object.entries(CURVES))(
    '%s can be used, never falls, and has every field that it needs',
    (_, curve) => {
      expect(curveProblem(curve)).toBeUndefined();
      const part = fc.bigInt({ min: 0n, max: 1_000_000n });
      fc.assert(
        fc.property(part, part, (a, b) => {
          const [low, high] = a < b ? [a, b] : [b, a];
          const rates = [low, high].map((units) => borrowRate(curve, decimalOfUnits(units, 6)));
          expect(compareDecimal(rates[0]!, rates[1]!)).toBeLessThanOrEqual(0);
          expect(compareDecimal(rates[0]!, decimalOf('0'))).toBeGreaterThanOrEqual(0);
        }),
        { numRuns: 60 },
      );
      for (const field of CURVE_FIELDS) {
        const isOwn = curve[field] !== '';
        const wrong = { ...curve, [field]: isOwn ? '' : '1' };
        expect(curveProblem(wrong)).toEqual({
          field,
          expected: `${isOwn ? 'given' : 'empty'} for ${curve.kind}`,
        });
        if (isOwn) expect(isSameCurve({ ...curve, [field]: '77' }, curve)).toBe(false);
      }
      expect(isSameCurve({ ...curve }, curve)).toBe(true);
    },
  );

  it('has the figures of its peer', () => {
    expect(rateAt('kinked', '0.4')).toBeCloseTo(0.04, 15);
    expect(rateAt('aave', '0.9')).toBeCloseTo(0.57, 15);
    expect(rateAt('derive', '0.95')).toBeCloseTo(0.02 + 0.08 * 0.85 + 0.9 * 0.1, 15);
    expect(rateAt('compound', '0.95')).toBeCloseTo(0.015 + 0.035 * 0.9 + 3.4 * 0.05, 15);
    expect(rateAt('three-slope', '0.8')).toBeCloseTo(0.02 + 0.0125, 15);
    expect(rateAt('adaptive', '0.9')).toBeCloseTo(0.04, 15);
    expect(rateAt('adaptive', '1')).toBeCloseTo(0.16, 15);
    // 10 % a year at the kink, continuously, in a year of 365.2425 days.
    expect(rateAt('euler', '0.5') * (365.2425 / 365)).toBeCloseTo(Math.log(1.1), 8);
  });
});

describe('bounds of curves', () => {
  it.each([
    ['derive', { kink: '0' }, 'kink'],
    ['compound', { supplyKink: '1.1' }, 'supplyKink'],
    ['compound', { supplySlope2: '101' }, 'supplySlope2'],
    ['euler', { kink: '4294967296' }, 'kink'],
    ['euler', { slope2: '9905004501300000' }, 'slope2'],
    ['euler', { base: '-1' }, 'base'],
    ['three-slope', { kink2: '0.7' }, 'kink2'],
    ['three-slope', { kink2: '1' }, 'kink2'],
    ['three-slope', { slope3: '-0.1' }, 'slope3'],
    ['adaptive', { target: '1' }, 'target'],
    ['adaptive', { steepness: '0.5' }, 'steepness'],
    ['adaptive', { speed: '1001' }, 'speed'],
    ['adaptive', { rateAtTargetMin: '0' }, 'rateAtTargetMin'],
    ['adaptive', { rateAtTarget: '0.0001' }, 'rateAtTarget'],
    ['kinked', { stopsBorrowing: true }, 'stopsBorrowing'],
  ])('%s with %j is refused by %s', (kind, change, field) => {
    expect(curveProblem({ ...CURVES[kind]!, ...change })?.field).toBe(field);
  });

  it('text that is no number is refused by its field', () => {
    expect(() => curveProblem({ ...CURVES['adaptive']!, speed: '1e3' })).toThrow('speed');
    expect(() => curveProblem({ ...CURVES['euler']!, slope1: '0.5' })).toThrow('slope1');
  });

  it('only a curve that stops has a stop', () => {
    const stops = CURVES['three-slope']!;
    expect(borrowStop(stops)?.toFixed()).toBe('0.9');
    expect(borrowStop({ ...stops, stopsBorrowing: false })).toBeUndefined();
    expect(borrowStop(CURVES['kinked']!)).toBeUndefined();
  });
});

describe('suppliers with a curve of their own', () => {
  const amounts = (debt: bigint): PoolAmounts => ({
    cash: 1_000n - debt,
    debt,
    supplied: 1_000n,
    reserve: 0n,
  });
  const terms = { curve: CURVES['compound']!, reserveFactor: '0', rateAtTarget: '' };

  it('get what it says', () => {
    expect(decimalToFloat(ratesOf(terms, amounts(500n)).supply)).toBeCloseTo(0.5 * 0.02, 15);
  });

  it('never get more than the borrowers pay', () => {
    const greedy = { ...terms, curve: { ...CURVES['compound']!, supplyBase: '5' } };
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1_000n }), (debt) => {
        const { borrow, supply } = ratesOf(greedy, amounts(debt));
        expect(decimalToFloat(supply) * 1_000).toBeLessThanOrEqual(
          decimalToFloat(borrow) * parseInt(`${debt}`, 10) + 1e-9,
        );
      }),
    );
  });
});
