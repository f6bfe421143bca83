import {
  ACTIVE,
  BOUND,
  DECAY,
  DEVIATION,
  FIRST,
  GAP,
  HIGH,
  LOW,
  MONEYNESS,
  read,
  SECOND,
  TARGET,
  TOTAL,
  write,
} from './columns';
import { logRatioOf } from './elementary';
import { add, at, div, most, mul, pick, sub } from './lanes';

const NUMBERS = memory.data<f64>([
  1,
  0.5,
  -0.5,
  0.25,
  2,
  3,
  6,
  4,
  2.5066282746310002,
  -0.0625,
  1e-6,
  1e-15,
  Infinity,
  0,
  -1,
  1e-290,
]);
const ONE: usize = 0;
const HALF: usize = 1;
const MINUS_HALF: usize = 2;
const QUARTER: usize = 3;
const TWO: usize = 4;
const THREE: usize = 5;
const SIX: usize = 6;
const FOUR: usize = 7;
const SQRT_TWO_PI: usize = 8;
const NEGATIVE_ENOUGH: usize = 9;
const LAST_STEP: usize = 10;
const NO_STEP: usize = 11;
const OPEN: usize = 12;
const ZERO: usize = 13;
const MINUS_ONE: usize = 14;
const LEAST_GAP: usize = 15;

/** `place` of @plinth/options. */
export function place(count: usize): void {
  for (let i: usize = 0; i < count; i += 2) {
    const s = read(DEVIATION, i);
    const c = div(read(TOTAL, i), s);
    const h = mul(at(NUMBERS, HALF), s);
    write(MONEYNESS, i, c);
    write(DECAY, i, mul(at(NUMBERS, MINUS_HALF), add(mul(c, c), mul(h, h))));
  }
}

/** `step` of @plinth/options, after taking `s` into the bracket: as its upper end where `isOver`. */
function step(i: usize, s: v128, isOver: v128, n: v128, a: v128, b: v128): void {
  const low = pick(isOver, read(LOW, i), s);
  const high = pick(isOver, s, read(HIGH, i));
  write(LOW, i, low);
  write(HIGH, i, high);
  const top = add(at(NUMBERS, ONE), mul(at(NUMBERS, HALF), mul(a, n)));
  const bottom = add(at(NUMBERS, ONE), mul(n, add(a, div(mul(b, n), at(NUMBERS, SIX)))));
  const quotient = div(top, bottom);
  const isNear = v128.and(f64x2.gt(quotient, at(NUMBERS, QUARTER)), f64x2.lt(quotient, at(NUMBERS, FOUR)));
  const next = add(s, pick(isNear, mul(n, quotient), n));
  const size = f64x2.abs(sub(next, s));
  const isInside = v128.and(f64x2.gt(next, low), f64x2.lt(next, high));
  const isLast = f64x2.le(size, mul(pick(isInside, at(NUMBERS, LAST_STEP), at(NUMBERS, NO_STEP)), s));
  const isOpen = f64x2.eq(high, at(NUMBERS, OPEN));
  const middle = pick(isOpen, mul(at(NUMBERS, TWO), s), mul(at(NUMBERS, HALF), add(low, high)));
  write(DEVIATION, i, pick(v128.or(isInside, isLast), next, middle));
  write(ACTIVE, i, pick(isLast, at(NUMBERS, ZERO), at(NUMBERS, ONE)));
}

/** b″/b′. */
function bendOf(c: v128, s: v128): v128 {
  return sub(div(mul(c, c), s), mul(at(NUMBERS, QUARTER), s));
}

/** b‴/b′. */
function twistOf(c: v128, s: v128, q: v128): v128 {
  const ratio = div(c, s);
  return sub(mul(q, q), add(mul(at(NUMBERS, THREE), mul(ratio, ratio)), at(NUMBERS, QUARTER)));
}

/** (ln b)‴/(ln b)′. */
function logTwistOf(c: v128, s: v128, q: v128, slope: v128): v128 {
  const less = sub(twistOf(c, s, q), mul(at(NUMBERS, THREE), mul(q, slope)));
  return add(less, mul(at(NUMBERS, TWO), mul(slope, slope)));
}

/** `lowStep` of @plinth/options. */
export function lowStep(count: usize): void {
  for (let i: usize = 0; i < count; i += 2) {
    const s = read(DEVIATION, i);
    const c = read(MONEYNESS, i);
    const target = read(TARGET, i);
    const gap = most(read(GAP, i), at(NUMBERS, LEAST_GAP));
    const level = add(logRatioOf(gap, at(NUMBERS, ONE)), read(DECAY, i));
    const slope = div(at(NUMBERS, ONE), mul(at(NUMBERS, SQRT_TWO_PI), gap));
    const q = bendOf(c, s);
    const bend = sub(q, slope);
    const twist = logTwistOf(c, s, q, slope);
    const share = div(slope, level);
    const n = div(mul(sub(target, level), level), mul(target, slope));
    const a = sub(bend, mul(at(NUMBERS, TWO), share));
    const b = add(
      sub(twist, mul(at(NUMBERS, SIX), mul(share, bend))),
      mul(at(NUMBERS, SIX), mul(share, share)),
    );
    step(i, s, f64x2.gt(level, target), n, a, b);
  }
}

/** `middleStep` of @plinth/options. */
export function middleStep(count: usize): void {
  for (let i: usize = 0; i < count; i += 2) {
    const s = read(DEVIATION, i);
    const c = read(MONEYNESS, i);
    const target = read(TARGET, i);
    const weight = read(DECAY, i);
    const isBeyond = f64x2.lt(sub(c, mul(at(NUMBERS, HALF), s)), at(NUMBERS, NEGATIVE_ENOUGH));
    const beyond = sub(read(BOUND, i), mul(weight, add(read(FIRST, i), read(SECOND, i))));
    const value = pick(isBeyond, beyond, mul(weight, read(GAP, i)));
    const q = bendOf(c, s);
    const n = div(mul(sub(target, value), at(NUMBERS, SQRT_TWO_PI)), weight);
    step(i, s, f64x2.gt(value, target), n, q, twistOf(c, s, q));
  }
}

/** `highStep` of @plinth/options. */
export function highStep(count: usize): void {
  for (let i: usize = 0; i < count; i += 2) {
    const s = read(DEVIATION, i);
    const c = read(MONEYNESS, i);
    const target = read(TARGET, i);
    const sum = add(read(FIRST, i), read(SECOND, i));
    const level = add(logRatioOf(sum, at(NUMBERS, ONE)), read(DECAY, i));
    const slope = div(at(NUMBERS, MINUS_ONE), mul(at(NUMBERS, SQRT_TWO_PI), sum));
    const q = bendOf(c, s);
    const n = div(sub(target, level), slope);
    step(i, s, f64x2.lt(level, target), n, sub(q, slope), logTwistOf(c, s, q, slope));
  }
}
