import { LN2_HIGH, LN2_LOW, powerOfTwo } from './powers-of-two.ts';

const view = new DataView(new ArrayBuffer(8));
const SQRT2_HIGH_WORD = 0x3ff6a09e;
/** From the first word of √2 to the next exponent. */
const TO_SQRT2 = 0x40000000 - SQRT2_HIGH_WORD;
const TWO_54 = 18014398509481984;

/**
 * Natural logarithm to less than 1 unit in the last place, from + − × ÷ and the bits of x alone.
 * x = 2^k · m with m in [√½, √2); with f = m − 1 and s = f / (2 + f): log m = 2·atanh(s) = f − s·(f −
 * s²·P(s²)).
 */
export const log = (x: number): number => {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  const small = x < 2.2250738585072014e-308;
  view.setFloat64(0, small ? x * TWO_54 : x);
  const word = view.getInt32(0);
  const fraction = word & 0xfffff;
  // Mantissas above √2 are halved, so that f stays small on both sides of 1.
  const halved = (fraction | 0x3ff00000) >= SQRT2_HIGH_WORD ? 1 : 0;
  const k = (word >> 20) - 1023 + halved - (small ? 54 : 0);
  view.setInt32(0, fraction | (halved === 1 ? 0x3fe00000 : 0x3ff00000));
  const f = view.getFloat64(0) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const tail = atanhTail(z);
  return k * LN2_HIGH + (f - (s * (f - z * tail) - k * LN2_LOW));
};

/** (2·atanh(s) − 2s) / s³ as a polynomial in z = s², for |s| ≤ 0.1716. */
const atanhTail = (z: number): number =>
  0.6666666666666666 +
  z *
    (0.4000000000000088 +
      z *
        (0.28571428570803614 +
          z *
            (0.22222222391713917 +
              z *
                (0.18181795640132906 +
                  z * (0.15386239702814658 + z * (0.13268773138656886 + z * 0.13086626147840102))))));

/**
 * ln(a / b) for positive a and b, to some 2 units in the last place also where a is close to b: the
 * difference is taken before anything is rounded. With k such that a·2^−k is within √2 of b:
 * ln(a/b) = k·ln 2 + 2·atanh(s), s = (a·2^−k − b)/(a·2^−k + b).
 */
export const logRatio = (a: number, b: number): number => {
  const ratio = a / b;
  // Outside of this 2^−k, or the quotient itself, is no normal double.
  if (!(ratio > 1e-290 && ratio < 1e290)) return log(ratio);
  view.setFloat64(0, ratio);
  const k = ((view.getInt32(0) + TO_SQRT2) >>> 20) - 1023;
  const scaled = a * powerOfTwo(-k);
  const s = (scaled - b) / (scaled + b);
  const z = s * s;
  return k * LN2_HIGH + (2 * s + (s * z * atanhTail(z) + k * LN2_LOW));
};
