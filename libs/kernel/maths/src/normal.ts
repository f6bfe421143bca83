import { exp } from './exp.ts';

const ONE_OVER_SQRT_TWO_PI = 0.3989422804014327;
const SPLIT = 134217729;

/** φ(x), the standard normal density; relative error below 6e-16 wherever the result is a normal double. */
export const normPdf = (x: number): number => ONE_OVER_SQRT_TWO_PI * halfSquareExp(x);

/**
 * e^(−x²/2). The square is taken in two doubles: its rounding alone would cost x²/2 units in the last place.
 */
const halfSquareExp = (x: number): number => {
  const square = x * x;
  if (!(square < 1500)) return x !== x ? x : 0;
  const carried = SPLIT * x;
  const high = carried - (carried - x);
  const low = x - high;
  // x² − square, exactly (Dekker).
  const rest = high * high - square + 2 * high * low + low * low;
  return exp(-0.5 * square) * (1 - 0.5 * rest);
};

/**
 * Φ(x), the standard normal distribution. Relative error ≤ 1e-15, also in the far left tail, as long as the
 * result is a normal double. Φ(−t) = e^(−t²/2) · m(t) with m = Mills' ratio / √2π as a quotient of
 * polynomials with positive coefficients (tools/golden/maths.py).
 */
export const normCdf = (x: number): number => {
  const t = Math.abs(x);
  const tail = t < 39 ? halfSquareExp(t) * scaledTail(t) : 0;
  return x > 0 ? 1 - tail : x !== x ? x : tail;
};

/**
 * (1 − Φ(t)) · e^(t²/2) for t ≥ 0, Mills' ratio over √2π: neither underflows nor loses digits, however large
 * t is.
 */
export const scaledTail = (t: number): number => (t < 6 ? millsNear(t) : millsFar(t));

const millsNear = (t: number): number => {
  let top = 6.555596981050427e-7;
  top = top * t + 1.9853113162163343e-5;
  top = top * t + 0.00028913115887942565;
  top = top * t + 0.002635677247753932;
  top = top * t + 0.01650341597365053;
  top = top * t + 0.07352547359676455;
  top = top * t + 0.23353387084733004;
  top = top * t + 0.5130882087457012;
  top = top * t + 0.7166339553075248;
  top = top * t + 0.5;
  let bottom = 1.6432444799333906e-6;
  bottom = bottom * t + 4.97643743314563e-5;
  bottom = bottom * t + 0.0007263876031399067;
  bottom = bottom * t + 0.006656426882559802;
  bottom = bottom * t + 0.04208939974825525;
  bottom = bottom * t + 0.19080795585016375;
  bottom = bottom * t + 0.6253202356915832;
  bottom = bottom * t + 1.4576768444994963;
  bottom = bottom * t + 2.3063785272329356;
  bottom = bottom * t + 2.2311524714179143;
  bottom = bottom * t + 1;
  return top / bottom;
};

/** In u = 1/t²: t · m(t) = P(u)/Q(u). */
const millsFar = (t: number): number => {
  const u = 1 / (t * t);
  let top = 458.13178543977557;
  top = top * u + 2012.6811015626968;
  top = top * u + 1248.43182198419;
  top = top * u + 242.7666103860805;
  top = top * u + 17.427067456990542;
  top = top * u + 0.39894228040143265;
  let bottom = 3493.3958360437705;
  bottom = bottom * u + 7320.178391402894;
  bottom = bottom * u + 3660.5137935087073;
  bottom = bottom * u + 650.2088297618262;
  bottom = bottom * u + 44.683180031594155;
  bottom = bottom * u + 1;
  return top / (bottom * t);
};
