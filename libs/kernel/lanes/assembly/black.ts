import {
  DECAY,
  DELTA,
  DEVIATION,
  DISCOUNT,
  FIRST,
  FORWARD,
  GAMMA,
  GAP,
  MONEYNESS,
  PRICE,
  read,
  RHO,
  SECOND,
  SIGN,
  STRIKE,
  THETA,
  VANNA,
  VEGA,
  VOLATILITY,
  VOLGA,
  write,
  YEARS,
} from './columns';
import { decayOf, logRatioOf } from './elementary';
import { add, at, div, isWithin, least, most, mul, pick, sub } from './lanes';

const NUMBERS = memory.data<f64>([0, 0.5, -0.5, 1, 2, -0.0625, 0.3989422804014327, 1e-60, 1e60, 1e-100, 1e6]);
const ZERO: usize = 0;
const HALF: usize = 1;
const MINUS_HALF: usize = 2;
const ONE: usize = 3;
const TWO: usize = 4;
const NEGATIVE_ENOUGH: usize = 5;
const ONE_OVER_SQRT_TWO_PI: usize = 6;
const LEAST_AMOUNT: usize = 7;
const MOST_AMOUNT: usize = 8;
const LEAST_DEVIATION: usize = 9;
const MOST_DEVIATION: usize = 10;

/** v = σ·√T. */
export function deviations(count: usize): void {
  for (let i: usize = 0; i < count; i += 2)
    write(DEVIATION, i, mul(read(VOLATILITY, i), f64x2.sqrt(read(YEARS, i))));
}

/** `locate` of @plinth/options; not 0 when an option is not ordinary. */
export function locate(count: usize): i32 {
  let ordinary = i64x2.splat(-1);
  for (let i: usize = 0; i < count; i += 2) {
    const forward = read(FORWARD, i);
    const strike = read(STRIKE, i);
    const v = read(DEVIATION, i);
    const m = div(logRatioOf(forward, strike), v);
    const h = mul(at(NUMBERS, HALF), v);
    write(MONEYNESS, i, m);
    write(DECAY, i, mul(at(NUMBERS, MINUS_HALF), add(mul(m, m), mul(h, h))));
    ordinary = v128.and(ordinary, isWithin(forward, at(NUMBERS, LEAST_AMOUNT), at(NUMBERS, MOST_AMOUNT)));
    ordinary = v128.and(ordinary, isWithin(strike, at(NUMBERS, LEAST_AMOUNT), at(NUMBERS, MOST_AMOUNT)));
    ordinary = v128.and(ordinary, isWithin(v, at(NUMBERS, LEAST_DEVIATION), at(NUMBERS, MOST_DEVIATION)));
  }
  return i64x2.all_true(ordinary) ? 0 : 1;
}

/** `decays` of @plinth/options. */
export function decays(count: usize): void {
  for (let i: usize = 0; i < count; i += 2) write(DECAY, i, decayOf(read(DECAY, i)));
}

/** `values` of @plinth/options. */
export function values(count: usize): void {
  for (let i: usize = 0; i < count; i += 2) {
    const forward = read(FORWARD, i);
    const strike = read(STRIKE, i);
    const c = f64x2.abs(read(MONEYNESS, i));
    const h = mul(at(NUMBERS, HALF), read(DEVIATION, i));
    const isBeyond = f64x2.lt(sub(c, h), at(NUMBERS, NEGATIVE_ENOUGH));
    const weight = mul(mul(f64x2.sqrt(forward), f64x2.sqrt(strike)), read(DECAY, i));
    const inside = mul(weight, read(GAP, i));
    const beyond = sub(least(forward, strike), mul(weight, add(read(FIRST, i), read(SECOND, i))));
    const intrinsic = most(mul(read(SIGN, i), sub(forward, strike)), at(NUMBERS, ZERO));
    write(DECAY, i, weight);
    write(PRICE, i, mul(read(DISCOUNT, i), add(intrinsic, pick(isBeyond, beyond, inside))));
  }
}

