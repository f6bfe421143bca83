import { describe, expect, it } from '@jest/globals';
import { OptionSurface } from './option-surface.ts';

const HOUR_MS = 3_600_000;
const YEAR_HOURS = 8_760;
const DAY = 1 / 365;

/** Hourly prices from returns, after which the surface stands at the last. */
const surfaceAfter = (returns: readonly number[]) => {
  const prices = [100];
  for (const r of returns) prices.push((prices.at(-1) ?? NaN) * (1 + r));
  const times = Float64Array.from(prices, (_, n) => n * HOUR_MS);
  const last = prices.length - 1;
  return { surface: new OptionSurface(Float64Array.from(prices), times), last, price: prices[last] ?? NaN };
};
/** So many hours of a volatility per √year. */
const steady = (volatility: number, hours: number): readonly number[] =>
  Array.from({ length: hours }, (_, n) => ((n % 2 === 0 ? 1 : -1) * volatility) / Math.sqrt(YEAR_HOURS));
const level = ({ surface, last, price }: ReturnType<typeof surfaceAfter>, days: number, away = 1): number =>
  surface.volatility(last, price * away, days * DAY);

describe('Modelled implied volatilities', () => {
  const calm = surfaceAfter(steady(0.5, 24 * 120));

  it('stand a premium above what a calm path realised, and go to the long run with the term', () => {
    expect(level(calm, 1)).toBeGreaterThan(0.5);
    expect(level(calm, 1)).toBeLessThan(0.65);
    expect(level(calm, 365)).toBeGreaterThan(level(calm, 30));
    expect(level(calm, 365)).toBeLessThan(1.09 * 0.8);
  });

  it('jump with a fall, near ones most, and fade', () => {
    const fall = surfaceAfter([...steady(0.5, 24 * 120), -0.15]);
    const later = surfaceAfter([...steady(0.5, 24 * 120), -0.15, ...steady(0.5, 24 * 7)]);
    expect(level(fall, 1)).toBeGreaterThan(2 * level(calm, 1));
    expect(level(fall, 180) - level(calm, 180)).toBeLessThan(0.4 * (level(fall, 1) - level(calm, 1)));
    expect(level(later, 1)).toBeLessThan(0.6 * level(fall, 1));
  });

  it('rise more with a fall than with a rise of the same size', () => {
    const end = (r: number): number => level(surfaceAfter([...steady(0.5, 24 * 120), r]), 14);
    expect(end(-0.1)).toBeGreaterThan(end(0.1));
  });

  it('smile: wings above the middle, the side below it higher, level far out', () => {
    expect(level(calm, 14, 0.85)).toBeGreaterThan(level(calm, 14, 1.15));
    expect(level(calm, 14, 1.3)).toBeGreaterThan(level(calm, 14));
    expect(level(calm, 14, 3)).toBe(level(calm, 14, 4));
  });

  it('are unknown before the first price', () => {
    const surface = new OptionSurface(Float64Array.from([NaN, 100]), Float64Array.from([0, HOUR_MS]));
    expect(surface.volatility(0, 100, DAY)).toBeNaN();
    expect(surface.volatility(1, 100, DAY)).toBeGreaterThan(0);
  });
});
