import { MarginKernel } from '../margin-kernel.ts';
import type { MarketState } from '../market-state.ts';
import { moveImplied } from '../option-moves.ts';
import { RiskModel } from '../risk-model.ts';
import { movePrices, type PriceMove } from '../what-if.ts';

export type MarketMove = Readonly<{
  priceMoves: readonly PriceMove[];
  /** Relative moves of implied volatilities. */
  impliedMoves?: readonly PriceMove[];
  /** Relative moves of the volatilities that the sizes of shocks follow. */
  volatilityMoves?: readonly PriceMove[];
}>;

/** Highest volatility that the market takes, per √year. */
const HIGHEST = 100;

/** One market that is moved again and again from where it is now: what searches for shocks look at. */
export class MovableMarket {
  readonly kernel: MarginKernel;
  readonly #base: MarketState;
  readonly #model: RiskModel;

  constructor(kernel: MarginKernel) {
    const { parameters, catalogue, market } = kernel.model;
    this.#base = market.copy();
    this.#model = new RiskModel(parameters, catalogue, market.copy());
    this.kernel = new MarginKernel(this.#model);
  }

  /** The kernel with everything moved as said, and nothing else. */
  move({ priceMoves, impliedMoves = [], volatilityMoves = [] }: MarketMove): MarginKernel {
    const model = this.#model;
    const { market, catalogue } = model;
    market.restore(this.#base);
    for (const move of priceMoves) if (move.fraction !== 0) movePrices(model, market, move);
    for (const { underlying, fraction } of impliedMoves) moveImplied(catalogue, market, underlying, fraction);
    for (const { underlying, fraction } of volatilityMoves) {
      const now = this.#base.volatilityOf(catalogue.underlyings.indexOf(underlying));
      market.setVolatility(underlying, Math.min(HIGHEST, now * (1 + fraction)));
    }
    model.refresh();
    return this.kernel;
  }
}
