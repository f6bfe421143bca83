import { exposuresOf, placeOf } from './charges';
import { higher } from './costs';
import { F_COVERAGE, F_INITIAL_COVERAGE } from './figures';
import { add, at as constant, most, mul, pick, sub } from './lanes';
import * as at from './regions';
import { word } from './regions';

const NONE = memory.data<f64>([0]);
/** Bounds and vectors round apart by far less than this. */
const ROUNDING: f64 = 1 + 1e-9;

/** `LiquidityCoverage` of @plinth/margin: the same charges, not where they bind. */
export function addCoverage(figures: usize): void {
  store<f64>(figures, 0, F_COVERAGE);
  store<f64>(figures, 0, F_INITIAL_COVERAGE);
  const places = word(at.PLACE_COUNT);
  if (places < 2 || isCovered(places)) return;
  const isFilled = word(at.IS_FILLED);
  for (let n: usize = 0; n < places; n++) if (load<u8>(isFilled + n) == 0) fillPlace(n);
  const half = word(at.WIDTH) << 3;
  store<f64>(figures, worstCharge(places, 0, half), F_COVERAGE);
  store<f64>(figures, worstCharge(places, half, 2 * half), F_INITIAL_COVERAGE);
}

function excessNow(n: usize): f64 {
  const sums: usize = load<u32>(word(at.PLACE_LIST) + (n << 2));
  return load<f64>(sums, at.EQUITY) - load<f64>(sums, at.REQUIRED);
}

/** How far the excess of a place can fall or rise in any column. */
function reachAt(n: usize): f64 {
  const row = exposuresOf(n);
  const count = word(at.SHAPES_HELD);
  const list = word(at.SHAPE_LIST);
  const reaches = word(at.SHAPE_REACHES);
  let reach = f64x2.splat(0);
  for (let m: usize = 0; m < count; m += 2) {
    const first = row + ((<usize>load<u32>(list + (m << 2))) << 3);
    const second = row + ((<usize>load<u32>(list + (m << 2), 4)) << 3);
    const exposures = v128.load_lane<u64>(second, v128.load64_splat(first), 1);
    reach = add(reach, mul(f64x2.abs(exposures), v128.load(reaches + (m << 3))));
  }
  return f64x2.extract_lane(reach, 0) + f64x2.extract_lane(reach, 1);
}

/** True when bounds show that no scenario charges anything; places that may need something get their rows. */
function isCovered(places: usize): bool {
  const isFilled = word(at.IS_FILLED);
  const records = word(at.PLACES);
  let need: f64 = 0;
  let free: f64 = 0;
  let stuck: f64 = 0;
  for (let n: usize = 0; n < places; n++) {
    const worst = excessNow(n) - reachAt(n);
    const isNeeded = worst < 0;
    store<u8>(isFilled + n, isNeeded ? 1 : 0);
    if (isNeeded) {
      need -= worst;
      continue;
    }
    const place = records + placeOf(n) * at.PLACE;
    free += load<f64>(place, at.PLACE_TRANSFERABLE) * worst;
    stuck = higher(stuck, load<f64>(place, at.PLACE_HALTS) * worst);
  }
  if (need == 0 || need * ROUNDING <= free - stuck) return true;
  for (let n: usize = 0; n < places; n++) if (load<u8>(isFilled + n) == 1) fillPlace(n);
  return mostNeeded(places) * ROUNDING <= free - stuck;
}

/** Row of the nth place: what stands there now, and what its exposures gain, in every column. */
function fillPlace(n: usize): void {
  const exposures = exposuresOf(n);
  const count = word(at.SHAPES_HELD);
  const list = word(at.SHAPE_LIST);
  const bases = word(at.SHAPE_BASES);
  const amounts = word(at.PLACE_AMOUNTS);
  const rows = word(at.PLACE_BASES);
  let held: usize = 0;
  for (let m: usize = 0; m < count; m++) {
    const amount = load<f64>(exposures + ((<usize>load<u32>(list + (m << 2))) << 3));
    store<f64>(amounts + (held << 3), amount);
    store<u32>(rows + (held << 2), load<u32>(bases + (m << 2)));
    held += <usize>(amount != 0);
  }
  const bytes = word(at.WIDTH) << 4;
  const to = word(at.EXCESS) + n * bytes;
  const now = f64x2.splat(excessNow(n));
  for (let c: usize = 0; c < bytes; c += 64) {
    let e0 = now;
    let e1 = now;
    let e2 = now;
    let e3 = now;
    for (let m: usize = 0; m < held; m++) {
      const amount = v128.load64_splat(amounts + (m << 3));
      const row = <usize>load<u32>(rows + (m << 2)) + c;
      e0 = add(e0, mul(amount, v128.load(row)));
      e1 = add(e1, mul(amount, v128.load(row, 16)));
      e2 = add(e2, mul(amount, v128.load(row, 32)));
      e3 = add(e3, mul(amount, v128.load(row, 48)));
    }
    v128.store(to + c, e0);
    v128.store(to + c, e1, 16);
    v128.store(to + c, e2, 32);
    v128.store(to + c, e3, 48);
  }
}

function highestLane(high: v128): f64 {
  const first = f64x2.extract_lane(high, 0);
  const second = f64x2.extract_lane(high, 1);
  return first < second ? second : first;
}

/** Largest need over all columns, of the filled places. */
function mostNeeded(places: usize): f64 {
  const bytes = word(at.WIDTH) << 4;
  const isFilled = word(at.IS_FILLED);
  const none = constant(NONE, 0);
  let needed = none;
  for (let c: usize = 0; c < bytes; c += 16) {
    let need = none;
    for (let n: usize = 0; n < places; n++) {
      if (load<u8>(isFilled + n) == 0) continue;
      const amount = v128.load(word(at.EXCESS) + n * bytes + c);
      need = pick(f64x2.lt(amount, none), sub(need, amount), need);
    }
    needed = most(needed, need);
  }
  return highestLane(needed);
}

/** The largest charge of the columns of the bytes [from, to). */
function worstCharge(places: usize, from: usize, to: usize): f64 {
  const bytes = word(at.WIDTH) << 4;
  const records = word(at.PLACES);
  const none = constant(NONE, 0);
  let worst = none;
  for (let c = from; c < to; c += 16) {
    let need = none;
    let free = none;
    let all = none;
    let stuck = none;
    for (let n: usize = 0; n < places; n++) {
      const place = records + placeOf(n) * at.PLACE;
      const amount = v128.load(word(at.EXCESS) + n * bytes + c);
      const isNeeded = f64x2.lt(amount, none);
      const movable = mul(v128.load64_splat(place, at.PLACE_TRANSFERABLE), amount);
      need = pick(isNeeded, sub(need, amount), need);
      free = pick(isNeeded, free, add(free, movable));
      all = pick(isNeeded, all, add(all, amount));
      const held = mul(v128.load64_splat(place, at.PLACE_HALTS), amount);
      stuck = pick(isNeeded, stuck, most(stuck, held));
    }
    const short = most(none, sub(need, sub(free, stuck)));
    const insolvent = most(none, sub(need, all));
    const isNone = f64x2.eq(need, none);
    worst = most(worst, v128.andnot(sub(short, insolvent), isNone));
  }
  return highestLane(worst);
}
