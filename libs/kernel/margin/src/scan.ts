import * as at from './figures.ts';
import type { KernelScratch } from './kernel-scratch.ts';
import type { RiskModel } from './risk-model.ts';

/**
 * The three measures of the scan (finance §6.3), for maintenance shocks:
 * all = max_s Σ_u ℓ_u[s], group = Σ_g max_s Σ_{u∈g} ℓ_u[s], own = Σ_u max_s ℓ_u[s], blended by the weights.
 * Rows hold profits, so a largest loss is a lowest profit; "nothing moves" is a scenario, so none is below 0.
 */
export const scanMaintenance = (model: RiskModel, scratch: KernelScratch, f: Float64Array): void => {
  const { low, high } = model.arrays;
  scanHalf(scratch, 0);
  f[at.SCAN_ALL] = scratch.worst[0]!;
  f[at.SCAN_GROUP] = scratch.worst[1]!;
  f[at.SCAN_OWN] = scanOwn(scratch, { low, high, from: 0, into: scratch.ownLoss });
  const { all, group, own } = model.parameters.blend;
  f[at.SCAN] = all * f[at.SCAN_ALL] + group * f[at.SCAN_GROUP] + own * f[at.SCAN_OWN];
};

/** The same for initial shocks. */
export const scanInitial = (model: RiskModel, scratch: KernelScratch, f: Float64Array): void => {
  const { initialLow: low, initialHigh: high } = model.arrays;
  const from = scratch.columns.width;
  scanHalf(scratch, from);
  f[at.INITIAL_SCAN_ALL] = scratch.worst[0]!;
  f[at.INITIAL_SCAN_GROUP] = scratch.worst[1]!;
  f[at.INITIAL_SCAN_OWN] = scanOwn(scratch, { low, high, from, into: scratch.initialOwnLoss });
  const { all, group, own } = model.parameters.blend;
  f[at.INITIAL_SCAN] =
    all * f[at.INITIAL_SCAN_ALL] + group * f[at.INITIAL_SCAN_GROUP] + own * f[at.INITIAL_SCAN_OWN];
};

/**
 * Eight columns at a time, so that sums stay in registers: shapes into groups, groups into the whole, and the
 * lowest of each on the way. `vectorsOf` repeats these sums in the same order.
 */
const scanHalf = (scratch: KernelScratch, from: number): void => {
  const { rows, width } = scratch.columns;
  const to = from + width;
  const { amounts, bases, groupEnds, groupCount, lowOfGroup } = scratch;
  for (let g = 0; g < groupCount; g++) lowOfGroup[g] = 0;
  let low = 0;
  for (let c = from; c < to; c += 8) {
    let t0 = 0;
    let t1 = 0;
    let t2 = 0;
    let t3 = 0;
    let t4 = 0;
    let t5 = 0;
    let t6 = 0;
    let t7 = 0;
    for (let g = 0, n = 0; g < groupCount; g++) {
      let g0 = 0;
      let g1 = 0;
      let g2 = 0;
      let g3 = 0;
      let g4 = 0;
      let g5 = 0;
      let g6 = 0;
      let g7 = 0;
      for (const end = groupEnds[g]!; n < end; n++) {
        const amount = amounts[n]!;
        const base = bases[n]! + c;
        g0 += amount * rows[base + 0]!;
        g1 += amount * rows[base + 1]!;
        g2 += amount * rows[base + 2]!;
        g3 += amount * rows[base + 3]!;
        g4 += amount * rows[base + 4]!;
        g5 += amount * rows[base + 5]!;
        g6 += amount * rows[base + 6]!;
        g7 += amount * rows[base + 7]!;
      }
      t0 += g0;
      t1 += g1;
      t2 += g2;
      t3 += g3;
      t4 += g4;
      t5 += g5;
      t6 += g6;
      t7 += g7;
      let lowest = lowOfGroup[g]!;
      if (g0 < lowest) lowest = g0;
      if (g1 < lowest) lowest = g1;
      if (g2 < lowest) lowest = g2;
      if (g3 < lowest) lowest = g3;
      if (g4 < lowest) lowest = g4;
      if (g5 < lowest) lowest = g5;
      if (g6 < lowest) lowest = g6;
      if (g7 < lowest) lowest = g7;
      lowOfGroup[g] = lowest;
    }
    if (t0 < low) low = t0;
    if (t1 < low) low = t1;
    if (t2 < low) low = t2;
    if (t3 < low) low = t3;
    if (t4 < low) low = t4;
    if (t5 < low) low = t5;
    if (t6 < low) low = t6;
    if (t7 < low) low = t7;
  }
  let group = 0;
  for (let g = 0; g < groupCount; g++) group -= lowOfGroup[g]!;
  scratch.worst[0] = 0 - low;
  scratch.worst[1] = group;
};

