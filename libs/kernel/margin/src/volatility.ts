import { checkPositive, refuse } from './checks.ts';
import { exp, log } from '@plinth/maths';

const YEAR_MS = 365 * 24 * 3_600_000;
const LN2 = 0.6931471805599453;

export type VolatilityParameters = Readonly<{
  fastHalfLifeMs: number;
  slowHalfLifeMs: number;
  /** Lower bound of the answer, per √year. */
  floor: number;
  /** Steps shorter than this are joined, so that the bouncing of one tick is not taken for volatility. */
  minStepMs: number;
  /** Variance to start from, as a volatility per √year. */
  initial: number;
}>;

export const houseVolatility: VolatilityParameters = {
  fastHalfLifeMs: 24 * 3_600_000,
  slowHalfLifeMs: 30 * 24 * 3_600_000,
  floor: 0.05,
  minStepMs: 60_000,
  initial: 0.8,
};

/** Exponentially weighted variances per year of log returns, and the observation they stand at. */
export type Volatility = Readonly<{ price: number; atMs: number; fast: number; slow: number }>;

export const startVolatility = (price: number, atMs: number, p: VolatilityParameters): Volatility => {
  checkPositive('price', price);
  for (const name of ['fastHalfLifeMs', 'slowHalfLifeMs'] as const) checkPositive(name, p[name]);
  if (!(p.minStepMs > 0)) refuse('minStepMs', `Expected more than 0, was ${p.minStepMs}`);
  return { price, atMs, fast: p.initial * p.initial, slow: p.initial * p.initial };
};

/**
 * Takes one more mark (finance §5). For a return r over Δt years and w = 2^(−Δt / half-life):
 * v ← w · v + (1 − w) · r² / Δt. Irregular steps weigh by their length; marks out of order or too close
 * change nothing.
 */
export const observePrice = (
  v: Volatility,
  price: number,
  atMs: number,
  p: VolatilityParameters,
): Volatility => {
  checkPositive('price', price);
  const stepMs = atMs - v.atMs;
  if (!(stepMs >= p.minStepMs)) return v;
  const r = log(price / v.price);
  const perYear = (r * r * YEAR_MS) / stepMs;
  const next = (old: number, halfLifeMs: number): number => {
    const kept = exp((-LN2 * stepMs) / halfLifeMs);
    return kept * old + (1 - kept) * perYear;
  };
  return { price, atMs, fast: next(v.fast, p.fastHalfLifeMs), slow: next(v.slow, p.slowHalfLifeMs) };
};

/** The larger of the two volatilities, floored; per √year. */
export const volatilityOf = (v: Volatility, p: VolatilityParameters): number =>
  Math.max(p.floor, Math.sqrt(Math.max(v.fast, v.slow)));
