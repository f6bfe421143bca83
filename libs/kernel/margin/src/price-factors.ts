import type { RiskModel } from './risk-model.ts';
import type { Sensitivity } from './sensitivity.ts';

/** Beyond this move from its base a factor takes a new base. */
const WIDEST = 0.4;
/** Lines of one factor that have come this far apart take new bases together. */
const SPREAD = 0.01;

/**
 * Every price that moves one factor (its assets and contracts, marks and conservative prices) as a ratio to a
 * base; of a factor only the highest and the lowest ratio are kept. A factor is `broken` when something other
 * than a bounded move happened to it: a first price, a new size of its shocks or haircut, a new base.
 */
export class PriceFactors {
  readonly #model: RiskModel;
  readonly #sensitivity: Sensitivity;
  high = new Float64Array(0);
  low = new Float64Array(0);
  /** Highest over lowest; Infinity of a wild factor. */
  spread = new Float64Array(0);
  /**
   * The largest relative move of any ratio since the update before, up or down. Broken factors do not count.
   */
  travel = 0;
  #lastHigh = new Float64Array(0);
  #lastLow = new Float64Array(0);
  broken = new Uint8Array(0);
  /**
   * Factors with a price so wide (low under half of the mark, or high over twice it) that bounds do not hold.
   */
  wild = new Uint8Array(0);
  #lineFactor = new Int32Array(0);
  #bases = new Float64Array(0);
  #sizes = new Float64Array(0);

  constructor(model: RiskModel, sensitivity: Sensitivity) {
    this.#model = model;
    this.#sensitivity = sensitivity;
  }

  /** Forgets all bases: every factor is broken until `update`. */
  reset(): void {
    const { catalogue } = this.#model;
    const assets = catalogue.assets.size;
    const factors = this.#sensitivity.factorCount;
    this.high = new Float64Array(factors).fill(1);
    this.low = new Float64Array(factors).fill(1);
    this.spread = new Float64Array(factors).fill(1);
    this.broken = new Uint8Array(factors).fill(1);
    this.wild = new Uint8Array(factors);
    this.#sizes = new Float64Array(factors).fill(-1);
    this.#lineFactor = new Int32Array(assets + catalogue.instruments.size);
    this.#lineFactor.set(this.#sensitivity.factorOfAsset);
    // The price of an option is no multiple of its underlying's; whoever holds one is valued at every change.
    catalogue.instrumentEntries.forEach((entry, i) => {
      this.#lineFactor[assets + i] = entry.spec.kind === 'option' ? -1 : entry.underlying;
    });
    // Three bases per line: mark, low, high.
    this.#bases = new Float64Array(3 * this.#lineFactor.length);
  }

  /** Takes in the market as it is now; true when a factor is broken. */
  update(): boolean {
    this.#lastHigh = this.high.slice();
    this.#lastLow = this.low.slice();
    this.high.fill(0);
    this.low.fill(Infinity);
    const wasWild = this.wild.slice();
    this.wild.fill(0);
    this.#compareSizes();
    for (let line = 0; line < this.#lineFactor.length; line++)
      if (this.#lineFactor[line]! >= 0) this.#compareLine(line);
    for (let f = 0; f < this.high.length; f++) {
      const far =
        this.high[f]! > 1 + WIDEST || this.low[f]! < 1 - WIDEST || this.high[f]! - this.low[f]! > SPREAD;
      // Who has a box that knows nothing of it is called now; who gets one while it is wild, at every update.
      const turnedWild = this.wild[f] === 1 && wasWild[f] === 0;
      if (this.high[f]! > 0 && (far || turnedWild)) this.broken[f] = 1;
    }
    for (let line = 0; line < this.#lineFactor.length; line++)
      if (this.broken[this.#lineFactor[line]!] === 1) this.#rebase(line);
    for (let f = 0; f < this.high.length; f++)
      if (this.broken[f] === 1 || this.high[f] === 0) {
        this.high[f] = 1;
        this.low[f] = 1;
      }
    this.#measureTravel();
    return this.broken.includes(1);
  }

  #measureTravel(): void {
    let travel = 1;
    for (let f = 0; f < this.high.length; f++) {
      const high = this.high[f]!;
      const low = this.low[f]!;
      this.spread[f] = this.wild[f] === 1 ? Infinity : high / low;
      if (this.broken[f] === 1) continue;
      travel = Math.max(travel, high / this.#lastHigh[f]!, this.#lastLow[f]! / low);
    }
    this.travel = travel - 1;
  }

  #price(line: number, which: number): number {
    const { assets, instruments } = this.#model.market;
    const assetCount = this.#model.catalogue.assets.size;
    const table = line < assetCount ? assets : instruments;
    const index = line < assetCount ? line : line - assetCount;
    return (which === 0 ? table.mark : which === 1 ? table.low : table.high)[index] ?? 0;
  }

  #compareLine(line: number): void {
    const mark = this.#price(line, 0);
    if (mark === 0) return;
    const f = this.#lineFactor[line]!;
    if (this.#price(line, 1) < 0.5 * mark || this.#price(line, 2) > 2 * mark) this.wild[f] = 1;
    for (let which = 0; which < 3; which++) {
      const base = this.#bases[3 * line + which]!;
      if (base === 0) {
        this.broken[f] = 1;
        continue;
      }
      const ratio = this.#price(line, which) / base;
      if (ratio > this.high[f]!) this.high[f] = ratio;
      if (ratio < this.low[f]!) this.low[f] = ratio;
    }
  }

  #rebase(line: number): void {
    for (let which = 0; which < 3; which++) this.#bases[3 * line + which] = this.#price(line, which);
  }

  #compareSizes(): void {
    const { shockSizes, assets } = this.#model;
    const take = (factor: number, size: number): void => {
      if (this.#sizes[factor] !== size) this.broken[factor] = 1;
      this.#sizes[factor] = size;
    };
    for (let u = 0; u < shockSizes.length; u++) take(u, shockSizes[u]!);
    for (let a = 0; a < assets.haircut.length; a++)
      if (assets.underlying[a]! < 0) take(this.#sensitivity.factorOfAsset[a]!, assets.haircutRaw[a]!);
  }
}
