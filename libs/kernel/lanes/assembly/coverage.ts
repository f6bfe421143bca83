import { add, at, mul, most, pick, sub } from './lanes';

/**
 * Equity less requirement by place and column, and what its coverage costs, as `src/scan.ts` lays it out. A
 * row per place of the account, in their order.
 */
const PLACE_AMOUNTS: usize = 45312;
const PLACE_BASES: usize = 61696;
const TRANSFERABLE: usize = 69888;
const HALTS: usize = 70912;
const CHARGES: usize = 71936;
const EXCESS: usize = 73984;
const SLOTS: usize = 336128;
/** Bytes of a row: as many columns as there can be. */
const ROW: usize = 2048;
const NONE = memory.data<f64>([0]);

/** Row of a place: `now`, and what its exposures to `count` shapes gain, in every column. */
export function fillPlace(rows: usize, place: usize, now: f64, count: usize, columns: usize): void {
  const to = EXCESS + ROW * place;
  for (let c: usize = 0; c < columns; c += 8) {
    let e0 = f64x2.splat(now);
    let e1 = e0;
    let e2 = e0;
    let e3 = e0;
    for (let m: usize = 0; m < count; m++) {
      const amount = v128.load64_splat(PLACE_AMOUNTS + 8 * m);
      const row = rows + 8 * (<usize>load<u32>(PLACE_BASES + 4 * m) + c);
      e0 = add(e0, mul(amount, v128.load(row)));
      e1 = add(e1, mul(amount, v128.load(row, 16)));
      e2 = add(e2, mul(amount, v128.load(row, 32)));
      e3 = add(e3, mul(amount, v128.load(row, 48)));
    }
    v128.store(to + 8 * c, e0);
    v128.store(to + 8 * c, e1, 16);
    v128.store(to + 8 * c, e2, 32);
    v128.store(to + 8 * c, e3, 48);
  }
}

/** Largest need over all columns, of the places listed in SLOTS. */
export function mostNeeded(slots: usize, columns: usize): f64 {
  let needed = at(NONE, 0);
  for (let c: usize = 0; c < columns; c += 2) {
    let need = at(NONE, 0);
    for (let n: usize = 0; n < slots; n++) {
      const amount = v128.load(EXCESS + ROW * <usize>load<u32>(SLOTS + 4 * n) + 8 * c);
      need = pick(f64x2.lt(amount, at(NONE, 0)), sub(need, amount), need);
    }
    needed = most(needed, need);
  }
  const first = f64x2.extract_lane(needed, 0);
  const second = f64x2.extract_lane(needed, 1);
  return first < second ? second : first;
}

/** What each column charges, 0 where nothing is needed: `LiquidityCoverage` of @plinth/margin. */
export function chargeColumns(places: usize, columns: usize): void {
  for (let c: usize = 0; c < columns; c += 2) {
    let need = at(NONE, 0);
    let free = at(NONE, 0);
    let all = at(NONE, 0);
    let stuck = at(NONE, 0);
    for (let p: usize = 0; p < places; p++) {
      const amount = v128.load(EXCESS + ROW * p + 8 * c);
      const isNeeded = f64x2.lt(amount, at(NONE, 0));
      const movable = mul(v128.load64_splat(TRANSFERABLE + 8 * p), amount);
      need = pick(isNeeded, sub(need, amount), need);
      free = pick(isNeeded, free, add(free, movable));
      all = pick(isNeeded, all, add(all, amount));
      // What stands where nothing halts is never stuck: its share is 0 here.
      const held = mul(v128.load64_splat(HALTS + 8 * p), amount);
      stuck = pick(isNeeded, stuck, most(stuck, held));
    }
    const short = most(at(NONE, 0), sub(need, sub(free, stuck)));
    const insolvent = most(at(NONE, 0), sub(need, all));
    const isNone = f64x2.eq(need, at(NONE, 0));
    v128.store(CHARGES + 8 * c, v128.andnot(sub(short, insolvent), isNone));
  }
}
