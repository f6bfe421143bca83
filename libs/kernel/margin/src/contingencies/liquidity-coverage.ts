import type { KernelScratch } from '../kernel-scratch.ts';
import type { RiskModel } from '../risk-model.ts';
import { LOCATION_EQUITY, LOCATION_REQUIRED } from '../work-layout.ts';

/** Bounds and vectors round apart by far less than this. */
const ROUNDING = 1 + 1e-9;

/**
 * Liquidity coverage (finance §6.7). For one scenario, with e_v = equity at place v less what v itself
 * requires: need = Σ max(0, −e_v), free = Σ share_v · max(0, e_v), all = Σ max(0, e_v), and
 * charge = max(0, need − (free − stuck)) − max(0, need − all).
 * `stuck` is the largest share_v · max(0, e_v) of one venue: that venue halts and what stands there cannot
 * leave. The subtracted term is what would be missing even if every dollar could move at once: that is
 * insolvency, which the scan measures. The charge is for where the money stands, so a book on one venue pays
 * nothing.
 */
export class LiquidityCoverage {
  /** e_v by place and column, of the places filled. */
  #excess = new Float64Array(0);
  #filled = new Uint8Array(0);
  maintenance = 0;
  initial = 0;
  /** Column and halted venue of the largest maintenance charge; `venue` −1 when no halt made it worse. */
  column = 0;
  venue = -1;

  value(model: RiskModel, scratch: KernelScratch): void {
    this.maintenance = 0;
    this.initial = 0;
    if (scratch.placeCount < 2 || this.#isCovered(model, scratch)) return;
    const { places, placeCount } = scratch;
    for (let n = 0; n < placeCount; n++) if (this.#filled[places[n]!] === 0) this.#fill(model, scratch, n);
    const { width } = model;
    this.initial = this.#worst(model, scratch, width, 2 * width);
    // Maintenance last: it is the one whose binding column and venue are kept.
    this.maintenance = this.#worst(model, scratch, 0, width);
  }

  /**
   * True when bounds show that no scenario charges anything: e_v stays within its value now ± reach, and the
   * least that can move, the best venue halted, covers the most that can be needed. Only the places that may
   * need something get their vectors for it. The answer would be 0 all the same.
   */
  #isCovered(model: RiskModel, scratch: KernelScratch): boolean {
    const { places, placeCount } = scratch;
    const { transferable, isVenue } = model.places;
    if (this.#filled.length < isVenue.length) this.#filled = new Uint8Array(isVenue.length);
    let need = 0;
    let free = 0;
    let stuck = 0;
    for (let n = 0; n < placeCount; n++) {
      const place = places[n]!;
      this.#filled[place] = 0;
      const least = excessNow(scratch, place) - reachAt(model, scratch, place);
      if (least < 0) {
        need -= least;
        this.#filled[place] = 1;
        continue;
      }
      const movable = transferable[place]! * least;
      free += movable;
      if (isVenue[place] === 1 && movable > stuck) stuck = movable;
    }
    if (need === 0 || need * ROUNDING <= free - stuck) return true;
    for (let n = 0; n < placeCount; n++) if (this.#filled[places[n]!] === 1) this.#fill(model, scratch, n);
    return this.#mostNeeded(model, scratch) * ROUNDING <= free - stuck;
  }

  /** Largest need over all columns, of the filled places. */
  #mostNeeded(model: RiskModel, scratch: KernelScratch): number {
    const stride = 2 * model.width;
    const { places, placeCount } = scratch;
    let most = 0;
    for (let c = 0; c < stride; c++) {
      let need = 0;
      for (let n = 0; n < placeCount; n++) {
        const place = places[n]!;
        if (this.#filled[place] === 0) continue;
        const amount = this.#excess[place * stride + c]!;
        if (amount < 0) need -= amount;
      }
      if (need > most) most = need;
    }
    return most;
  }

  /** The vector of the nth place of the account. */
  #fill(model: RiskModel, scratch: KernelScratch, n: number): void {
    const place = scratch.places[n]!;
    const now = excessNow(scratch, place);
    const stride = 2 * model.width;
    const { shapes, shapeCount, work: sums, layout } = scratch;
    const size = model.places.isVenue.length * stride;
    if (this.#excess.length < size) this.#excess = new Float64Array(size);
    const excess = this.#excess;
    const rows = model.arrays.shapes;
    const to = place * stride;
    for (let c = to; c < to + stride; c++) excess[c] = now;
    for (let m = 0; m < shapeCount; m++) {
      const amount = sums[layout.exposures + place * layout.shapeCount + shapes[m]!]!;
      if (amount === 0) continue;
      const from = shapes[m]! * stride;
      for (let c = 0; c < stride; c += 4) {
        excess[to + c] = excess[to + c]! + amount * rows[from + c]!;
        excess[to + c + 1] = excess[to + c + 1]! + amount * rows[from + c + 1]!;
        excess[to + c + 2] = excess[to + c + 2]! + amount * rows[from + c + 2]!;
        excess[to + c + 3] = excess[to + c + 3]! + amount * rows[from + c + 3]!;
      }
    }
  }

  #worst(model: RiskModel, scratch: KernelScratch, from: number, to: number): number {
    const stride = 2 * model.width;
    const { transferable, isVenue } = model.places;
    const { places, placeCount } = scratch;
    const excess = this.#excess;
    let worst = 0;
    this.column = from;
    this.venue = -1;
    for (let column = from; column < to; column++) {
      let need = 0;
      let free = 0;
      let all = 0;
      let stuck = 0;
      let halted = -1;
      for (let n = 0; n < placeCount; n++) {
        const place = places[n]!;
        const amount = excess[place * stride + column]!;
        if (amount < 0) need -= amount;
        else {
          const movable = transferable[place]! * amount;
          free += movable;
          all += amount;
          if (isVenue[place] === 1 && movable > stuck) {
            stuck = movable;
            halted = place;
          }
        }
      }
      if (need === 0) continue;
      const charge = Math.max(0, need - (free - stuck)) - Math.max(0, need - all);
      if (charge > worst) {
        worst = charge;
        this.column = column;
        this.venue = halted;
      }
    }
    return worst;
  }
}

const excessNow = (scratch: KernelScratch, place: number): number =>
  scratch.placeSum(place, LOCATION_EQUITY) - scratch.placeSum(place, LOCATION_REQUIRED);

/** How far e_v can fall or rise in any column. */
const reachAt = (model: RiskModel, scratch: KernelScratch, place: number): number => {
  const { shapes, shapeCount, work: sums, layout } = scratch;
  const row = layout.exposures + place * layout.shapeCount;
  let reach = 0;
  for (let m = 0; m < shapeCount; m++)
    reach += Math.abs(sums[row + shapes[m]!]!) * model.arrays.reach[shapes[m]!]!;
  return reach;
};
