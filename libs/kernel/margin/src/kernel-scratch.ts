import { NO_COLUMNS } from './risk-arrays.ts';
import type { RiskModel } from './risk-model.ts';
import * as work from './work-layout.ts';

/**
 * Working arrays of one valuation, sparse: lists name what was touched. Sums are taken in the order of first
 * touch, which the book makes canonical, or in ascending order.
 */
export class KernelScratch {
  #lines = -1;
  #touched = new Int32Array(0);
  layout = work.layoutOf(0, 0, 0, 0);
  work = new Float64Array(0);
  /** Indexes touched, and how many. */
  assets = new Int32Array(0);
  assetCount = 0;
  /** The house is never among the places. */
  places = new Int32Array(0);
  placeCount = 0;
  shapes = new Int32Array(0);
  shapeCount = 0;
  underlyings = new Int32Array(0);
  underlyingCount = 0;
  /** Columns that differ for the touched shapes. */
  columns = NO_COLUMNS;
  /**
   * The touched shapes in the order of sums: amount and start of its row in these columns; ends of
   * underlyings and groups among them.
   */
  amounts = new Float64Array(0);
  bases = new Int32Array(0);
  underlyingEnds = new Int32Array(0);
  groups = new Int32Array(0);
  groupCount = 0;
  groupEnds = new Int32Array(0);
  lowOfGroup = new Float64Array(0);
  /** Largest loss of each touched underlying by itself, by place in `underlyings`: maintenance, initial. */
  ownLoss = new Float64Array(0);
  initialOwnLoss = new Float64Array(0);
  /** Largest loss of the whole, and of the groups summed: answers of one half of the scan. */
  readonly worst = new Float64Array(2);

  begin(model: RiskModel): void {
    if (this.#lines !== model.linesVersion) this.#resize(model);
    const { work: sums, layout } = this;
    for (let n = 0; n < this.assetCount; n++) sums[layout.assets + this.assets[n]! * work.ASSET_RECORD] = 0;
    for (let n = 0; n < this.placeCount; n++) {
      const place = this.places[n]!;
      sums[layout.locations + place * work.LOCATION_RECORD] = 0;
      const row = layout.exposures + place * layout.shapeCount;
      for (let m = 0; m < this.shapeCount; m++) sums[row + this.shapes[m]!] = 0;
    }
    for (let n = 0; n < this.shapeCount; n++) sums[layout.shapes + this.shapes[n]! * work.SHAPE_RECORD] = 0;
    for (let n = 0; n < this.underlyingCount; n++)
      sums[layout.underlyings + this.underlyings[n]! * work.UNDERLYING_RECORD] = 0;
    this.#forget();
  }

  #forget(): void {
    this.assetCount = 0;
    this.placeCount = 0;
    this.shapeCount = 0;
    this.underlyingCount = 0;
    this.groupCount = 0;
  }

