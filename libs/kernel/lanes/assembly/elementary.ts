import { add, at, div, mul, most, plus, sub } from './lanes';

const EXP = memory.data<f64>([
  0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326141, 0.0013888888888883752,
  0.00019841269874800493, 2.4801587325533563e-5, 2.7557255425746435e-6, 2.7557273661348637e-7,
  2.510520637395701e-8, 2.0914679376583935e-9,
]);
const LOG = memory.data<f64>([
  0.6666666666666666, 0.4000000000000088, 0.28571428570803614, 0.22222222391713917, 0.18181795640132906,
  0.15386239702814658, 0.13268773138656886, 0.13086626147840102,
]);
const NUMBERS = memory.data<f64>([
  1, 1.4426950408889634, 6755399441055744, 0.6931471803691238, 1.9082149292705877e-10, -708,
  // 2^52 and the bias of exponents.
  4503599627371519,
]);
const ONE: usize = 0;
const ONE_OVER_LN2: usize = 1;
const WHOLE: usize = 2;
const LN2_HIGH: usize = 3;
const LN2_LOW: usize = 4;
const LOWEST: usize = 5;
const BIASED: usize = 6;
const BITS = memory.data<i64>([
  // Bias of exponents; from √½ to 1; twice the bias; 2^52.
  1023, 0x00095f6200000000, 2046, 0x4330000000000000,
]);

/** e^x where −708 ≤ x ≤ 0, and 0 below: `decayOf` of @plinth/options, `exp` of @plinth/maths. */
export function decayOf(given: v128): v128 {
  const x = most(given, at(NUMBERS, LOWEST));
  const whole = add(mul(x, at(NUMBERS, ONE_OVER_LN2)), at(NUMBERS, WHOLE));
  const k = sub(whole, at(NUMBERS, WHOLE));
  const high = sub(x, mul(k, at(NUMBERS, LN2_HIGH)));
  const low = mul(k, at(NUMBERS, LN2_LOW));
  const r = sub(high, low);
  let tail = plus(at(EXP, 9), r, at(EXP, 10));
  tail = plus(at(EXP, 8), r, tail);
  tail = plus(at(EXP, 7), r, tail);
  tail = plus(at(EXP, 6), r, tail);
  tail = plus(at(EXP, 5), r, tail);
  tail = plus(at(EXP, 4), r, tail);
  tail = plus(at(EXP, 3), r, tail);
  tail = plus(at(EXP, 2), r, tail);
  tail = plus(at(EXP, 1), r, tail);
  tail = plus(at(EXP, 0), r, tail);
  const rest = add(mul(mul(r, r), tail), sub(sub(high, r), low));
  const value = add(at(NUMBERS, ONE), add(r, rest));
  // The last bits of `whole` are those of k.
  const power = i64x2.shl(i64x2.add(whole, at(BITS, 0)), 52);
  return v128.andnot(mul(value, power), f64x2.lt(given, at(NUMBERS, LOWEST)));
}

/** ln(a / b) of normal doubles with a normal quotient: `logRatio` of @plinth/maths. */
export function logRatioOf(a: v128, b: v128): v128 {
  const biased = i64x2.shr_u(i64x2.add(div(a, b), at(BITS, 1)), 52);
  const scaled = mul(a, i64x2.shl(i64x2.sub(at(BITS, 2), biased), 52));
  // As a double: a whole number stands in the last bits of 2^52 + itself.
  const k = sub(v128.or(biased, at(BITS, 3)), at(NUMBERS, BIASED));
  const s = div(sub(scaled, b), add(scaled, b));
  const z = mul(s, s);
  let tail = plus(at(LOG, 6), z, at(LOG, 7));
  tail = plus(at(LOG, 5), z, tail);
  tail = plus(at(LOG, 4), z, tail);
  tail = plus(at(LOG, 3), z, tail);
  tail = plus(at(LOG, 2), z, tail);
  tail = plus(at(LOG, 1), z, tail);
  tail = plus(at(LOG, 0), z, tail);
  const rest = add(mul(mul(s, z), tail), mul(k, at(NUMBERS, LN2_LOW)));
  return add(mul(k, at(NUMBERS, LN2_HIGH)), add(add(s, s), rest));
}
