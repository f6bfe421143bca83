import type { MarketState, PriceTable } from './market-state.ts';
import { moveTerms, moveTime } from './option-moves.ts';
import type { RiskModel } from './risk-model.ts';

type Table = 'assets' | 'instruments';

/**
 * A market on its way from an earlier one to a later one of the same log, so that a difference can be taken
 * step by step. Lines have one index in both: a catalogue only grows.
 */
export class MarketBlend {
  readonly market: MarketState;
  readonly #later: RiskModel;

  /** Everything as it was; a line that came later has no price. */
  constructor(earlier: RiskModel, later: RiskModel) {
    this.#later = later;
    this.market = later.market.copy();
    for (const table of ['assets', 'instruments'] as const)
      for (let index = 0; index < later.catalogue[table].size; index++)
        this.#copy(earlier.market, table, index);
    for (const [i, { spec }] of later.catalogue.instrumentEntries.entries()) {
      const terms = earlier.market.optionTermsOf(i);
      if (terms !== undefined) this.market.setOptionTerms(spec.id, terms);
    }
    this.market.setTime(earlier.market.atMs);
    this.market.takeCurves(earlier.market);
    this.#copyVolatilities(earlier);
  }

  #copy(from: MarketState, table: Table, index: number): void {
    copyRow(from[table], this.market[table], index);
    this.market.version++;
  }

  #copyVolatilities({ market, catalogue }: RiskModel): void {
    catalogue.underlyings.ids.forEach((id, u) => this.market.setVolatility(id, market.volatilityOf(u)));
    catalogue.assets.ids.forEach((id, a) => this.market.setAssetVolatility(id, market.assetVolatilityOf(a)));
  }

  /** Options decay to the later time. */
  moveTime(): void {
    moveTime(this.#later.catalogue, this.market, this.#later.market.atMs);
  }

  /** Prices of one underlying (−1: of what is not shocked); options follow their forwards. */
  movePrices(underlying: number): void {
    const { catalogue, market: to } = this.#later;
    catalogue.assetUnderlyings.forEach((u, a) => {
      if (u === underlying) this.#copy(to, 'assets', a);
    });
    catalogue.instrumentEntries.forEach((entry, i) => {
      if (entry.underlying !== underlying) return;
      const now = this.market.optionTermsOf(i);
      const then = to.optionTermsOf(i);
      if (entry.spec.kind !== 'option') return this.#copy(to, 'instruments', i);
      if (now === undefined || then === undefined) return;
      const { forward, fixedForward } = then;
      moveTerms({ catalogue, market: this.market, i }, { ...now, forward, fixedForward });
    });
  }

  /** Volatilities, and with them the marks of options: prices are the later ones then. */
  moveVolatilities(): void {
    const { catalogue, market: to } = this.#later;
    catalogue.instrumentEntries.forEach(({ spec }, i) => {
      const terms = to.optionTermsOf(i);
      if (spec.kind !== 'option') return;
      this.#copy(to, 'instruments', i);
      if (terms !== undefined) this.market.setOptionTerms(spec.id, terms);
    });
    this.#copyVolatilities(this.#later);
  }

  /** What the books take at which cost. */
  moveDepth(): void {
    this.market.takeCurves(this.#later.market);
  }
}

const HALTED = 2;

const copyRow = (from: PriceTable, to: PriceTable, index: number): void => {
  to.resize(index + 1);
  to.mark[index] = from.mark[index] ?? 0;
  to.low[index] = from.low[index] ?? 0;
  to.high[index] = from.high[index] ?? 0;
  to.state[index] = from.state[index] ?? HALTED;
};
