import type { KernelScratch } from '../kernel-scratch.ts';
import type { RiskModel } from '../risk-model.ts';

/**
 * Liquidity coverage (finance §6.7). For one scenario, with e_v = equity at place v less what v itself requires:
 * need = Σ max(0, −e_v), free = Σ share_v · max(0, e_v), all = Σ max(0, e_v), and
 * charge = max(0, need − (free − stuck)) − max(0, need − all).
 * `stuck` is the largest share_v · max(0, e_v) of one venue: that venue halts and what stands there cannot leave.
 * The subtracted term is what would be missing even if every dollar could move at once: that is insolvency, which the
 * scan measures. The charge is for where the money stands, so a book on one venue pays nothing.
 */
export class LiquidityCoverage {
  /** e_v by place and column. */
  #excess = new Float64Array(0);
  maintenance = 0;
  initial = 0;
  /** Column and halted venue of the largest maintenance charge; `venue` −1 when no halt made it worse. */
  column = 0;
  venue = -1;

  value(model: RiskModel, scratch: KernelScratch): void {
    this.maintenance = 0;
    this.initial = 0;
    if (scratch.placeCount < 2 || this.#cannotNeed(model, scratch)) return;
    this.#fill(model, scratch);
    const { width } = model;
    this.initial = this.#worst(model, scratch, width, 2 * width);
    // Maintenance last: it is the one whose binding column and venue are kept.
    this.maintenance = this.#worst(model, scratch, 0, width);
  }

  /**
   * True when bounds alone show that no scenario charges anything: each e_v stays within equity − requirement ± reach,
   * and the least that can move, the best venue halted, covers the most that can be needed. Saves the vectors of most
   * accounts; the answer would be 0 all the same.
   */
  #cannotNeed({ arrays, places: standing }: RiskModel, scratch: KernelScratch): boolean {
    const { places, placeCount, shapes, shapeCount, shapeSize, exposureAt, equityAt, required } = scratch;
    const { transferable, isVenue } = standing;
    let need = 0;
    let free = 0;
    let stuck = 0;
    for (let n = 0; n < placeCount; n++) {
      const place = places[n]!;
      let reach = 0;
      for (let m = 0; m < shapeCount; m++) {
        const shape = shapes[m]!;
        reach += Math.abs(exposureAt[place * shapeSize + shape]!) * arrays.reach[shape]!;
      }
      const least = equityAt[place]! - required[place]! - reach;
      if (least < 0) need -= least;
      else {
        const movable = transferable[place]! * least;
        free += movable;
        if (isVenue[place] === 1) stuck = Math.max(stuck, movable);
      }
    }
    return need === 0 || need * ROUNDING <= free - stuck;
  }

  #fill(model: RiskModel, scratch: KernelScratch): void {
    const stride = 2 * model.width;
    const { places, placeCount, shapes, shapeCount, shapeSize, exposureAt, equityAt, required } = scratch;
    if (this.#excess.length < equityAt.length * stride)
      this.#excess = new Float64Array(equityAt.length * stride);
    const excess = this.#excess;
    const rows = model.arrays.shapes;
    for (let n = 0; n < placeCount; n++) {
      const place = places[n]!;
      const to = place * stride;
      const now = equityAt[place]! - required[place]!;
      for (let c = to; c < to + stride; c++) excess[c] = now;
      for (let m = 0; m < shapeCount; m++) {
        const amount = exposureAt[place * shapeSize + shapes[m]!]!;
        if (amount === 0) continue;
        const from = shapes[m]! * stride;
        for (let c = 0; c < stride; c++) excess[to + c] = excess[to + c]! + amount * rows[from + c]!;
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

/** Bounds and vectors round apart by far less than this. */
const ROUNDING = 1 + 1e-9;
