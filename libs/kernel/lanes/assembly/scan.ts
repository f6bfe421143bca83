import {
  F_INITIAL_SCAN,
  F_INITIAL_SCAN_ALL,
  F_INITIAL_SCAN_GROUP,
  F_INITIAL_SCAN_OWN,
  F_SCAN,
  F_SCAN_ALL,
  F_SCAN_GROUP,
  F_SCAN_OWN,
} from './figures';
import { add, at as constant, least, mul } from './lanes';
import * as at from './regions';
import { word } from './regions';

const NONE = memory.data<f64>([0]);

/**
 * Puts the touched shapes in the one order of sums: by group, underlying, shape, which is ascending. Their
 * sums and their marks are cleared on the way.
 */
export function arrange(): void {
  const shapeCount = word(at.SHAPE_COUNT);
  const touched = word(at.TOUCHED);
  const shapes = word(at.SHAPES);
  const shapeSums = word(at.SHAPE_SUMS);
  const rows = word(at.ROWS);
  const rowBytes = word(at.WIDTH) << 4;
  const list = word(at.SHAPE_LIST);
  const amounts = word(at.SHAPE_AMOUNTS);
  const bases = word(at.SHAPE_BASES);
  const reaches = word(at.SHAPE_REACHES);
  const underlyings = word(at.UNDERLYING_LIST);
  const underlyingEnds = word(at.UNDERLYING_ENDS);
  const groupEnds = word(at.GROUP_ENDS);
  let n: usize = 0;
  let u: usize = 0;
  let g: usize = 0;
  let underlying: u32 = 0xffff_ffff;
  let group: u32 = 0xffff_ffff;
  for (let first: usize = 0; first < shapeCount; first += 64) {
    let bits = load<u64>(touched + (first >> 3));
    store<u64>(touched + (first >> 3), 0);
    while (bits != 0) {
      const shape = first + <usize>ctz<u64>(bits);
      bits &= bits - 1;
      const record = shapes + shape * at.SHAPE;
      const ofUnderlying = load<u32>(record, at.SHAPE_UNDERLYING);
      const ofGroup = load<u32>(record, at.SHAPE_GROUP);
      u += <usize>(ofUnderlying != underlying);
      g += <usize>(ofGroup != group);
      underlying = ofUnderlying;
      group = ofGroup;
      store<u32>(list + (n << 2), <u32>shape);
      store<f64>(amounts + (n << 3), load<f64>(shapeSums + (shape << 3)));
      store<f64>(shapeSums + (shape << 3), 0);
      store<u32>(bases + (n << 2), <u32>(rows + shape * rowBytes));
      store<f64>(reaches + (n << 3), load<f64>(record, at.SHAPE_REACH));
      n++;
      // The lists are counted from 1 here: the one that is met first stands behind the word before it.
      store<u32>(underlyings + (u << 2), underlying);
      store<u32>(underlyingEnds + (u << 2), <u32>n);
      store<u32>(groupEnds + (g << 2), <u32>n);
    }
  }
  // One more that reaches nowhere, for those who go in pairs.
  store<u32>(list + (n << 2), 0);
  store<f64>(reaches + (n << 3), 0);
  at.setWord(at.SHAPES_HELD, n);
  at.setWord(at.UNDERLYINGS_HELD, u);
  at.setWord(at.GROUPS_HELD, g);
}

function lowestLane(low: v128): f64 {
  const first = f64x2.extract_lane(low, 0);
  const second = f64x2.extract_lane(low, 1);
  return second < first ? second : first;
}

/** `scan` of @plinth/margin: the largest losses of the whole, of groups summed, of underlyings summed. */
export function scan(figures: usize): void {
  const half = word(at.WIDTH) << 3;
  scanColumns(0, half, figures + F_SCAN_ALL);
  scanColumns(half, 2 * half, figures + F_INITIAL_SCAN_ALL);
  scanOwn(figures, half);
  const reals = word(at.REALS);
  const all = load<f64>(reals, at.BLEND_ALL);
  const group = load<f64>(reals, at.BLEND_GROUP);
  const own = load<f64>(reals, at.BLEND_OWN);
  store<f64>(
    figures,
    all * load<f64>(figures, F_SCAN_ALL) +
      group * load<f64>(figures, F_SCAN_GROUP) +
      own * load<f64>(figures, F_SCAN_OWN),
    F_SCAN,
  );
  store<f64>(
    figures,
    all * load<f64>(figures, F_INITIAL_SCAN_ALL) +
      group * load<f64>(figures, F_INITIAL_SCAN_GROUP) +
      own * load<f64>(figures, F_INITIAL_SCAN_OWN),
    F_INITIAL_SCAN,
  );
}

