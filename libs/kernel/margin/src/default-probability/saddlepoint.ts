import { exp, log, normCdf, normPdf } from '@plinth/maths';

/** offset + Σ bᵢ·zᵢ + Σ λᵢ·zᵢ², with independent standard normal z. */
export type QuadraticForm = Readonly<{ offset: number; slopes: Float64Array; curvatures: Float64Array }>;

const ONE_OVER_SQRT_TWO_PI = 0.3989422804014327;

/** Cumulant generating function and its derivatives at t, in place: [K, K′, K″, K‴]. */
const cumulants = (form: QuadraticForm, scale: number, t: number, out: Float64Array): void => {
  out[0] = t * form.offset;
  out[1] = form.offset;
  out[2] = 0;
  out[3] = 0;
  for (let i = 0; i < form.slopes.length; i++) {
    const beta = scale * form.slopes[i]!;
    const mu = scale * scale * form.curvatures[i]!;
    const d = 1 - 2 * t * mu;
    const b2 = beta * beta;
    out[0] += (0.5 * t * t * b2) / d - 0.5 * log(d);
    out[1] += (b2 * t * (1 - t * mu)) / (d * d) + mu / d;
    out[2] += b2 / (d * d * d) + (2 * mu * mu) / (d * d);
    out[3] += (6 * b2 * mu) / (d * d * d * d) + (8 * mu * mu * mu) / (d * d * d);
  }
};

/** Where K is finite: 1 − 2tμᵢ > 0 for all i. */
const domainOf = ({ curvatures }: QuadraticForm, scale: number): readonly [number, number] => {
  let low = -Infinity;
  let high = Infinity;
  for (const curvature of curvatures) {
    const mu = scale * scale * curvature;
    if (mu < 0) low = Math.max(low, 1 / (2 * mu));
    if (mu > 0) high = Math.min(high, 1 / (2 * mu));
  }
  return [low, high];
};

const STEPS = 200;

/** Root of K′, which rises; undefined when it has none: then the form never changes its sign. */
const saddleOf = (form: QuadraticForm, scale: number, k: Float64Array): number | undefined => {
  cumulants(form, scale, 0, k);
  if (!(k[2]! > 0)) return undefined;
  const isDown = k[1]! > 0;
  const [low, high] = domainOf(form, scale);
  const bound = isDown ? low : high;
  let near = 0;
  let far = isDown ? -1 / Math.sqrt(k[2]!) : 1 / Math.sqrt(k[2]!);
  for (let step = 0; ; step++) {
    if (step === STEPS) return undefined;
    if (Math.abs(far) >= Math.abs(bound)) far = near + 0.5 * (bound - near);
    cumulants(form, scale, far, k);
    if (k[1]! > 0 !== isDown) break;
    near = far;
    far *= 2;
  }
  return bisectedNewton(form, scale, near, far, k);
};

/** Newton's steps, halved back into the bracket where they leave it. */
const bisectedNewton = (
  form: QuadraticForm,
  scale: number,
  from: number,
  to: number,
  k: Float64Array,
): number => {
  let below = Math.min(from, to);
  let above = Math.max(from, to);
  let t = 0.5 * (below + above);
  for (let step = 0; step < STEPS; step++) {
    cumulants(form, scale, t, k);
    if (k[1]! > 0) above = t;
    else below = t;
    const newton = t - k[1]! / k[2]!;
    const next = newton > below && newton < above ? newton : 0.5 * (below + above);
    if (Math.abs(next - t) <= 1e-13 * Math.abs(t)) return next;
    t = next;
  }
  return t;
};

const scratch = new Float64Array(4);

/**
 * P(form with z scaled < 0) by the formula of Lugannani and Rice:
 * Φ(w) + φ(w)·(1/w − 1/u), w = sgn(t̂)·√(−2K(t̂)), u = t̂·√K″(t̂), K′(t̂) = 0; at t̂ = 0 its limit
 * ½ + K‴/(6·√(2π)·K″^1.5).
 */
export const probabilityBelowZero = (form: QuadraticForm, scale: number): number => {
  const t = saddleOf(form, scale, scratch);
  if (t === undefined) {
    cumulants(form, scale, 0, scratch);
    return scratch[1]! > 0 ? 0 : 1;
  }
  cumulants(form, scale, t, scratch);
  const [k, , variance, skew] = scratch as unknown as readonly [number, number, number, number];
  const w = (t < 0 ? -1 : 1) * Math.sqrt(Math.max(0, -2 * k));
  if (Math.abs(w) < 1e-3) {
    const limit = 0.5 + w * ONE_OVER_SQRT_TWO_PI;
    return limit + (ONE_OVER_SQRT_TWO_PI * skew) / (6 * variance * Math.sqrt(variance));
  }
  const u = t * Math.sqrt(variance);
  return Math.min(1, Math.max(0, normCdf(w) + normPdf(w) * (1 / w - 1 / u)));
};

/** Scales √((ν − 2)/G) of a Student t with variance 1, G ~ χ²(ν), and their weights, which sum to 1. */
export type Mixture = Readonly<{ scales: Float64Array; weights: Float64Array }>;

const LOWEST = -18;
const STEP = 0.25;

/** The mixture over y = ln G by the trapezium rule: density ∝ exp(½νy − ½e^y), smooth, gone at both ends. */
export const studentMixture = (degreesOfFreedom: number): Mixture => {
  const nodes: (readonly [number, number])[] = [];
  let total = 0;
  for (let y = LOWEST; y <= 7; y += STEP) {
    const weight = exp(0.5 * degreesOfFreedom * y - 0.5 * exp(y));
    if (weight === 0) continue;
    nodes.push([Math.sqrt((degreesOfFreedom - 2) / exp(y)), weight]);
    total += weight;
  }
  return {
    scales: Float64Array.from(nodes, ([scale]) => scale),
    weights: Float64Array.from(nodes, ([, weight]) => weight / total),
  };
};

/** P(form < 0) when z is Student's t: given the mixing variable z is normal, and the rest is one sum. */
export const studentBelowZero = (form: QuadraticForm, { scales, weights }: Mixture): number => {
  let sum = 0;
  for (let n = 0; n < scales.length; n++) sum += weights[n]! * probabilityBelowZero(form, scales[n]!);
  return sum;
};
