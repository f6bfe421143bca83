import type { Catalogue } from './catalogue.ts';
import { NUMERAIRE } from './catalogue.ts';
import { checkFinite, checkPositive, refuse } from './checks.ts';
import { compileCurve, type CompiledCurve } from './cost-curve.ts';
import type { OptionTerms } from './option-terms.ts';
import type { MarkInput, PriceState, UnwindCurve, UnwindSide } from './types.ts';

const STATES = ['live', 'degraded', 'halted'] as const satisfies readonly PriceState[];
const HALTED = 2;

/**
 * Prices of one kind of line by index. A line without a price yet is worth nothing and its state is `halted`.
 */
export class PriceTable {
  mark = new Float64Array(0);
  low = new Float64Array(0);
  high = new Float64Array(0);
  state = new Uint8Array(0);

  resize(size: number): void {
    if (this.mark.length >= size) return;
    const capacity = Math.max(16, 2 * size);
    this.mark = grown(this.mark, capacity);
    this.low = grown(this.low, capacity);
    this.high = grown(this.high, capacity);
    const state = new Uint8Array(capacity).fill(HALTED);
    state.set(this.state);
    this.state = state;
  }

  set(field: string, index: number, input: MarkInput): void {
    checkPositive(`${field}.mark`, input.mark);
    checkPositive(`${field}.low`, input.low);
    checkPositive(`${field}.high`, input.high);
    if (!(input.low <= input.mark && input.mark <= input.high))
      refuse(field, `Expected low ≤ mark ≤ high, was ${input.low}, ${input.mark}, ${input.high}`);
    this.resize(index + 1);
    this.mark[index] = input.mark;
    this.low[index] = input.low;
    this.high[index] = input.high;
    this.state[index] = STATES.indexOf(input.state);
  }
}

export const grown = (old: Float64Array, capacity: number): Float64Array<ArrayBuffer> => {
  const next = new Float64Array(capacity);
  next.set(old);
  return next;
};

/**
 * Prices, volatilities and books' depth as the engine sees them now. Units: USD per asset unit, quote units
 * per instrument unit of underlying, volatility per √year.
 */
