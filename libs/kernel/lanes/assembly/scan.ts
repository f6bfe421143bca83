import { add, at, least, mul } from './lanes';

/**
 * Sums over columns of the shapes that one book touches, and the lowest of them. The book stands in memory as
 * `src/scan.ts` lays it out: amounts and starts of rows by shape, ends of groups among the shapes. Rows hold
 * profits, columns are a multiple of 8.
 */
const AMOUNTS: usize = 0;
const BASES: usize = 16384;
const GROUP_ENDS: usize = 24576;
const LOWS: usize = 28672;
const WORST: usize = 45056;
const UNDERLYING_ENDS: usize = 336640;
const OWN: usize = 340736;
const INITIAL_OWN: usize = 348928;
const NONE = memory.data<f64>([0]);

function amountOf(n: usize): v128 {
  return v128.load64_splat(AMOUNTS + 8 * n);
}

/** Where columns from `c` on of the nth shape's row begin. */
function rowOf(rows: usize, n: usize, c: usize): usize {
  return rows + 8 * (<usize>load<u32>(BASES + 4 * n) + c);
}

function lowestLane(low: v128): f64 {
  const first = f64x2.extract_lane(low, 0);
  const second = f64x2.extract_lane(low, 1);
  return second < first ? second : first;
}

/**
 * The largest losses of a book: of the whole and of its groups summed (WORST: maintenance, then initial), and
 * of every underlying by itself.
 */
export function scanBook(rows: usize, groups: usize, underlyings: usize, width: usize): void {
  scanColumns(rows, groups, 0, width, WORST);
  scanColumns(rows, groups, width, 2 * width, WORST + 16);
  let n: usize = 0;
  for (let u: usize = 0; u < underlyings; u++) {
    const end: usize = load<u32>(UNDERLYING_ENDS + 4 * u);
    store<f64>(OWN + 8 * u, 0 - lowestSum(rows, n, end, 0, width));
    store<f64>(INITIAL_OWN + 8 * u, 0 - lowestSum(rows, n, end, width, 2 * width));
    n = end;
  }
}

/** Columns [from, to), eight at a time, so that sums stay in registers. */
function scanColumns(rows: usize, groups: usize, from: usize, to: usize, into: usize): void {
  for (let g: usize = 0; g < groups; g++) v128.store(LOWS + 16 * g, at(NONE, 0));
  let low = at(NONE, 0);
  for (let c = from; c < to; c += 8) {
    let t0 = at(NONE, 0);
    let t1 = at(NONE, 0);
    let t2 = at(NONE, 0);
    let t3 = at(NONE, 0);
    let n: usize = 0;
    for (let g: usize = 0; g < groups; g++) {
      let g0 = at(NONE, 0);
      let g1 = at(NONE, 0);
      let g2 = at(NONE, 0);
      let g3 = at(NONE, 0);
      const end: usize = load<u32>(GROUP_ENDS + 4 * g);
      for (; n < end; n++) {
        const amount = amountOf(n);
        const row = rowOf(rows, n, c);
        g0 = add(g0, mul(amount, v128.load(row)));
        g1 = add(g1, mul(amount, v128.load(row, 16)));
        g2 = add(g2, mul(amount, v128.load(row, 32)));
        g3 = add(g3, mul(amount, v128.load(row, 48)));
      }
      t0 = add(t0, g0);
      t1 = add(t1, g1);
      t2 = add(t2, g2);
      t3 = add(t3, g3);
      const lowest = least(least(g0, g1), least(g2, g3));
      v128.store(LOWS + 16 * g, least(v128.load(LOWS + 16 * g), lowest));
    }
    low = least(low, least(least(t0, t1), least(t2, t3)));
  }
  let sum: f64 = 0;
  for (let g: usize = 0; g < groups; g++) sum -= lowestLane(v128.load(LOWS + 16 * g));
  store<f64>(into, 0 - lowestLane(low));
  store<f64>(into + 8, sum);
}

/** Lowest profit, at most 0, of the shapes [first, end) together over the columns [from, to). */
function lowestSum(rows: usize, first: usize, end: usize, from: usize, to: usize): f64 {
  let low = at(NONE, 0);
  for (let c = from; c < to; c += 8) {
    let p0 = at(NONE, 0);
    let p1 = at(NONE, 0);
    let p2 = at(NONE, 0);
    let p3 = at(NONE, 0);
    for (let n = first; n < end; n++) {
      const amount = amountOf(n);
      const row = rowOf(rows, n, c);
      p0 = add(p0, mul(amount, v128.load(row)));
      p1 = add(p1, mul(amount, v128.load(row, 16)));
      p2 = add(p2, mul(amount, v128.load(row, 32)));
      p3 = add(p3, mul(amount, v128.load(row, 48)));
    }
    low = least(low, least(least(p0, p1), least(p2, p3)));
  }
  return lowestLane(low);
}
