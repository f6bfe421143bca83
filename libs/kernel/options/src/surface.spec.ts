import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { blackPrice } from './black-76.ts';
import { inversePrice } from './inverse.ts';
import { calendarArbitrage, densityFactor, sliceArbitrage, totalVariance, type SviSlice } from './svi.ts';
import { fitSlice } from './svi-fit.ts';
import { fitSurface, surfaceOf, surfaceVariance, surfaceVolatility } from './surface.ts';

const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const SMILE: SviSlice = { a: 0.02, b: 0.1, rho: -0.3, m: 0.02, sigma: 0.2 };
/**
 * Parameters whose smile looks harmless and whose density is negative (Vogt, in Gatheral and Jacquier 2014).
 */
const VOGT: SviSlice = { a: -0.041, b: 0.1331, rho: 0.306, m: 0.3586, sigma: 0.4153 };
const wider = (slice: SviSlice, more: number): SviSlice => ({ ...slice, a: slice.a + more });

describe('slices', () => {
  it('the density factor is the curvature of call prices in the strike', () => {
    fc.assert(
      fc.property(number(-0.6, 0.6), (k) => {
        const forward = 100;
        const call = (strike: number): number => {
          const w = totalVariance(SMILE, Math.log(strike / forward));
          return blackPrice({ isCall: true, forward, strike, volatility: Math.sqrt(w), years: 1 });
        };
        const [strike, step] = [forward * Math.exp(k), 0.02];
        const curvature = (call(strike - step) - 2 * call(strike) + call(strike + step)) / (step * step);
        const w = totalVariance(SMILE, k);
        const d2 = -k / Math.sqrt(w) - Math.sqrt(w) / 2;
        const density = Math.exp(-0.5 * d2 * d2) / (strike * Math.sqrt(2 * Math.PI * w));
        expect(curvature).toBeCloseTo(densityFactor(SMILE, k) * density, 6);
      }),
    );
  });

  it('names each kind of arbitrage, and where it is', () => {
    expect(sliceArbitrage(SMILE, -1, 1)).toBeUndefined();
    const butterfly = sliceArbitrage(VOGT, -1.5, 1.5);
    expect(butterfly).toMatchObject({ kind: 'butterfly' });
    expect(butterfly?.k).toBeGreaterThan(0.5);
    expect(sliceArbitrage({ ...SMILE, a: -1 }, -1, 1)).toMatchObject({ kind: 'negative variance' });
    expect(sliceArbitrage({ ...SMILE, b: 1.9 }, -1, 1)).toMatchObject({ kind: 'wing', k: -Infinity });
    const crossing = calendarArbitrage(SMILE, { ...SMILE, m: 0.1 }, -1, 1);
    expect(crossing).toMatchObject({ kind: 'calendar' });
    expect(calendarArbitrage(SMILE, wider(SMILE, 0.001), -1, 1)).toBeUndefined();
  });
});

describe('fits', () => {
  const quotesOf = (slice: SviSlice, years: number) =>
    Array.from({ length: 21 }, (_, i) => {
      const k = -0.5 + i * 0.05;
      return { k, volatility: Math.sqrt(totalVariance(slice, k) / years) };
    });

  it('finds the slice that the quotes were made of', () => {
    const slice = fc.record({
      a: number(0, 0.05),
      b: number(0.02, 0.3),
      rho: number(-0.7, 0.7),
      m: number(-0.1, 0.1),
      sigma: number(0.05, 0.5),
    });
    fc.assert(
      fc.property(slice, number(0.05, 2), (made, years) => {
        fc.pre(sliceArbitrage(made, -0.75, 0.75) === undefined);
        fc.pre(
          Array.from({ length: 151 }, (_, i) => densityFactor(made, i / 100 - 0.75)).every((g) => g > 0.01),
        );
        const { largest } = fitSlice(years, quotesOf(made, years), -0.75, 0.75);
        expect(largest).toBeLessThan(2e-4);
      }),
      { numRuns: 10 },
    );
  });

  it('gives the same bits twice, and bends quotes that allow arbitrage', () => {
    const quotes = quotesOf(VOGT, 1);
    const fit = fitSlice(1, quotes, -1, 1);
    expect(fitSlice(1, quotes, -1, 1)).toEqual(fit);
    expect(sliceArbitrage(fit.svi, -1, 1)).toBeUndefined();
  });

  it.each([
    ['too few quotes', [{ k: 0, volatility: 1 }], 'quotes: Expected 5 to'],
    ['no volatility', Array.from({ length: 6 }, () => ({ k: 0, volatility: 0 })), 'volatility: Expected'],
    [
      'a wrong weight',
      Array.from({ length: 6 }, () => ({ k: 0, volatility: 1, weight: -1 })),
      'weight: Expected',
    ],
  ])('refuses %s', (_, quotes, message) => {
    expect(() => fitSlice(1, quotes, -1, 1)).toThrow(message);
  });
});

