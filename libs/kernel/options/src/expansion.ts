import { logRatio, normCdf, normPdf } from '@plinth/maths';
import type { OptionInput } from './option-input.ts';
import { blackValue } from './one-option.ts';

/** What an option is priced with, the discount apart: forward, volatility per √year, years to expiry. */
type Terms = Readonly<Pick<OptionInput, 'forward' | 'volatility' | 'years'>>;

/** Of a forward and a strike: what the formulas of a price lose in floating point. */
const ROUNDING = 4e-12;

/**
 * How far the undiscounted Black value may end from its expansion Δ·δF + ½Γ·δF² + vega·δσ + θ·δt about
 * `from`, in quote units: call and put alike. Volatility and time act through v = σ·√T alone, so that what is
 * left over is three terms, each bounded by the supremum of a derivative in closed form:
 *
 *   price       C(F₁,v₀) − C(F₀,v₀) − Δ·δF − ½Γ·δF²  ≤  |δF|³/6 · sup |∂³C/∂F³|      (Taylor, Lagrange)
 *   volatility  C(F₁,v₁) − C(F₁,v₀) − ∂C/∂v₀·δv      ≤  |δv| · sup |∂C/∂v − ∂C/∂v₀|  (mean value)
 *   time        ∂C/∂v₀ · (δv − the linear part of δv)                                  (exact)
 */
export const expansionBound = (strike: number, from: Terms, to: Terms): number => {
  const [v0, v1] = [from.volatility * Math.sqrt(from.years), to.volatility * Math.sqrt(to.years)];
  const rounding = ROUNDING * (from.forward + to.forward + strike);
  if (!(v0 > 0)) return kinkLeft(strike, from.forward, to.forward, v1) + rounding;
  const slope = slopeInDeviation(strike, from.forward, v0);
  const root = Math.sqrt(from.years);
  const linear =
    root * (to.volatility - from.volatility) + (from.volatility * (to.years - from.years)) / (2 * root);
  const [low, high] = slopeRange(strike, to.forward, v0, v1);
  return (
    priceLeft(strike, from.forward, to.forward, v0) +
    Math.abs(v1 - v0) * Math.max(high - slope, slope - low) +
    slope * Math.abs(v1 - v0 - linear) +
    rounding
  );
};

const d1Of = (strike: number, forward: number, v: number): number => logRatio(forward, strike) / v + v / 2;

/** ∂C/∂v = F·φ(d₁). */
const slopeInDeviation = (strike: number, forward: number, v: number): number =>
  forward * normPdf(d1Of(strike, forward, v));

/** Least and greatest ∂C/∂v between two deviations: at the ends, where d₁ = 0, or where d₁ turns. */
const slopeRange = (strike: number, forward: number, a: number, b: number): readonly [number, number] => {
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  const turn = Math.sqrt(2 * Math.abs(logRatio(forward, strike)));
  // At v → 0 the slope is 0, but at the money F·φ(0).
  const atZero = forward === strike ? forward * normPdf(0) : 0;
  const slopes = [low, high, ...(turn > low && turn < high ? [turn] : [])].map((v) =>
    v > 0 ? slopeInDeviation(strike, forward, v) : atZero,
  );
  return [Math.min(...slopes), Math.max(...slopes)];
};

/**
 * ∂³C/∂F³ = −h(d₁)/(F²·v), h(d) = φ(d)·(1 + d/v), which turns where d² + v·d = 1. Over a long way the value's
 * own shape says more: it is convex in F, and its slope stays between 0 and 1.
 */
const priceLeft = (strike: number, was: number, is: number, v: number): number => {
  const move = Math.abs(is - was);
  if (move === 0) return 0;
  const d0 = d1Of(strike, was, v);
  const d1 = d1Of(strike, is, v);
  const [low, high] = [Math.min(d0, d1), Math.max(d0, d1)];
  const root = Math.sqrt(v * v + 4);
  const turns = [(-v - root) / 2, (-v + root) / 2].filter((d) => d > low && d < high);
  const sup = Math.max(...[low, high, ...turns].map((d) => normPdf(d) * Math.abs(1 + d / v)));
  const least = Math.min(was, is);
  const taylor = ((move * move * move) / 6) * (sup / (least * least * v));
  const second = (normPdf(d0) / (was * v)) * (move * move) * 0.5;
  const steepest = (is > was ? normCdf(-d0) : normCdf(d0)) * move;
  return Math.min(taylor, Math.max(second, steepest - second));
};

/** Of an option without deviation the expansion is a straight line: the kink and the time value are left. */
const kinkLeft = (strike: number, was: number, is: number, v: number): number => {
  const slope = was > strike ? 1 : was < strike ? 0 : 0.5;
  const kink = Math.max(is - strike, 0) - Math.max(was - strike, 0) - slope * (is - was);
  return Math.abs(kink) + timeValue(strike, is, v);
};

const timeValue = (strike: number, forward: number, v: number): number =>
  v > 0 ? blackValue(forward < strike, forward, strike, v) : 0;
