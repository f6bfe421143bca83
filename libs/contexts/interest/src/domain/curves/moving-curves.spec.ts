import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareDecimal, decimalOf, decimalToFloat } from '@plinth/money';
import { adaptiveRate, type AdaptiveCurve } from './adaptive.ts';
import { cometCurve, eulerRatePerSecond, eulerUtilisation, stretchedRate } from './stretches.ts';
import { mayBorrow, threeSlopesRate, type ThreeSlopes } from './three-slopes.ts';

const slopes: ThreeSlopes = {
  base: decimalOf('0'),
  slope1: decimalOf('0.02'),
  slope2: decimalOf('0.03'),
  slope3: decimalOf('0.5'),
  kink1: decimalOf('0.7'),
  kink2: decimalOf('0.9'),
  stopsBorrowing: true,
};

describe('three slopes', () => {
  it('meet at the kinks', () => {
    const rates = ['0', '0.35', '0.7', '0.8', '0.9', '1'].map((u) =>
      decimalToFloat(threeSlopesRate(slopes, decimalOf(u))),
    );
    expect(rates).toEqual([0, 0.01, 0.02, 0.035, 0.05, 0.55]);
  });

  it('stop borrowing above the second kink', () => {
    expect(mayBorrow(slopes, decimalOf('0.9'))).toBe(true);
    expect(mayBorrow(slopes, decimalOf('0.91'))).toBe(false);
    expect(mayBorrow({ ...slopes, stopsBorrowing: false }, decimalOf('1'))).toBe(true);
  });

  it('refuse kinks out of order', () => {
    expect(() => threeSlopesRate({ ...slopes, kink1: decimalOf('0.95') }, decimalOf('0'))).toThrow('kink1');
  });
});

describe('stretches', () => {
  it('never fall', () => {
    const at = (base: string, kink: string) =>
      cometCurve({
        base: decimalOf(base),
        slopeLow: decimalOf('0.05'),
        slopeHigh: decimalOf('0.3'),
        kink: decimalOf(kink),
      });
    const part = fc.integer({ min: 0, max: 1_000 });
    fc.assert(
      fc.property(part, part, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((u) => decimalOf((u / 1_000).toString()));
        const curve = at('0.01', '0.8');
        expect(compareDecimal(stretchedRate(curve, low!), stretchedRate(curve, high!))).toBeLessThanOrEqual(
          0,
        );
      }),
    );
    expect(() => at('0', '1.1')).toThrow('kinks');
  });

  it('count utilisation in 32 bits where the peer does', () => {
    expect([eulerUtilisation(decimalOf('0.5')), eulerUtilisation(decimalOf('1'))]).toEqual([
      2n ** 31n,
      2n ** 32n - 1n,
    ]);
    const terms = { base: 1n, slope1: 2n, slope2: 5n, kink: 10n };
    expect(eulerRatePerSecond(terms, 12n).toFixed()).toBe(`0.${'31'.padStart(27, '0')}`);
  });
});

describe('adaptive curve', () => {
  const curve: AdaptiveCurve = {
    target: 0.9,
    steepness: 4,
    speed: 50,
    rateAtTargetMin: 0.001,
    rateAtTargetMax: 2,
  };

  it('stays at the target, is four times as high at full and a quarter at none', () => {
    expect(adaptiveRate(curve, 0.04, 0.9, 86_400)).toEqual({ average: 0.04, rate: 0.04, rateAtTarget: 0.04 });
    expect(adaptiveRate(curve, 0.04, 1, 0).rate).toBeCloseTo(0.16, 12);
    expect(adaptiveRate(curve, 0.04, 0, 0).rate).toBeCloseTo(0.01, 12);
  });

  it('doubles at full utilisation in ln 2 / speed of a year and keeps its bounds', () => {
    const seconds = (Math.LN2 / 50) * 31_536_000;
    expect(adaptiveRate(curve, 0.04, 1, seconds).rateAtTarget).toBeCloseTo(0.08, 10);
    expect(adaptiveRate(curve, 0.04, 0, 1e9).rateAtTarget).toBe(0.001);
    expect(adaptiveRate(curve, 0.04, 1, 1e9).rateAtTarget).toBe(2);
  });

  it('names a wrong parameter', () => {
    expect(() => adaptiveRate({ ...curve, target: 1 }, 0.04, 0.5, 1)).toThrow('target');
    expect(() => adaptiveRate(curve, 0.04, 1.1, 1)).toThrow('utilisation');
  });
});
