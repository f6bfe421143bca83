import type { RiskModel } from './risk-model.ts';

/**
 * Sparse working arrays of one valuation. Each kind has a list of what was touched, so that starting again costs what
 * the last account touched and nothing more. Sums are taken in the order of first touch, which the book makes canonical.
 */
export class KernelScratch {
  #lines = -1;
  shapeSize = 0;
  #assetShape = new Int32Array(0);

  /** Assets touched; `held` = balances − debts, `owned` = held + profits, `net` = owned + quote legs. */
  assets = new Int32Array(0);
  assetCount = 0;
  #assetSeen = new Uint8Array(0);
  held = new Float64Array(0);
  owned = new Float64Array(0);
  net = new Float64Array(0);

  /** Places touched, the house excepted: equity there at mark, and what the venue itself requires. */
  places = new Int32Array(0);
  placeCount = 0;
  #placeSeen = new Uint8Array(0);
  equityAt = new Float64Array(0);
  required = new Float64Array(0);
  /** By place × shape: how far equity less requirement there moves per unit of the shape; 0 where not touched. */
  exposureAt = new Float64Array(0);

  /** Shapes touched: the exposure of the whole book to each, USD. */
  shapes = new Int32Array(0);
  shapeCount = 0;
  #shapeSeen = new Uint8Array(0);
  exposure = new Float64Array(0);
  /** Notional of what is long and of what is short, by underlying. */
  #underlyingSeen = new Uint8Array(0);
  underlyings = new Int32Array(0);
  underlyingCount = 0;
  long = new Float64Array(0);
  short = new Float64Array(0);

  /** The touched shapes in the order of sums: amount and start of its row; ends of underlyings and groups among them. */
  amounts = new Float64Array(0);
  bases = new Int32Array(0);
  underlyingEnds = new Int32Array(0);
  groups = new Int32Array(0);
  groupCount = 0;
  groupEnds = new Int32Array(0);
  lowOfGroup = new Float64Array(0);
  /** Largest loss of the whole, of the groups summed, of the underlyings summed: answers of one half of the scan. */
  readonly worst = new Float64Array(3);

  begin(model: RiskModel): void {
    if (this.#lines !== model.linesVersion) this.#resize(model);
    for (let n = 0; n < this.assetCount; n++) this.#assetSeen[this.assets[n]!] = 0;
    for (let n = 0; n < this.placeCount; n++) {
      const place = this.places[n]!;
      const base = place * this.shapeSize;
      for (let m = 0; m < this.shapeCount; m++) this.exposureAt[base + this.shapes[m]!] = 0;
      this.#placeSeen[place] = 0;
    }
    for (let n = 0; n < this.shapeCount; n++) this.#shapeSeen[this.shapes[n]!] = 0;
    for (let n = 0; n < this.underlyingCount; n++) this.#underlyingSeen[this.underlyings[n]!] = 0;
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
    const assets = model.catalogue.assets.size;
    const places = model.catalogue.locations.size;
    const underlyings = model.catalogue.underlyings.size;
    const shapes = model.arrays.count;
    this.#lines = model.linesVersion;
    this.shapeSize = shapes;
    this.#assetShape = model.assets.underlying.map((u) => (u < 0 ? -1 : model.arrays.ofUnderlying[u]!));
    this.assets = new Int32Array(assets);
    this.#assetSeen = new Uint8Array(assets);
    this.held = new Float64Array(assets);
    this.owned = new Float64Array(assets);
    this.net = new Float64Array(assets);
    this.places = new Int32Array(places);
    this.#placeSeen = new Uint8Array(places);
    this.equityAt = new Float64Array(places);
    this.required = new Float64Array(places);
    this.exposureAt = new Float64Array(places * shapes);
    this.shapes = new Int32Array(shapes);
    this.#shapeSeen = new Uint8Array(shapes);
    this.exposure = new Float64Array(shapes);
    this.#underlyingSeen = new Uint8Array(underlyings);
    this.underlyings = new Int32Array(underlyings);
    this.long = new Float64Array(underlyings);
    this.short = new Float64Array(underlyings);
    this.amounts = new Float64Array(shapes);
    this.bases = new Int32Array(shapes);
    this.underlyingEnds = new Int32Array(underlyings);
    this.groups = new Int32Array(model.groups.size);
    this.groupEnds = new Int32Array(model.groups.size);
    this.lowOfGroup = new Float64Array(model.groups.size);
    this.#forget();
  }

  touchAsset(asset: number): void {
    if (this.#assetSeen[asset] === 1) return;
    this.#assetSeen[asset] = 1;
    this.assets[this.assetCount++] = asset;
    this.held[asset] = 0;
    this.owned[asset] = 0;
    this.net[asset] = 0;
  }

  touchPlace(place: number): void {
    if (this.#placeSeen[place] === 1) return;
    this.#placeSeen[place] = 1;
    this.places[this.placeCount++] = place;
    this.equityAt[place] = 0;
    this.required[place] = 0;
  }

  /** `leg` is the line's notional for the basis charge: long positive. */
  addExposure(shape: number, underlying: number, amount: number, leg: number): void {
    if (this.#shapeSeen[shape] === 0) this.#touchShape(shape, underlying);
    this.exposure[shape] = this.exposure[shape]! + amount;
    if (leg > 0) this.long[underlying] = this.long[underlying]! + leg;
    else this.short[underlying] = this.short[underlying]! - leg;
  }

  #touchShape(shape: number, underlying: number): void {
    this.#shapeSeen[shape] = 1;
    this.shapes[this.shapeCount++] = shape;
    this.exposure[shape] = 0;
    if (this.#underlyingSeen[underlying] === 1) return;
    this.#underlyingSeen[underlying] = 1;
    this.underlyings[this.underlyingCount++] = underlying;
    this.long[underlying] = 0;
    this.short[underlying] = 0;
  }

  /** Money at a place, USD, exposed to its asset's own price where that is shocked. */
  addWorthAt(place: number, asset: number, worth: number): void {
    this.equityAt[place] = this.equityAt[place]! + worth;
    const shape = this.#assetShape[asset]!;
    if (shape < 0) return;
    const pair = place * this.shapeSize + shape;
    this.exposureAt[pair] = this.exposureAt[pair]! + worth;
  }

  shapeOfAsset(asset: number): number {
    return this.#assetShape[asset]!;
  }

  /** Puts the touched shapes in the one order of sums: by group, underlying, shape. */
  arrange({ arrays, underlyingGroups, width }: RiskModel): void {
    insertionSort(this.shapes, this.shapeCount);
    let underlyings = 0;
    let groups = 0;
    for (let n = 0; n < this.shapeCount; n++) {
      const shape = this.shapes[n]!;
      const underlying = arrays.underlying[shape]!;
      const group = underlyingGroups[underlying]!;
      this.amounts[n] = this.exposure[shape]!;
      this.bases[n] = 2 * width * shape;
      if (underlyings === 0 || this.underlyings[underlyings - 1] !== underlying)
        this.underlyings[underlyings++] = underlying;
      if (groups === 0 || this.groups[groups - 1] !== group) this.groups[groups++] = group;
      this.underlyingEnds[underlyings - 1] = n + 1;
      this.groupEnds[groups - 1] = n + 1;
    }
    this.groupCount = groups;
  }
}

const insertionSort = (list: Int32Array, count: number): void => {
  for (let n = 1; n < count; n++) {
    const value = list[n]!;
    let m = n - 1;
    while (m >= 0 && list[m]! > value) {
      list[m + 1] = list[m]!;
      m--;
    }
    list[m + 1] = value;
  }
};
