import { LN2_HIGH, LN2_LOW } from './powers-of-two.ts';

const view = new DataView(new ArrayBuffer(8));
const SQRT2_HIGH_WORD = 0x3ff6a09e;
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
 * difference is taken before anything is rounded. ln(a/b) = 2·atanh(s) with s = (a − b)/(a + b).
 */
export const logRatio = (a: number, b: number): number => {
  const s = (a - b) / (a + b);
  if (!(Math.abs(s) <= 0.1715728752538099)) return log(a / b);
  const z = s * s;
  return 2 * s + s * z * atanhTail(z);
};
