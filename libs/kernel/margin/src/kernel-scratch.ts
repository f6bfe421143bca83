import type { RiskModel } from './risk-model.ts';

/**
 * Sparse working arrays of one valuation. Each kind has a list of what was touched, so that starting again costs what
 * the last account touched and nothing more. Sums are taken in the order of first touch, which the book makes canonical.
 */
export class KernelScratch {
  #stride = 0;
  #assetSize = 0;
  #lines = -1;

  /** Assets touched, in order; `held` = balances − debts, `owned` = held + profits, `net` = owned + quote legs. */
  assets = new Int32Array(0);
  assetCount = 0;
  #assetSeen = new Uint8Array(0);
  held = new Float64Array(0);
  owned = new Float64Array(0);
  net = new Float64Array(0);

  /** (place, asset) pairs touched, the house excepted. */
  pairs = new Int32Array(0);
  pairPlace = new Int32Array(0);
  pairAsset = new Int32Array(0);
  pairCount = 0;
  #pairSeen = new Uint8Array(0);
  ownedAt = new Float64Array(0);
  legAt = new Float64Array(0);

  places = new Int32Array(0);
  placeCount = 0;
  #placeSeen = new Uint8Array(0);
  equityAt = new Float64Array(0);
  required = new Float64Array(0);
  /** Equity less requirement by place and column. */
  excess = new Float64Array(0);

  underlyings = new Int32Array(0);
  underlyingCount = 0;
  #underlyingSeen = new Uint8Array(0);
  long = new Float64Array(0);
  short = new Float64Array(0);
  /** Profit by underlying and column. */
  byUnderlying = new Float64Array(0);

  groups = new Int32Array(0);
  groupCount = 0;
  #groupSeen = new Uint8Array(0);
  byGroup = new Float64Array(0);
  total = new Float64Array(0);

  begin(model: RiskModel): void {
    if (this.#lines !== model.linesVersion) this.#resize(model);
    for (let n = 0; n < this.assetCount; n++) {
      const a = this.assets[n]!;
      this.#assetSeen[a] = 0;
    }
    for (let n = 0; n < this.pairCount; n++) this.#pairSeen[this.pairs[n]!] = 0;
    for (let n = 0; n < this.placeCount; n++) this.#placeSeen[this.places[n]!] = 0;
    for (let n = 0; n < this.underlyingCount; n++) this.#underlyingSeen[this.underlyings[n]!] = 0;
    for (let n = 0; n < this.groupCount; n++) this.#groupSeen[this.groups[n]!] = 0;
    this.assetCount = 0;
    this.pairCount = 0;
    this.placeCount = 0;
    this.underlyingCount = 0;
    this.groupCount = 0;
    this.total.fill(0);
  }

  #resize(model: RiskModel): void {
    const { assets, locations, underlyings } = model.catalogue;
    const stride = 2 * model.width;
    this.#stride = stride;
    this.#assetSize = assets.size;
    this.#lines = model.linesVersion;
    this.assets = new Int32Array(assets.size);
    this.#assetSeen = new Uint8Array(assets.size);
    this.held = new Float64Array(assets.size);
    this.owned = new Float64Array(assets.size);
    this.net = new Float64Array(assets.size);
    const pairs = assets.size * locations.size;
    this.pairs = new Int32Array(pairs);
    this.pairPlace = new Int32Array(pairs);
    this.pairAsset = new Int32Array(pairs);
    this.#pairSeen = new Uint8Array(pairs);
    this.ownedAt = new Float64Array(pairs);
    this.legAt = new Float64Array(pairs);
    this.places = new Int32Array(locations.size);
    this.#placeSeen = new Uint8Array(locations.size);
    this.equityAt = new Float64Array(locations.size);
    this.required = new Float64Array(locations.size);
    this.excess = new Float64Array(locations.size * stride);
    this.underlyings = new Int32Array(underlyings.size);
    this.#underlyingSeen = new Uint8Array(underlyings.size);
    this.long = new Float64Array(underlyings.size);
    this.short = new Float64Array(underlyings.size);
    this.byUnderlying = new Float64Array(underlyings.size * stride);
    this.groups = new Int32Array(model.groups.size);
    this.#groupSeen = new Uint8Array(model.groups.size);
    this.byGroup = new Float64Array(model.groups.size * stride);
    this.total = new Float64Array(stride);
    this.assetCount = 0;
    this.pairCount = 0;
    this.placeCount = 0;
    this.underlyingCount = 0;
    this.groupCount = 0;
  }

  #touchAsset(asset: number): void {
    if (this.#assetSeen[asset] === 1) return;
    this.#assetSeen[asset] = 1;
    this.assets[this.assetCount++] = asset;
    this.held[asset] = 0;
    this.owned[asset] = 0;
    this.net[asset] = 0;
  }