/** Columns of the bytes [from, to) of a row, eight at a time, so that sums stay in registers. */
function scanColumns(from: usize, to: usize, into: usize): void {
  const groups = word(at.GROUPS_HELD);
  const groupEnds = word(at.GROUP_ENDS) + 4;
  const lows = word(at.GROUP_LOWS);
  const amounts = word(at.SHAPE_AMOUNTS);
  const bases = word(at.SHAPE_BASES);
  const none = constant(NONE, 0);
  for (let g: usize = 0; g < groups; g++) v128.store(lows + (g << 4), none);
  let low = none;
  for (let c = from; c < to; c += 64) {
    let t0 = none;
    let t1 = none;
    let t2 = none;
    let t3 = none;
    let n: usize = 0;
    for (let g: usize = 0; g < groups; g++) {
      let g0 = none;
      let g1 = none;
      let g2 = none;
      let g3 = none;
      const end: usize = load<u32>(groupEnds + (g << 2));
      for (; n < end; n++) {
        const amount = v128.load64_splat(amounts + (n << 3));
        const row = <usize>load<u32>(bases + (n << 2)) + c;
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
      v128.store(lows + (g << 4), least(v128.load(lows + (g << 4)), lowest));
    }
    low = least(low, least(least(t0, t1), least(t2, t3)));
  }
  let sum: f64 = 0;
  for (let g: usize = 0; g < groups; g++) sum -= lowestLane(v128.load(lows + (g << 4)));
  store<f64>(into, 0 - lowestLane(low));
  store<f64>(into + 8, sum);
}

/** Σ over underlyings of their own largest loss. */
function scanOwn(figures: usize, half: usize): void {
  const underlyings = word(at.UNDERLYINGS_HELD);
  const ends = word(at.UNDERLYING_ENDS) + 4;
  const ownLoss = word(at.OWN);
  const initialOwnLoss = word(at.INITIAL_OWN);
  const amounts = word(at.SHAPE_AMOUNTS);
  const list = word(at.SHAPE_LIST);
  const shapes = word(at.SHAPES);
  let own: f64 = 0;
  let initialOwn: f64 = 0;
  let n: usize = 0;
  for (let u: usize = 0; u < underlyings; u++) {
    const end: usize = load<u32>(ends + (u << 2));
    let loss: f64;
    let initialLoss: f64;
    if (end == n + 1) {
      // One shape: the lowest of amount × value is at an end of the shape's range, bit for bit.
      const amount = load<f64>(amounts + (n << 3));
      const side = shapes + <usize>load<u32>(list + (n << 2)) * at.SHAPE + ((<usize>(amount <= 0)) << 3);
      loss = 0 - amount * load<f64>(side, at.SHAPE_LOW);
      initialLoss = 0 - amount * load<f64>(side, at.SHAPE_INITIAL_LOW);
    } else {
      loss = 0 - lowestSum(n, end, 0, half);
      initialLoss = 0 - lowestSum(n, end, half, 2 * half);
    }
    store<f64>(ownLoss + (u << 3), loss);
    store<f64>(initialOwnLoss + (u << 3), initialLoss);
    own += loss;
    initialOwn += initialLoss;
    n = end;
  }
  store<f64>(figures, own, F_SCAN_OWN);
  store<f64>(figures, initialOwn, F_INITIAL_SCAN_OWN);
}

/** Lowest profit, at most 0, of the shapes [first, end) together. */
function lowestSum(first: usize, end: usize, from: usize, to: usize): f64 {
  const amounts = word(at.SHAPE_AMOUNTS);
  const bases = word(at.SHAPE_BASES);
  let low = constant(NONE, 0);
  for (let c = from; c < to; c += 64) {
    let p0 = constant(NONE, 0);
    let p1 = p0;
    let p2 = p0;
    let p3 = p0;
    for (let n = first; n < end; n++) {
      const amount = v128.load64_splat(amounts + (n << 3));
      const row = <usize>load<u32>(bases + (n << 2)) + c;
      p0 = add(p0, mul(amount, v128.load(row)));
      p1 = add(p1, mul(amount, v128.load(row, 16)));
      p2 = add(p2, mul(amount, v128.load(row, 32)));
      p3 = add(p3, mul(amount, v128.load(row, 48)));
    }
    low = least(low, least(least(p0, p1), least(p2, p3)));
  }
  return lowestLane(low);
}
