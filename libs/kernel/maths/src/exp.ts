import { LN2_HIGH, LN2_LOW, powerOfTwo } from './powers-of-two.ts';

const ONE_OVER_LN2 = 1.4426950408889634;
/** Above this e^x is not a double; below the other it rounds to 0. */
const HIGHEST = 709.782712893384;
const LOWEST = -745.1332191019412;
/** 1.5·2⁵²: a sum with it is a whole number. */
const WHOLE = 6755399441055744;

/**
 * e^x to less than 1 unit in the last place, from + − × ÷ alone: the same bits on every machine.
 * x = k·ln 2 + r with |r| ≤ ln 2 / 2, e^r = 1 + r + r²·P(r). Coefficients: tools/golden/maths.py.
 */
export const exp = (x: number): number => {
  if (!(x <= HIGHEST)) return x !== x ? x : Infinity;
  if (x < LOWEST) return 0;
  const k = x * ONE_OVER_LN2 + WHOLE - WHOLE;
  // k·LN2_HIGH is exact: the constant ends in 21 zero bits and |k| < 2¹¹.
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const tail =
    0.5 +
    r *
      (0.1666666666666667 +
        r *
          (0.04166666666666667 +
            r *
              (0.008333333333326141 +
                r *
                  (0.0013888888888883752 +
                    r *
                      (0.00019841269874800493 +
                        r *
                          (2.4801587325533363e-5 +
                            r *
                              (2.7557255425746435e-6 +
                                r *
                                  (2.7557273661348637e-7 +
                                    r * (2.510520637395701e-8 + r * 2.0914679376583935e-9)))))))));
  // The rounding of r itself, (high − r) − low, is given back before the large 1 is added.
  const value = 1 + (r + (r * r * tail + (high - r - low)));
  if (k >= -1021 && k <= 1023) return value * powerOfTwo(k);
  // Two exact steps where 2^k alone is not a normal double; only the last one rounds.
  return k > 0
    ? value * powerOfTwo(1023) * powerOfTwo(k - 1023)
    : value * powerOfTwo(k + 100) * powerOfTwo(-100);
};