  #touchPlace(place: number): void {
    if (this.#placeSeen[place] === 1) return;
    this.#placeSeen[place] = 1;
    this.places[this.placeCount++] = place;
    this.equityAt[place] = 0;
    this.required[place] = 0;
    const from = place * this.#stride;
    for (let c = from; c < from + this.#stride; c++) this.excess[c] = 0;
  }

  #touchPair(place: number, asset: number): number {
    const pair = place * this.#assetSize + asset;
    if (this.#pairSeen[pair] === 1) return pair;
    this.#pairSeen[pair] = 1;
    this.pairs[this.pairCount] = pair;
    this.pairPlace[this.pairCount] = place;
    this.pairAsset[this.pairCount++] = asset;
    this.ownedAt[pair] = 0;
    this.legAt[pair] = 0;
    this.#touchPlace(place);
    return pair;
  }

  #touchUnderlying(underlying: number): void {
    if (this.#underlyingSeen[underlying] === 1) return;
    this.#underlyingSeen[underlying] = 1;
    this.underlyings[this.underlyingCount++] = underlying;
    this.long[underlying] = 0;
    this.short[underlying] = 0;
    const from = underlying * this.#stride;
    for (let c = from; c < from + this.#stride; c++) this.byUnderlying[c] = 0;
  }

  /** A balance at a place, or at the house (place 0) a debt, which no venue sees. */
  addBalance(place: number, asset: number, amount: number): void {
    this.#touchAsset(asset);
    this.held[asset]! += amount;
    this.owned[asset]! += amount;
    this.net[asset]! += amount;
    if (place !== 0) this.ownedAt[this.#touchPair(place, asset)]! += amount;
  }

  addProfit(place: number, asset: number, amount: number): void {
    this.#touchAsset(asset);
    this.owned[asset]! += amount;
    this.net[asset]! += amount;
    this.ownedAt[this.#touchPair(place, asset)]! += amount;
  }

  addLeg(place: number, asset: number, amount: number): void {
    this.#touchAsset(asset);
    this.net[asset]! += amount;
    this.legAt[this.#touchPair(place, asset)]! += amount;
  }

  addBasisLeg(underlying: number, notional: number): void {
    this.#touchUnderlying(underlying);
    if (notional > 0) this.long[underlying]! += notional;
    else this.short[underlying]! -= notional;
  }

  /** Adds `quantity` times a row to its underlying and `exposed` times the same row to a place touched before. */
  addRows(
    rows: Float64Array,
    from: number,
    underlying: number,
    quantity: number,
    place: number,
    exposed: number,
  ): void {
    const { byUnderlying, excess } = this;
    const stride = this.#stride;
    const u = underlying * stride;
    const p = place * stride;
    for (let c = 0; c < stride; c++) {
      const gain = rows[from + c]!;
      byUnderlying[u + c] = byUnderlying[u + c]! + quantity * gain;
      excess[p + c] = excess[p + c]! + exposed * gain;
    }
  }

  addAssetRow(rows: Float64Array, from: number, underlying: number, amount: number): void {
    const { byUnderlying } = this;
    const stride = this.#stride;
    const u = underlying * stride;
    for (let c = 0; c < stride; c++) byUnderlying[u + c] = byUnderlying[u + c]! + amount * rows[from + c]!;
  }

  addExcessRow(rows: Float64Array, from: number, place: number, amount: number): void {
    const { excess } = this;
    const stride = this.#stride;
    const p = place * stride;
    for (let c = 0; c < stride; c++) excess[p + c] = excess[p + c]! + amount * rows[from + c]!;
  }

  raiseExcess(place: number, amount: number): void {
    const from = place * this.#stride;
    for (let c = from; c < from + this.#stride; c++) this.excess[c] = this.excess[c]! + amount;
  }

  /** Ascending index, so that sums over underlyings have one order. */
  sortUnderlyings(): void {
    const list = this.underlyings;
    for (let n = 1; n < this.underlyingCount; n++) {
      const u = list[n]!;
      let m = n - 1;
      while (m >= 0 && list[m]! > u) {
        list[m + 1] = list[m]!;
        m--;
      }
      list[m + 1] = u;
    }
  }

  addToGroup(underlying: number, group: number): void {
    const stride = this.#stride;
    const g = group * stride;
    const u = underlying * stride;
    if (this.#groupSeen[group] === 0) {
      this.#groupSeen[group] = 1;
      this.groups[this.groupCount++] = group;
      for (let c = 0; c < stride; c++) this.byGroup[g + c] = this.byUnderlying[u + c]!;
    } else
      for (let c = 0; c < stride; c++) this.byGroup[g + c] = this.byGroup[g + c]! + this.byUnderlying[u + c]!;
  }

  addToTotal(group: number): void {
    const stride = this.#stride;
    const g = group * stride;
    for (let c = 0; c < stride; c++) this.total[c] = this.total[c]! + this.byGroup[g + c]!;
  }

  /** Lowest value of one row between two columns; at most 0, for one column is "nothing moves". */
  lowest(table: Float64Array, row: number, from: number, to: number): number {
    const base = row * this.#stride;
    let lowest = 0;
    for (let c = base + from; c < base + to; c++) if (table[c]! < lowest) lowest = table[c]!;
    return lowest;
  }

  /** The column where it is lowest; the first of equals. */
  lowestColumn(table: Float64Array, row: number, from: number, to: number): number {
    const base = row * this.#stride;
    let column = from;
    for (let c = from + 1; c < to; c++) if (table[base + c]! < table[base + column]!) column = c;
    return column;
  }
}
