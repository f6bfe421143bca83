import { exp, logRatio, scaledTail } from '@plinth/maths';

const SQRT_TWO_PI = 2.5066282746310002;
/** Below this h the two tails are too close to be subtracted from one another. */
const SMALL_H = 0.06;
/** With h below `SMALL_H` and c·h below this the series in h has reached the last place after five terms. */
const SMALL_PRODUCT = 0.5;

/**
 * Value of the out-of-the-money option over √(F·K), undiscounted, with c = |ln(F/K)| / v ≥ 0 and h = v / 2 >
 * 0, where v = σ·√T. Every digit is kept in the wings and at the shortest expiries:
 *
 *   c ≥ h:  b = e^(−(c²+h²)/2) · [m(c−h) − m(c+h)]            with m(t) = Φ(−t)·e^(t²/2)
 *   h > c:  b = e^(−c·h) − e^(−(c²+h²)/2) · [m(h−c) + m(h+c)]
 *   small h: the Taylor series of the first form about c.
 */
export const otmValue = (c: number, h: number): number => {
  const scale = exp(-0.5 * (c * c + h * h));
  // Beyond the smallest double; also keeps an infinite c (v close to 0) out of what follows.
  if (scale === 0 && c >= h) return 0;
  if (c >= h || isClose(c, h)) return scale * tailGap(c, h);
  return exp(-c * h) - scale * (scaledTail(h - c) + scaledTail(h + c));
};

const isClose = (c: number, h: number): boolean => h < SMALL_H && c * h < SMALL_PRODUCT;

/** m(c−h) − m(c+h), for c ≥ h or a small h. */
export const tailGap = (c: number, h: number): number =>
  isClose(c, h) ? closeTails(c, h) : scaledTail(c - h) - scaledTail(c + h);

/**
 * m(c−h) − m(c+h) = −2·[h·m′ + h³/3!·m‴ + …] at c. The derivatives of Mills' ratio M = m·√2π follow M′ = c·M
 * − 1 and M⁽ⁿ⁺¹⁾ = n·M⁽ⁿ⁻¹⁾ + c·M⁽ⁿ⁾.
 */
const closeTails = (c: number, h: number): number => {
  const m0 = scaledTail(c) * SQRT_TWO_PI;
  const m1 = c * m0 - 1;
  const m2 = m0 + c * m1;
  const m3 = 2 * m1 + c * m2;
  const m4 = 3 * m2 + c * m3;
  const m5 = 4 * m3 + c * m4;
  const m6 = 5 * m4 + c * m5;
  const m7 = 6 * m5 + c * m6;
  const m8 = 7 * m6 + c * m7;
  const m9 = 8 * m7 + c * m8;
  const z = h * h;
  const series = m1 + (z / 6) * (m3 + (z / 20) * (m5 + (z / 42) * (m7 + (z / 72) * m9)));
  return (-2 * h * series) / SQRT_TWO_PI;
};

/**
 * Undiscounted value of a European option by Black's formula; `v` = σ·√T ≥ 0. Whatever is 0 has its limit.
 */
export const blackValue = (isCall: boolean, forward: number, strike: number, v: number): number => {
  const intrinsic = isCall ? forward - strike : strike - forward;
  if (!(v > 0)) return intrinsic > 0 ? intrinsic : 0;
  const c = Math.abs(logRatio(forward, strike)) / v;
  const otm = Math.sqrt(forward) * Math.sqrt(strike) * otmValue(c, 0.5 * v);
  return intrinsic > 0 ? intrinsic + otm : otm;
};