describe('surfaces', () => {
  const slices = [0.1, 0.5, 1].map((years) => ({
    years,
    svi: { ...SMILE, a: SMILE.a * years, b: SMILE.b * years },
    low: -1,
    high: 1,
  }));
  const accepted = surfaceOf(slices);
  if (accepted.status !== 'accepted') throw new Error(accepted.reason);
  const { surface } = accepted;

  it('interpolates total variance, which never falls with time', () => {
    fc.assert(
      fc.property(number(-2, 2), number(0.01, 3), number(0, 1), (k, years, more) => {
        const [now, later] = [surfaceVariance(surface, years, k), surfaceVariance(surface, years + more, k)];
        expect(later).toBeGreaterThanOrEqual(now - 1e-15);
      }),
    );
    const middle = surfaceVariance(surface, 0.3, 0.2);
    const ends = slices.slice(0, 2).map(({ svi }) => totalVariance(svi, 0.2));
    expect(middle).toBeCloseTo((ends[0]! + ends[1]!) / 2, 15);
    expect(surfaceVolatility(surface, 0.05, 100, 110)).toBeCloseTo(
      surfaceVolatility(surface, 0.1, 100, 110),
      12,
    );
    expect(surfaceVolatility(surface, 4, 100, 110)).toBeCloseTo(surfaceVolatility(surface, 1, 100, 110), 12);
  });

  it('refuses slices that cross, with the expiry and the reason', () => {
    const verdict = surfaceOf([slices[0]!, { ...slices[1]!, svi: { ...SMILE, a: 0.001, b: 0.001 } }]);
    expect(verdict).toMatchObject({ status: 'refused', years: 0.5, arbitrage: { kind: 'calendar' } });
    expect(verdict).toHaveProperty('reason', expect.stringContaining('calendar arbitrage'));
    expect(surfaceOf([{ ...slices[0]!, svi: VOGT, high: 1.5 }])).toMatchObject({
      status: 'refused',
      arbitrage: { kind: 'butterfly' },
    });
    expect(() => surfaceOf([slices[0]!, slices[0]!])).toThrow('years: Expected each expiry once');
    expect(() => surfaceOf([])).toThrow('slices: Expected 1 to');
  });

  it('refuses quotes of a calendar that nothing can bend', () => {
    const flat = (volatility: number) =>
      Array.from({ length: 9 }, (_, i) => ({ k: (i - 4) / 10, volatility, weight: 1e9 }));
    const verdict = fitSurface([
      { years: 0.5, quotes: flat(1) },
      { years: 0.6, quotes: flat(0.5) },
    ]);
    expect(verdict).toMatchObject({ status: 'refused' });
  });
});

const shared = process.env['PLINTH_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const folder = join(shared, 'data/options-deribit-calm');
const isThere = existsSync(folder);
const where = isThere ? '' : ' (skipped: no recorded data; set PLINTH_SHARED to the folder that holds data/)';

type Listed = Readonly<{
  isCall: boolean;
  strike: number;
  forward: number;
  years: number;
  volatility: number;
  price: number;
}>;

/** Options of one currency in a recorded chain, by expiry. */
const chainOf = (file: string, currency: string): ReadonlyMap<string, readonly Listed[]> => {
  const [head = '', ...lines] = readFileSync(join(folder, file), 'utf8').trim().split('\n');
  const names = head.split(',');
  const listed = lines
    .map((line) => Object.fromEntries(line.split(',').map((text, i) => [names[i] ?? '', text])))
    .filter((row) => row['currency'] === currency && Number(row['mark_iv']) > 0);
  const one = (row: Readonly<Record<string, string>>): Listed => ({
    isCall: row['option_type'] === 'call',
    strike: Number(row['strike']),
    forward: Number(row['underlying_price']),
    years: (Number(row['expiry_ms']) - Number(listed[0]?.['ts_ms'])) / 31_536_000_000,
    volatility: Number(row['mark_iv']),
    price: Number(row['mark_price']),
  });
  return new Map(
    [...Map.groupBy(listed, (row) => row['expiry_ms'] ?? '')].map(([expiry, own]) => [expiry, own.map(one)]),
  );
};

describe('recorded chains of options', () => {
  const files = isThere ? readdirSync(folder).filter((file) => file.includes('chain')) : ['none'];
  const cases = files.flatMap((file) => ['BTC', 'ETH'].map((currency) => [currency, file] as const));

  (isThere ? it : it.skip).each(cases)(
    `fits %s of %s and reprices what is listed${where}`,
    (currency, file) => {
      const expiries = [...chainOf(file, currency).values()].filter((listed) => listed.length >= 10);
      const verdict = fitSurface(
        expiries.map((listed) => ({
          years: listed[0]!.years,
          quotes: listed
            .filter(({ isCall, strike, forward }) => isCall === strike >= forward)
            .map(({ strike, forward, volatility }) => ({ k: Math.log(strike / forward), volatility })),
        })),
      );
      expect(verdict).toMatchObject({ status: 'accepted' });
      if (verdict.status !== 'accepted') return;
      let [squares, count] = [0, 0];
      for (const { price, ...option } of expiries.flat()) {
        const { years, forward, strike } = option;
        const volatility = surfaceVolatility(verdict.surface, years, forward, strike);
        const error = Math.abs(inversePrice({ ...option, volatility }) - price);
        expect(error).toBeLessThan(1.3e-3);
        squares += error * error;
        count += 1;
      }
      expect(Math.sqrt(squares / count)).toBeLessThan(2.5e-4);
      for (const { rootMeanSquare } of verdict.fits) expect(rootMeanSquare).toBeLessThan(0.01);
    },
  );
});