export class MarketState {
  readonly assets = new PriceTable();
  readonly instruments = new PriceTable();
  readonly #catalogue: Catalogue;
  #volatilities = new Float64Array(0);
  #assetVolatilities = new Float64Array(0);
  readonly #options = new Map<number, OptionTerms>();
  #atMs = 0;
  readonly #curves = new Map<string, CompiledCurve>();
  /** Rises with every change: arrays computed from an older one are stale. */
  version = 0;
  curvesVersion = 0;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
    this.assets.set('USD', catalogue.assets.indexOf(NUMERAIRE), { mark: 1, low: 1, high: 1, state: 'live' });
  }

  setAssetPrice(asset: string, input: MarkInput): void {
    if (asset === NUMERAIRE) refuse('asset', `Expected an asset other than ${NUMERAIRE}, whose price is 1`);
    this.assets.set(`assets.${asset}`, this.#catalogue.assets.indexOf(asset), input);
    this.version++;
  }

  setInstrumentMark(instrument: string, input: MarkInput): void {
    const index = this.#catalogue.instruments.indexOf(instrument);
    this.instruments.set(`instruments.${instrument}`, index, input);
    this.version++;
  }

  /** Annualised volatility of an underlying (σ per √year, 0.8 = 80 %). */
  setVolatility(underlying: string, volatility: number): void {
    this.#volatilities = this.#setVolatility(
      this.#volatilities,
      this.#catalogue.underlyings.indexOf(underlying),
      volatility,
    );
  }

  /** Annualised volatility of an asset that is not shocked: it drives the haircut. */
  setAssetVolatility(asset: string, volatility: number): void {
    const index = this.#catalogue.assets.indexOf(asset);
    this.#assetVolatilities = this.#setVolatility(this.#assetVolatilities, index, volatility);
  }

  /** When these prices were made: from then on options have their time to expiry. */
  setTime(atMs: number): void {
    checkFinite('atMs', atMs);
    this.#atMs = atMs;
    this.version++;
  }

  get atMs(): number {
    return this.#atMs;
  }

  /** What an option is priced with from now on. */
  setOptionTerms(instrument: string, terms: OptionTerms): void {
    const index = this.#catalogue.instruments.indexOf(instrument);
    const field = `instruments.${instrument}`;
    const { forward, fixedForward, volatility } = terms;
    checkPositive(`${field}.forward`, forward);
    if (!(fixedForward >= 0 && fixedForward <= forward))
      refuse(`${field}.fixedForward`, `Expected 0 to the forward ${forward}, was ${fixedForward}`);
    if (!(volatility >= 0 && volatility <= 100))
      refuse(`${field}.volatility`, `Expected 0 to 100 per √year, was ${volatility}`);
    this.#options.set(index, terms);
    this.version++;
  }

  optionTermsOf(instrument: number): OptionTerms | undefined {
    return this.#options.get(instrument);
  }

  #setVolatility(
    values: Float64Array<ArrayBuffer>,
    index: number,
    volatility: number,
  ): Float64Array<ArrayBuffer> {
    if (!(volatility >= 0 && volatility <= 100))
      refuse('volatility', `Expected 0 to 100 per √year, was ${volatility}`);
    const next = index < values.length ? values : grown(values, Math.max(16, 2 * (index + 1)));
    next[index] = volatility;
    this.version++;
    return next;
  }

  volatilityOf(underlying: number): number {
    return this.#volatilities[underlying] ?? 0;
  }

  assetVolatilityOf(asset: number): number {
    return this.#assetVolatilities[asset] ?? 0;
  }

  /**
   * Expected cost of unwinding an asset or an instrument through today's books; `undefined` forgets the
   * curve.
   */
  setUnwindCurve(
    line: 'asset' | 'instrument',
    id: string,
    side: UnwindSide,
    curve: UnwindCurve | undefined,
  ): void {
    const table = line === 'asset' ? this.#catalogue.assets : this.#catalogue.instruments;
    const key = `${line}:${side}:${table.indexOf(id)}`;
    if (curve === undefined) this.#curves.delete(key);
    else this.#curves.set(key, compileCurve(`curve.${id}`, curve));
    this.version++;
    this.curvesVersion++;
  }

  /** Curves of another state of the same catalogue in place of these. */
  takeCurves(from: MarketState): void {
    this.#curves.clear();
    for (const [key, curve] of from.#curves) this.#curves.set(key, curve);
    this.version++;
    this.curvesVersion++;
  }

  curveOf(line: 'asset' | 'instrument', index: number, side: UnwindSide): CompiledCurve | undefined {
    return this.#curves.get(`${line}:${side}:${index}`);
  }

  assetState(asset: number): PriceState {
    return STATES[this.assets.state[asset] ?? HALTED]!;
  }

  instrumentState(instrument: number): PriceState {
    return STATES[this.instruments.state[instrument] ?? HALTED]!;
  }

  /** Same prices, volatilities and curves, changeable apart from this one. */
  copy(): MarketState {
    const copy = new MarketState(this.#catalogue);
    for (const name of ['assets', 'instruments'] as const) {
      copy[name].mark = this[name].mark.slice();
      copy[name].low = this[name].low.slice();
      copy[name].high = this[name].high.slice();
      copy[name].state = this[name].state.slice();
    }
    copy.#volatilities = this.#volatilities.slice();
    copy.#assetVolatilities = this.#assetVolatilities.slice();
    for (const [index, terms] of this.#options) copy.#options.set(index, terms);
    copy.#atMs = this.#atMs;
    for (const [key, curve] of this.#curves) copy.#curves.set(key, curve);
    return copy;
  }

  /** Prices, volatilities and terms of a copy that was taken before; its arrays stay the copy's own. */
  restore(from: MarketState): void {
    for (const name of ['assets', 'instruments'] as const)
      for (const column of ['mark', 'low', 'high', 'state'] as const)
        this[name][column].set(from[name][column].subarray(0, this[name][column].length));
    this.#volatilities = from.#volatilities.slice();
    this.#assetVolatilities = from.#assetVolatilities.slice();
    for (const [index, terms] of from.#options) this.#options.set(index, terms);
    this.#atMs = from.#atMs;
    this.version++;
  }
}
