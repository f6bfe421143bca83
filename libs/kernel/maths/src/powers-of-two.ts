/** ln 2 in two parts; the high one ends in 21 zero bits, so that its product with an exponent is exact. */
export const LN2_HIGH = 0.6931471803691238;
export const LN2_LOW = 1.9082149292705877e-10;

const LOWEST = -1022;
const table = new Float64Array(1023 - LOWEST + 1);
for (let k = 0, up = 1, down = 1; k <= 1023; k++, up *= 2, down *= 0.5) {
  table[k - LOWEST] = up;
  if (-k >= LOWEST) table[-k - LOWEST] = down;
}

/** 2^k for −1022 ≤ k ≤ 1023, exact. */
export const powerOfTwo = (k: number): number => table[k - LOWEST]!;
