import { assetOfKey, type Book } from './book.ts';
import { NUMERAIRE } from './catalogue.ts';
import { profitOf } from './equity.ts';
import type { KernelScratch } from './kernel-scratch.ts';
import { UNITS, UNIT_NOTIONAL, UNIT_SETTLED } from './position-units.ts';
import type { RiskModel } from './risk-model.ts';

/** Places in a record of constants: for a worth W or a notional N; a second one is for a profit. */
const RECORD = 4;
const EQUITY = 0;
const REQUIREMENT = 1;
const COVERAGE = 2;
const BAND = 3;
const PROFIT = RECORD;

/**
 * How fast the distance between equity and a requirement can change with prices: an upper bound of
 * Σ |∂(equity − c · requirement) / ∂ ln price|, line by line, nothing netted. Every term of FORMULAS.md is
 * Lipschitz in the notionals and worths that it is made of; the records below add up their constants.
 */
export class Sensitivity {
  readonly #model: RiskModel;
  /** A record per asset; two per instrument. */
  assets = new Float64Array(0);
  instruments = new Float64Array(0);
  /** Rises with every change of the records. */
  refreshes = 0;
  /**
   * Price factor of each asset: its underlying, or, when not shocked, one of its own behind them; −1 the
   * numeraire.
   */
  factorOfAsset = new Int32Array(0);
  factorCount = 0;
  /** Up to three factors of each instrument: its underlying, what it is paid in, what it is quoted in. */
  #factorsOf = new Int32Array(0);
  /** Factors that the account listed last depends on. */
  factors = new Int32Array(0);
  count = 0;
  #isListed = new Uint8Array(0);
  /** Bounds for maintenance and for initial margin, USD per unit of relative price change. */
  maintenance = 0;
  initial = 0;

  constructor(model: RiskModel) {
    this.#model = model;
  }

  /** Sizes everything to the catalogue. */
  resolve(): void {
    const { catalogue } = this.#model;
    const underlyings = catalogue.underlyings.size;
    this.factorOfAsset = Int32Array.from(catalogue.assetUnderlyings, (u, a) => (u < 0 ? underlyings + a : u));
    // The numeraire's price is 1 for ever.
    this.factorOfAsset[catalogue.assets.indexOf(NUMERAIRE)] = -1;
    this.factorCount = underlyings + catalogue.assets.size;
    this.factors = new Int32Array(this.factorCount);
    this.#isListed = new Uint8Array(this.factorCount);
    this.#factorsOf = new Int32Array(3 * catalogue.instruments.size);
    catalogue.instrumentEntries.forEach(({ underlying, settlement, quote }, i) => {
      // An asset that is not shocked moves nothing as a quote: no leg of it is counted.
      const isShocked = catalogue.assetUnderlyings[quote]! >= 0;
      const paidIn = this.factorOfAsset[settlement]!;
      this.#factorsOf.set([underlying, paidIn, isShocked ? this.factorOfAsset[quote]! : -1], 3 * i);
    });
    this.assets = new Float64Array(catalogue.assets.size * RECORD);
    this.instruments = new Float64Array(catalogue.instruments.size * 2 * RECORD);
  }

  /** Constants that follow from parameters and from the sizes of shocks, not from prices. */
  refresh(): void {
    this.refreshes++;
    for (let a = 0; a < this.factorOfAsset.length; a++) this.#refreshAsset(a);
    for (let i = 0; i < this.#model.catalogue.instruments.size; i++) this.#refreshInstrument(i);
  }

  /**
   * A worth W at its own price: equity W plus what is taken off it (1.5 × the largest fraction, for costs
   * that grow with √size); scan W · reach; basis W · ½ rate; credit (W and what is taken off) · PD·LGD;
   * coverage the same and W · reach; band 3 W.
   */
  #refreshAsset(a: number): void {
    const { places } = this.#model;
    const at = a * RECORD;
    const u = this.#model.assets.underlying[a]!;
    const moved = 1 + this.#takenOff(a);
    const credit = places.credit.reduce((most, one) => Math.max(most, one), 0);
    this.assets[at + EQUITY] = moved;
    this.assets[at + REQUIREMENT] = this.#reachOf(u) + this.#rateOf(u) + moved * credit;
    this.assets[at + COVERAGE] = moved + this.#reachOf(u);
    this.assets[at + BAND] = 3;
  }

