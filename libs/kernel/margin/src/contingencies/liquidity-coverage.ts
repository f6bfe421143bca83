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
  /** Exposures of one place that are not 0, and where their rows start. */
  #amounts = new Float64Array(0);
  #bases = new Int32Array(0);
  /** 1 at places that may need something in some column. */
  #mayNeed = new Uint8Array(0);
  /** True when bounds over all columns show that none charges anything. */
  #isCovered = true;
  /** Least that can move in any column, the best venue halted. */
  #spare = 0;
  /** Column and halted venue of the largest maintenance charge; `venue` −1 when no halt made it worse. */
  column = 0;
  venue = -1;

  /** Charge of what the scratch has summed up, in maintenance scenarios. */
  maintenance(model: RiskModel, scratch: KernelScratch): number {
    this.#bound(model, scratch);
    return this.#isCovered ? 0 : this.#charge(model, scratch, true);
  }

  /** The same in initial scenarios, after maintenance. */
  initial(model: RiskModel, scratch: KernelScratch): number {
    return this.#isCovered ? 0 : this.#charge(model, scratch, false);
  }

  /** e_v stays within its value now ± reach: where the least that can move covers the most need, all is 0. */
  #bound(model: RiskModel, scratch: KernelScratch): void {
    this.#isCovered = true;
    const { places, placeCount } = scratch;
    if (placeCount < 2) return;
    const { transferable, isVenue } = model.places;
    if (this.#mayNeed.length < isVenue.length) this.#mayNeed = new Uint8Array(isVenue.length);
    let need = 0;
    let free = 0;
    let stuck = 0;
    for (let n = 0; n < placeCount; n++) {
      const place = places[n]!;
      this.#mayNeed[place] = 0;
      const least = excessNow(scratch, place) - reachAt(model, scratch, place);
      if (least < 0) {
        need -= least;
        this.#mayNeed[place] = 1;
        continue;
      }
      const movable = transferable[place]! * least;
      free += movable;
      if (isVenue[place] === 1 && movable > stuck) stuck = movable;
    }
    this.#spare = free - stuck;
    this.#isCovered = need === 0 || need * ROUNDING <= this.#spare;
  }

  /**
   * Of one half of the columns. Only the places that may need something get their vectors at first: where
   * what they need at most is covered the answer is 0 all the same.
   */
  #charge(model: RiskModel, scratch: KernelScratch, isMaintenance: boolean): number {
    const { places, placeCount, columns } = scratch;
    const size = model.places.isVenue.length * 2 * columns.width;
    if (this.#excess.length < size) this.#excess = new Float64Array(size);
    const from = isMaintenance ? 0 : columns.width;
    for (let n = 0; n < placeCount; n++) if (this.#mayNeed[places[n]!] === 1) this.#fill(scratch, n, from);
    if (this.#mostNeeded(scratch, from) * ROUNDING <= this.#spare) return 0;
    for (let n = 0; n < placeCount; n++) if (this.#mayNeed[places[n]!] === 0) this.#fill(scratch, n, from);
    return this.#worst(model, scratch, from, isMaintenance);
  }

  /** Largest need over the columns of a half, of the places that may need something. */
  #mostNeeded({ places, placeCount, columns: { width } }: KernelScratch, from: number): number {
    const stride = 2 * width;
    let most = 0;
    for (let c = from; c < from + width; c++) {
      let need = 0;
      for (let n = 0; n < placeCount; n++) {
        const place = places[n]!;
        if (this.#mayNeed[place] === 0) continue;
        const amount = this.#excess[place * stride + c]!;
        if (amount < 0) need -= amount;
      }
      if (need > most) most = need;
    }
    return most;
  }

  /** The vector of the nth place of the account, one half of it: four columns at a time. */
  #fill(scratch: KernelScratch, n: number, half: number): void {
    const place = scratch.places[n]!;
    const now = excessNow(scratch, place);
    const { rows, width } = scratch.columns;
    const stride = 2 * width;
    const count = this.#exposed(scratch, place);
    const amounts = this.#amounts;
    const bases = this.#bases;
    const excess = this.#excess;
    const to = place * stride + half;
    for (let c = 0; c < width; c += 4) {
      let e0 = now;
      let e1 = now;
      let e2 = now;
      let e3 = now;
      for (let m = 0; m < count; m++) {
        const amount = amounts[m]!;
        const from = bases[m]! + half + c;
        e0 += amount * rows[from]!;
        e1 += amount * rows[from + 1]!;
        e2 += amount * rows[from + 2]!;
        e3 += amount * rows[from + 3]!;
      }
      excess[to + c] = e0;
      excess[to + c + 1] = e1;
      excess[to + c + 2] = e2;
      excess[to + c + 3] = e3;
    }
  }

  /** Exposures of a place to the touched shapes, and where their rows start; how many there are. */
  #exposed({ shapes, shapeCount, work: sums, layout, bases }: KernelScratch, place: number): number {
    if (this.#amounts.length < shapes.length) {
      this.#amounts = new Float64Array(shapes.length);
      this.#bases = new Int32Array(shapes.length);
    }
    const row = layout.exposures + place * layout.shapeCount;
    let count = 0;
    for (let m = 0; m < shapeCount; m++) {
      const amount = sums[row + shapes[m]!]!;
      if (amount === 0) continue;
      this.#amounts[count] = amount;
      this.#bases[count++] = bases[m]!;
    }
    return count;
  }

  #worst(model: RiskModel, scratch: KernelScratch, from: number, isKept: boolean): number {
    const { transferable, isVenue } = model.places;
    const { places, placeCount, columns } = scratch;
    const stride = 2 * columns.width;
    const excess = this.#excess;
    let worst = 0;
    let [worstColumn, worstVenue] = [from, -1];
    for (let column = from; column < from + columns.width; column++) {
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
      if (charge > worst) [worst, worstColumn, worstVenue] = [charge, column, halted];
    }
    if (isKept) [this.column, this.venue] = [columns.columnOf[worstColumn]!, worstVenue];
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