/** Columns of one half, lowest and highest value of each shape in them, and where the losses are to go. */
type Half = Readonly<{ low: Float64Array; high: Float64Array; from: number; into: Float64Array }>;

/** Σ over underlyings of their own largest loss. */
const scanOwn = (scratch: KernelScratch, { low, high, from, into }: Half): number => {
  const { amounts, underlyingEnds, underlyingCount, shapes } = scratch;
  let own = 0;
  for (let u = 0, n = 0; u < underlyingCount; u++) {
    const end = underlyingEnds[u]!;
    if (end === n + 1) {
      // One shape: the lowest of amount × value is at an end of the shape's range, bit for bit (rounding is
      // monotone).
      const amount = amounts[n]!;
      const shape = shapes[n]!;
      into[u] = 0 - amount * (amount > 0 ? low[shape]! : high[shape]!);
    } else into[u] = 0 - lowestSum(scratch, n, end, from);
    own += into[u]!;
    n = end;
  }
  return own;
};

/** Lowest profit, at most 0, of several shapes together. */
const lowestSum = (
  { amounts, bases, columns: { rows, width } }: KernelScratch,
  first: number,
  end: number,
  from: number,
): number => {
  const to = from + width;
  let low = 0;
  for (let c = from; c < to; c += 4) {
    let p0 = 0;
    let p1 = 0;
    let p2 = 0;
    let p3 = 0;
    for (let n = first; n < end; n++) {
      const amount = amounts[n]!;
      const base = bases[n]! + c;
      p0 += amount * rows[base]!;
      p1 += amount * rows[base + 1]!;
      p2 += amount * rows[base + 2]!;
      p3 += amount * rows[base + 3]!;
    }
    if (p0 < low) low = p0;
    if (p1 < low) low = p1;
    if (p2 < low) low = p2;
    if (p3 < low) low = p3;
  }
  return low;
};

/** Profit by column (maintenance, then initial) of each underlying, of each group, of the whole book. */
export type ProfitVectors = Readonly<{
  underlyings: ReadonlyMap<number, Float64Array>;
  groups: ReadonlyMap<number, Float64Array>;
  total: Float64Array;
}>;

/**
 * The vectors of the account just valued: the very sums of the scan, kept. The first half of the columns, of
 * maintenance, can be had alone.
 */
export const vectorsOf = (
  model: RiskModel,
  scratch: KernelScratch,
  stride = 2 * model.width,
): ProfitVectors => {
  const underlyings = new Map<number, Float64Array>();
  const groups = new Map<number, Float64Array>();
  // One memory for all rows: dozens of small ones cost more than the sums in them.
  const all = new Float64Array(stride * (1 + scratch.groupCount + scratch.underlyingCount));
  let used = 0;
  const nextRow = (): Float64Array => all.subarray(used, (used += stride));
  const total = nextRow();
  const { shapes } = model.arrays;
  const whole = 2 * model.width;
  const add = (row: Float64Array, n: number): void => {
    const amount = scratch.amounts[n]!;
    const base = whole * scratch.shapes[n]!;
    for (let c = 0; c < stride; c++) row[c] = row[c]! + amount * shapes[base + c]!;
  };
  for (let n = 0, g = 0; g < scratch.groupCount; g++) {
    const row = nextRow();
    for (; n < scratch.groupEnds[g]!; n++) add(row, n);
    for (let c = 0; c < stride; c++) total[c] = total[c]! + row[c]!;
    groups.set(scratch.groups[g]!, row);
  }
  for (let n = 0, u = 0; u < scratch.underlyingCount; u++) {
    const row = nextRow();
    for (; n < scratch.underlyingEnds[u]!; n++) add(row, n);
    underlyings.set(scratch.underlyings[u]!, row);
  }
  return { underlyings, groups, total };
};

/** The column where a row is lowest among [from, to); the first of equals. */
export const lowestColumn = (row: Float64Array, from: number, to: number): number => {
  let column = from;
  for (let c = from + 1; c < to; c++) if (row[c]! < row[column]!) column = c;
  return column;
};
