import { assetOfKey, locationOfKey, type Book } from './book.ts';
import { NUMERAIRE } from './catalogue.ts';
import { profitOf } from './equity.ts';
import {
  LINKS,
  LINK_SETTLEMENT,
  LINK_SHAPE,
  LINK_UNDERLYING,
  LINK_VENUE,
  UNITS,
  UNIT_NOTIONAL,
  UNIT_SETTLED,
} from './instrument-arrays.ts';
import type { RiskModel } from './risk-model.ts';

/**
 * How fast the distance between equity and a requirement can change with prices: an upper bound of
 * Σ |∂(equity − c · requirement) / ∂ ln price|, line by line, nothing netted. Every term of FORMULAS.md is Lipschitz in the
 * notionals and worths that it is made of; the coefficients below add up their constants.
 */
export class Sensitivity {
  readonly #model: RiskModel;
  #lines = -1;
  /** Price factor of each asset: its underlying, or, when not shocked, one of its own behind them; −1 the numeraire. */
  factorOfAsset = new Int32Array(0);
  factorCount = 0;
  /** Factors that the account at hand depends on. */
  factors = new Int32Array(0);
  count = 0;
  #seen = new Uint8Array(0);
  /** Bounds for maintenance and for initial margin, USD per unit of relative price change. */
  maintenance = 0;
  initial = 0;

  constructor(model: RiskModel) {
    this.#model = model;
  }

  resolve(): void {
    const { catalogue, linesVersion } = this.#model;
    if (this.#lines === linesVersion) return;
    const underlyings = catalogue.underlyings.size;
    const numeraire = catalogue.assets.indexOf(NUMERAIRE);
    this.factorOfAsset = Int32Array.from(catalogue.assetUnderlyings, (u, a) => (u < 0 ? underlyings + a : u));
    // The numeraire's price is 1 for ever.
    this.factorOfAsset[numeraire] = -1;
    this.factorCount = underlyings + catalogue.assets.size;
    this.factors = new Int32Array(this.factorCount);
    this.#seen = new Uint8Array(this.factorCount);
    this.count = 0;
    this.#lines = linesVersion;
  }

  /** Bounds of one account, and the factors it depends on. `several`: it stands at more than one place. */
  measure(book: Book, account: number, several: boolean): void {
    for (let n = 0; n < this.count; n++) this.#seen[this.factors[n]!] = 0;
    this.count = 0;
    const { callRatio, hysteresis } = this.#model.parameters.states;
    const sums = { equity: 0, requirement: 0, coverage: 0, band: 0 };
    this.#addBalances(book, account, sums);
    this.#addPositions(book, account, sums);
    const charged = sums.requirement + (several ? sums.coverage : 0);
    this.maintenance = sums.equity + callRatio * (1 + hysteresis) * charged;
    this.initial = sums.equity + (1 + hysteresis) * (charged + sums.band);
  }

  #touch(factor: number): void {
    if (factor < 0 || this.#seen[factor] === 1) return;
    this.#seen[factor] = 1;
    this.factors[this.count++] = factor;
  }

  /**
   * A worth W at its own price: equity W plus what is taken off it (1.5 × the largest fraction, for costs that grow with
   * √size); scan W · reach; basis W · rate; credit W · PD·LGD; coverage W · (1 + reach); band 3 W.
   */
  #addBalances(book: Book, account: number, sums: Sums): void {
    const { assets, arrays, places, basisRates, parameters } = this.#model;
    const { key, value, start, count } = book.balances;
    const from = start[account]!;
    const to = from + count[account]!;
    for (let row = from; row < to; row++) {
      const a = assetOfKey(key[row]!);
      const worth = Math.abs(value[row]!) * assets.price[a]!;
      const u = assets.underlying[a]!;
      const reach = u < 0 ? 0 : arrays.reach[arrays.ofUnderlying[u]!]!;
      const taken = u < 0 ? assets.haircutMax[a]! : parameters.concentration.maxCostFraction;
      this.#touch(this.factorOfAsset[a]!);
      sums.equity += worth * (1 + 1.5 * taken);
      const credit = places.credit[locationOfKey(key[row]!)]! * (1 + 1.5 * taken);
      sums.requirement += worth * (reach + (u < 0 ? 0 : basisRates[u]!) + credit);
      sums.coverage += worth * (1 + 1.5 * taken + reach);
      sums.band += 3 * worth;
    }
  }

  /**
   * A notional N moves with its mark and with the price of its settlement asset: equity N; scan N · reach of its shape, of
   * its settlement and of its quote asset; basis N · rate of each; unwinding 1.5 · cap · N; credit and coverage as above with
   * the venue's requirement; band 6 N. Its profit is a worth of the settlement asset.
   */
  #addPositions(book: Book, account: number, sums: Sums): void {
    const { instruments, arrays, assets, places, basisRates, parameters } = this.#model;
    const { units, links } = instruments;
    const cap = parameters.concentration.maxCostFraction;
    const { key, value, extra, start, count } = book.positions;
    const from = start[account]!;
    const to = from + count[account]!;
    for (let row = from; row < to; row++) {
      const i = key[row]!;
      const l = i * LINKS;
      const settlement = links[l + LINK_SETTLEMENT]!;
      const venue = links[l + LINK_VENUE]!;
      const notional = Math.abs(value[row]!) * units[i * UNITS + UNIT_NOTIONAL]!;
      const profit =
        Math.abs(profitOf(this.#model, i, value[row]!, extra[row]!)) * units[i * UNITS + UNIT_SETTLED]!;
      const paidIn = this.#reachOf(assets.underlying[settlement]!);
      const quoted = assets.underlying[instruments.quote[i]!]!;
      const reach = arrays.reach[links[l + LINK_SHAPE]!]! + paidIn + this.#reachOf(quoted);
      const rate =
        basisRates[links[l + LINK_UNDERLYING]!]! +
        this.#rateOf(assets.underlying[settlement]!) +
        this.#rateOf(quoted);
      const required = places.requirement[venue]!;
      const taken = 1.5 * (assets.underlying[settlement]! < 0 ? assets.haircutMax[settlement]! : cap);
      this.#touch(links[l + LINK_UNDERLYING]!);
      this.#touch(this.factorOfAsset[settlement]!);
      this.#touch(this.factorOfAsset[instruments.quote[i]!]!);
      const moved = notional + profit;
      sums.equity += moved * (1 + taken);
      sums.requirement +=
        2 * notional * (reach + rate + 1.5 * cap) + profit * (paidIn + rate) + moved * places.credit[venue]!;
      sums.coverage +=
        moved * (1 + taken) + 2 * notional * (required + reach * (1 + required)) + profit * paidIn;
      sums.band += 6 * notional + 3 * profit;
    }
  }

  #reachOf(underlying: number): number {
    const { arrays } = this.#model;
    return underlying < 0 ? 0 : arrays.reach[arrays.ofUnderlying[underlying]!]!;
  }

  #rateOf(underlying: number): number {
    return underlying < 0 ? 0 : this.#model.basisRates[underlying]!;
  }
}

type Sums = { equity: number; requirement: number; coverage: number; band: number };
