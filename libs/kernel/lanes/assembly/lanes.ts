/**
 * Two doubles at a time. Each function is one operation of IEEE 754, or one of bits: nothing is fused, so a
 * lane has the bits of the plain code that does the same operations in the same order.
 */

export function add(a: v128, b: v128): v128 {
  return f64x2.add(a, b);
}

export function sub(a: v128, b: v128): v128 {
  return f64x2.sub(a, b);
}

export function mul(a: v128, b: v128): v128 {
  return f64x2.mul(a, b);
}

export function div(a: v128, b: v128): v128 {
  return f64x2.div(a, b);
}

/** b < a ? b : a. */
export function least(a: v128, b: v128): v128 {
  return f64x2.pmin(a, b);
}

/** a < b ? b : a. */
export function most(a: v128, b: v128): v128 {
  return f64x2.pmax(a, b);
}

/** `yes` where the mask is set. */
export function pick(mask: v128, yes: v128, no: v128): v128 {
  return v128.bitselect(yes, no, mask);
}

/** min ≤ x ≤ max; never where x is no number. */
export function isWithin(x: v128, min: v128, max: v128): v128 {
  return v128.and(f64x2.ge(x, min), f64x2.le(x, max));
}

/**
 * The nth constant of a table, in both lanes. Engines build a constant of 128 bits from immediates each time
 * it is used; a load is one instruction.
 */
export function at(table: usize, n: usize): v128 {
  return v128.load64_splat(table + 8 * n);
}

/** c + x·y, rounded twice. */
export function plus(c: v128, x: v128, y: v128): v128 {
  return f64x2.add(c, f64x2.mul(x, y));
}