  #resize(model: RiskModel): void {
    const { assets, locations, underlyings } = model.catalogue;
    const shapes = model.arrays.count;
    this.#lines = model.linesVersion;
    this.layout = model.layout;
    this.work = new Float64Array(model.layout.size);
    this.#touched = new Int32Array(Math.ceil(shapes / 32));
    this.assets = new Int32Array(assets.size);
    this.places = new Int32Array(locations.size);
    this.shapes = new Int32Array(shapes);
    this.underlyings = new Int32Array(underlyings.size);
    this.amounts = new Float64Array(shapes);
    this.bases = new Int32Array(shapes);
    this.underlyingEnds = new Int32Array(underlyings.size);
    this.ownLoss = new Float64Array(underlyings.size);
    this.initialOwnLoss = new Float64Array(underlyings.size);
    this.groups = new Int32Array(model.groups.size);
    this.groupEnds = new Int32Array(model.groups.size);
    this.lowOfGroup = new Float64Array(model.groups.size);
    this.#forget();
  }

  /** Marks an asset's record as in use and empties it; `at` is where it starts. */
  openAsset(at: number): void {
    const { work: sums } = this;
    sums[at] = 1;
    sums[at + work.ASSET_HELD] = 0;
    sums[at + work.ASSET_PROFIT] = 0;
    sums[at + work.ASSET_LEG] = 0;
    this.assets[this.assetCount++] = (at - this.layout.assets) / work.ASSET_RECORD;
  }

  openPlace(at: number): void {
    const { work: sums } = this;
    sums[at] = 1;
    sums[at + work.LOCATION_EQUITY] = 0;
    sums[at + work.LOCATION_REQUIRED] = 0;
    this.places[this.placeCount++] = (at - this.layout.locations) / work.LOCATION_RECORD;
  }

  openShape(at: number, underlyingAt: number): void {
    const { work: sums } = this;
    sums[at] = 1;
    sums[at + work.SHAPE_EXPOSURE] = 0;
    this.shapes[this.shapeCount++] = (at - this.layout.shapes) / work.SHAPE_RECORD;
    if (sums[underlyingAt] === 1) return;
    sums[underlyingAt] = 1;
    sums[underlyingAt + work.UNDERLYING_GROSS] = 0;
    this.underlyings[this.underlyingCount++] =
      (underlyingAt - this.layout.underlyings) / work.UNDERLYING_RECORD;
  }

  assetSum(asset: number, field: number): number {
    return this.work[this.layout.assets + asset * work.ASSET_RECORD + field]!;
  }

  /** Held and profits: what is owned of an asset, in units. */
  ownedOf(asset: number): number {
    return this.assetSum(asset, work.ASSET_HELD) + this.assetSum(asset, work.ASSET_PROFIT);
  }

  /** Owned less quote legs: the exposure to the asset's price, in units. */
  netOf(asset: number): number {
    return this.ownedOf(asset) - this.assetSum(asset, work.ASSET_LEG);
  }

  placeSum(place: number, field: number): number {
    return this.work[this.layout.locations + place * work.LOCATION_RECORD + field]!;
  }

  underlyingSum(underlying: number, field: number): number {
    return this.work[this.layout.underlyings + underlying * work.UNDERLYING_RECORD + field]!;
  }

  /** Through a set of bits: comparisons that nobody can foresee cost more than a look at every word. */
  #sortShapes(): void {
    const { shapes, shapeCount } = this;
    const touched = this.#touched;
    for (let n = 0; n < shapeCount; n++) {
      const shape = shapes[n]!;
      touched[shape >> 5] = touched[shape >> 5]! | (1 << (shape & 31));
    }
    for (let word = 0, n = 0; n < shapeCount; word++) {
      for (let bits = touched[word]!; bits !== 0; bits &= bits - 1)
        shapes[n++] = 32 * word + 31 - Math.clz32(bits & -bits);
      touched[word] = 0;
    }
  }

  /** Puts the touched shapes in the one order of sums: by group, underlying, shape. */
  arrange(model: RiskModel): void {
    const { arrays, underlyingGroups } = model;
    this.#sortShapes();
    const { work: sums, layout } = this;
    let underlyings = 0;
    let groups = 0;
    this.columns = arrays.priced;
    for (let n = 0; n < this.shapeCount; n++) {
      const shape = this.shapes[n]!;
      if (arrays.optionOf(shape) >= 0) this.columns = arrays.all;
      arrays.ensure(model, shape);
      const underlying = arrays.underlying[shape]!;
      const group = underlyingGroups[underlying]!;
      this.amounts[n] = sums[layout.shapes + shape * work.SHAPE_RECORD + work.SHAPE_EXPOSURE]!;
      if (underlyings === 0 || this.underlyings[underlyings - 1] !== underlying)
        this.underlyings[underlyings++] = underlying;
      if (groups === 0 || this.groups[groups - 1] !== group) this.groups[groups++] = group;
      this.underlyingEnds[underlyings - 1] = n + 1;
      this.groupEnds[groups - 1] = n + 1;
    }
    this.groupCount = groups;
    const stride = 2 * this.columns.width;
    for (let n = 0; n < this.shapeCount; n++) this.bases[n] = stride * this.shapes[n]!;
  }
}