  /**
   * A notional N moves with its mark and with the price of its settlement asset: equity N and what is taken
   * off; scan N · reach of its shape, its settlement and its quote asset; basis N · their rates; unwinding
   * 1.5 · cap · N, all twice; credit and coverage as above with the venue's requirement; band 6 N. Its profit
   * is a worth of the settlement asset.
   */
  #refreshInstrument(i: number): void {
    const { instruments, arrays, assets, places, parameters } = this.#model;
    const at = i * 2 * RECORD;
    const settlement = instruments.settlement[i]!;
    const paidIn = assets.underlying[settlement]!;
    const quoted = assets.underlying[instruments.quote[i]!]!;
    const venue = instruments.venue[i]!;
    // A rulebook may ask for more of each unit as the position grows, up to the notional.
    const required = places.rules[venue] === undefined ? places.requirement[venue]! : 1;
    const moved = 1 + this.#takenOff(settlement);
    const reach = arrays.reach[arrays.ofInstrument[i]!]! + this.#reachOf(paidIn) + this.#reachOf(quoted);
    const rate = this.#rateOf(instruments.underlying[i]!) + this.#rateOf(paidIn) + this.#rateOf(quoted);
    const credit = moved * places.credit[venue]!;
    const cost = 1.5 * parameters.concentration.maxCostFraction;
    this.instruments[at + EQUITY] = moved;
    this.instruments[at + REQUIREMENT] = 2 * (reach + rate + cost) + credit;
    this.instruments[at + COVERAGE] = moved + 2 * (required + reach * (1 + required));
    this.instruments[at + BAND] = 6;
    const profit = at + PROFIT;
    this.instruments[profit + EQUITY] = moved;
    this.instruments[profit + REQUIREMENT] = this.#reachOf(paidIn) + this.#rateOf(paidIn) + credit;
    this.instruments[profit + COVERAGE] = moved + this.#reachOf(paidIn);
    this.instruments[profit + BAND] = 3;
  }

  #takenOff(asset: number): number {
    const { assets, parameters } = this.#model;
    const shocked = assets.underlying[asset]! >= 0;
    return 1.5 * (shocked ? parameters.concentration.maxCostFraction : assets.haircutMax[asset]!);
  }

  #reachOf(underlying: number): number {
    const { arrays } = this.#model;
    return underlying < 0 ? 0 : arrays.reach[arrays.ofUnderlying[underlying]!]!;
  }

  #rateOf(underlying: number): number {
    const { basisRates, parameters } = this.#model;
    return underlying < 0 ? 0 : 0.5 * parameters.imShockMultiplier * basisRates[underlying]!;
  }

  /** Bounds of the account that `scratch` holds the valuation of. */
  measure(book: Book, account: number, scratch: KernelScratch): void {
    const { price } = this.#model.assets;
    const { units } = this.#model.positions;
    const { assets, instruments } = this;
    let equity = 0;
    let requirement = 0;
    let coverage = 0;
    let band = 0;
    const { balances, positions } = book;
    const lastBalance = balances.start[account]! + balances.count[account]!;
    for (let row = balances.start[account]!; row < lastBalance; row++) {
      const a = assetOfKey(balances.key[row]!);
      const worth = Math.abs(balances.value[row]!) * price[a]!;
      equity += worth * assets[a * RECORD + EQUITY]!;
      requirement += worth * assets[a * RECORD + REQUIREMENT]!;
      coverage += worth * assets[a * RECORD + COVERAGE]!;
      band += worth * assets[a * RECORD + BAND]!;
    }
    const lastPosition = positions.start[account]! + positions.count[account]!;
    for (let row = positions.start[account]!; row < lastPosition; row++) {
      const i = positions.key[row]!;
      const own = i * 2 * RECORD;
      const paid = own + PROFIT;
      const quantity = positions.value[row]!;
      const notional = Math.abs(quantity) * units[i * UNITS + UNIT_NOTIONAL]!;
      const profit =
        Math.abs(profitOf(this.#model, i, quantity, positions.extra[row]!)) *
        units[i * UNITS + UNIT_SETTLED]!;
      equity += notional * instruments[own + EQUITY]! + profit * instruments[paid + EQUITY]!;
      requirement += notional * instruments[own + REQUIREMENT]! + profit * instruments[paid + REQUIREMENT]!;
      coverage += notional * instruments[own + COVERAGE]! + profit * instruments[paid + COVERAGE]!;
      band += notional * instruments[own + BAND]! + profit * instruments[paid + BAND]!;
    }
    const { callRatio, hysteresis } = this.#model.parameters.states;
    // A book at one place has no coverage charge, whatever prices do.
    const charged = requirement + (scratch.placeCount > 1 ? coverage : 0);
    this.maintenance = equity + callRatio * (1 + hysteresis) * charged;
    this.initial = equity + (1 + hysteresis) * (charged + band);
  }

  /** Lists the factors that an account depends on: they follow from what it holds alone. */
  listFactors({ balances, positions }: Book, account: number): void {
    this.count = 0;
    const lastBalance = balances.start[account]! + balances.count[account]!;
    for (let row = balances.start[account]!; row < lastBalance; row++)
      this.#list(this.factorOfAsset[assetOfKey(balances.key[row]!)]!);
    const lastPosition = positions.start[account]! + positions.count[account]!;
    for (let row = positions.start[account]!; row < lastPosition; row++)
      for (let n = 3 * positions.key[row]!, end = n + 3; n < end; n++) this.#list(this.#factorsOf[n]!);
    for (let n = 0; n < this.count; n++) this.#isListed[this.factors[n]!] = 0;
  }

  #list(factor: number): void {
    if (factor < 0 || this.#isListed[factor] === 1) return;
    this.#isListed[factor] = 1;
    this.factors[this.count++] = factor;
  }
}
