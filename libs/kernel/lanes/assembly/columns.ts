/**
 * A block of options as columns in linear memory: column c starts at c·STRIDE doubles. The stride is no
 * multiple of a page's, or all columns would compete for the same lines of the cache. The order is that of
 * `COLUMNS` in ../src/columns.ts.
 */
const STRIDE: usize = 520;

export const SIGN: usize = 0;
export const FORWARD: usize = 1;
export const STRIKE: usize = 2;
export const VOLATILITY: usize = 3;
export const YEARS: usize = 4;
export const DISCOUNT: usize = 5;
export const DEVIATION: usize = 6;
export const MONEYNESS: usize = 7;
export const DECAY: usize = 8;
export const FIRST: usize = 9;
export const SECOND: usize = 10;
export const GAP: usize = 11;
export const PRICE: usize = 12;
export const DELTA: usize = 13;
export const GAMMA: usize = 14;
export const VEGA: usize = 15;
export const THETA: usize = 16;
export const RHO: usize = 17;
export const VANNA: usize = 18;
export const VOLGA: usize = 19;
export const TARGET: usize = 20;
export const BOUND: usize = 21;
export const TOTAL: usize = 22;
export const LOW: usize = 23;
export const HIGH: usize = 24;
export const ACTIVE: usize = 25;

export function read(column: usize, i: usize): v128 {
  return v128.load((column * STRIDE + i) * 8);
}

export function write(column: usize, i: usize, value: v128): void {
  v128.store((column * STRIDE + i) * 8, value);
}