/** `linearGreeks` of @plinth/options. */
export function linearGreeks(count: usize): void {
  for (let i: usize = 0; i < count; i += 2) {
    const sign = read(SIGN, i);
    const discount = read(DISCOUNT, i);
    const volatility = read(VOLATILITY, i);
    const years = read(YEARS, i);
    const m = read(MONEYNESS, i);
    const v = read(DEVIATION, i);
    const weight = read(DECAY, i);
    const root = f64x2.sqrt(years);
    const perForward = div(at(NUMBERS, ONE), read(FORWARD, i));
    const perV = div(at(NUMBERS, ONE), v);
    const h = mul(at(NUMBERS, HALF), v);
    const isBeyond = f64x2.lt(sub(f64x2.abs(m), h), at(NUMBERS, NEGATIVE_ENOUGH));
    const isUp = f64x2.ge(m, at(NUMBERS, ZERO));
    const tail = mul(mul(weight, perForward), pick(isUp, read(SECOND, i), read(FIRST, i)));
    const isOther = v128.xor(f64x2.gt(sign, at(NUMBERS, ZERO)), v128.or(isUp, isBeyond));
    const share = pick(isOther, tail, sub(at(NUMBERS, ONE), tail));
    const d1 = add(m, h);
    const d2 = sub(m, h);
    const perVolatility = mul(root, perV);
    const common = mul(mul(discount, weight), at(NUMBERS, ONE_OVER_SQRT_TWO_PI));
    const density = mul(common, perForward);
    const vega = mul(common, root);
    write(DELTA, i, mul(mul(discount, sign), share));
    write(GAMMA, i, mul(density, mul(perForward, perV)));
    write(VEGA, i, vega);
    write(THETA, i, mul(mul(at(NUMBERS, MINUS_HALF), common), mul(mul(volatility, volatility), perV)));
    write(RHO, i, sub(at(NUMBERS, ZERO), mul(years, read(PRICE, i))));
    write(VANNA, i, sub(at(NUMBERS, ZERO), mul(mul(density, d2), perVolatility)));
    write(VOLGA, i, mul(mul(mul(vega, d1), d2), perVolatility));
  }
}

/** `inverseGreeks` of @plinth/options. */
export function inverseGreeks(count: usize): void {
  for (let i: usize = 0; i < count; i += 2) {
    const sign = read(SIGN, i);
    const discount = read(DISCOUNT, i);
    const volatility = read(VOLATILITY, i);
    const years = read(YEARS, i);
    const forward = read(FORWARD, i);
    const m = read(MONEYNESS, i);
    const v = read(DEVIATION, i);
    const weight = read(DECAY, i);
    const root = f64x2.sqrt(years);
    const perForward = div(at(NUMBERS, ONE), forward);
    const perV = div(at(NUMBERS, ONE), v);
    const h = mul(at(NUMBERS, HALF), v);
    const isBeyond = f64x2.lt(sub(f64x2.abs(m), h), at(NUMBERS, NEGATIVE_ENOUGH));
    const isUp = f64x2.ge(m, at(NUMBERS, ZERO));
    const tail = mul(mul(weight, perForward), pick(isUp, read(FIRST, i), read(SECOND, i)));
    const isOther = v128.xor(f64x2.gt(sign, at(NUMBERS, ZERO)), v128.andnot(isUp, isBeyond));
    const share = pick(isOther, tail, sub(mul(read(STRIKE, i), perForward), tail));
    const d1 = add(m, h);
    const d2 = sub(m, h);
    const perVolatility = mul(root, perV);
    const common = mul(mul(discount, weight), at(NUMBERS, ONE_OVER_SQRT_TWO_PI));
    const density = mul(common, perForward);
    const vega = mul(density, root);
    const delta = mul(mul(mul(discount, sign), share), perForward);
    const price = div(read(PRICE, i), forward);
    const twice = mul(mul(at(NUMBERS, TWO), delta), forward);
    write(PRICE, i, price);
    write(DELTA, i, delta);
    write(GAMMA, i, mul(sub(mul(density, perV), twice), mul(perForward, perForward)));
    write(VEGA, i, vega);
    write(THETA, i, mul(mul(at(NUMBERS, MINUS_HALF), density), mul(mul(volatility, volatility), perV)));
    write(RHO, i, sub(at(NUMBERS, ZERO), mul(years, price)));
    write(VANNA, i, sub(at(NUMBERS, ZERO), mul(mul(mul(density, d1), perForward), perVolatility)));
    write(VOLGA, i, mul(mul(mul(vega, d1), d2), perVolatility));
  }
}
