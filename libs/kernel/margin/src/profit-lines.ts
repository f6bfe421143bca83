import { blackGreeks, blackValue, expansionBound } from '@plinth/options';
import type { CatalogueInstrument } from './catalogue.ts';
import { profitOf } from './equity.ts';
import { INVERSE, OPTION, optionTerms } from './instrument-arrays.ts';
import { yearsUntil, type OptionSpec } from './option-terms.ts';
import type { RiskModel } from './risk-model.ts';

/** What the market did to one line that was held at two positions of a log, USD. */
export type LineParts = Readonly<{
  /** First order in its own price and in the price of what it is paid in. */
  first: number;
  /** Second order in prices, products of two prices included. */
  gamma: number;
  vega: number;
  theta: number;
  /** Full revaluation less these parts is never further from 0. */
  bound: number;
}>;

/** A line at one of the two positions. */
type LineAt = Readonly<{ model: RiskModel; profit: number; settled: number; mark: number }>;

/** What floating point loses of a dollar of size. */
const ROUNDING = 1e-12;

/** A balance is linear in its price. */
export const balanceParts = (from: RiskModel, to: RiskModel, asset: number, amount: number): LineParts => {
  const [before, after] = [amount * from.assets.price[asset]!, amount * to.assets.price[asset]!];
  return exactParts(after - before, 0, Math.abs(before) + Math.abs(after));
};

const exactParts = (first: number, gamma: number, size: number): LineParts => ({
  ...{ first, gamma, vega: 0, theta: 0 },
  bound: ROUNDING * size,
});

/**
 * A position's value is its profit P times the price S that this is paid at. Linear contracts: P is linear in
 * the mark, so that first order and one product, δP·δS, are all there is. Inverse ones, size·(1/E − 1/M)·S,
 * are linear in S and in S/M, and so first order is. An option is `optionParts`.
 */
export const positionParts = (
  from: RiskModel,
  to: RiskModel,
  i: number,
  quantity: number,
  entry: number,
): LineParts => {
  const instrument = from.catalogue.instrumentEntries[i]!;
  const lineAt = (model: RiskModel): LineAt => ({
    model,
    profit: profitOf(model, i, quantity, entry),
    settled: model.assets.price[instrument.settlement]!,
    mark: model.instruments.mark[i]!,
  });
  const [was, is] = [lineAt(from), lineAt(to)];
  const [before, after] = [was.profit * was.settled, is.profit * is.settled];
  const notional = Math.abs(quantity) * (from.instruments.notional[i]! + to.instruments.notional[i]!);
  const size = notional + Math.abs(before) + Math.abs(after);
  // What had no price on one side has no slope there: all of it is first order.
  if (was.mark === 0 || is.mark === 0) return exactParts(after - before, 0, size);
  const { spec } = instrument;
  switch (from.instruments.form[i]) {
    case OPTION:
      return spec.kind === 'option'
        ? optionParts(was, is, instrument, spec, i, quantity, size)
        : exactParts(after - before, 0, size);
    case INVERSE:
      return exactParts(after - before, 0, size);
    default: {
      const [gained, paid] = [is.profit - was.profit, is.settled - was.settled];
      return exactParts(gained * was.settled + was.profit * paid, gained * paid, size);
    }
  }
};

/**
 * An option is worth size·C(F, σ, T)·κ, κ = S, of an inverse one S/F, and what its mark is off this formula.
 * With C₁ − C₀ = Δ·δF + ½Γ·δF² + vega·δσ + θ·δt + R, |R| ≤ `expansionBound`, what is left over is
 * size·[κ₀·R + δκ·(C₁ − C₀ − Δ·δF)].
 */
const optionParts = (
  was: LineAt,
  is: LineAt,
  entry: CatalogueInstrument,
  spec: OptionSpec,
  i: number,
  quantity: number,
  size: number,
): LineParts => {
  const isCall = spec.right === 'call';
  const at = ({ model, settled, mark }: LineAt) => {
    const { forward, volatility } = optionTerms(model, entry, i);
    const years = yearsUntil(spec.expiryMs, model.market.atMs);
    const value = blackValue(isCall, forward, spec.strike, volatility * Math.sqrt(years));
    const paid = spec.form === 'inverse' ? settled / forward : settled;
    return { forward, volatility, years, value, paid, off: mark * settled - value * paid };
  };
  const [from, to] = [at(was), at(is)];
  const { delta, gamma, vega, theta } = blackGreeks({ isCall, strike: spec.strike, ...from });
  const [move, paid] = [to.forward - from.forward, to.paid - from.paid];
  const second = 0.5 * gamma * move * move;
  const vegaPart = vega * (to.volatility - from.volatility);
  const thetaPart = theta * (from.years - to.years);
  const left = expansionBound(spec.strike, from, to);
  const contracts = quantity * spec.contractSize;
  const product = Math.abs(paid) * (Math.abs(second + vegaPart + thetaPart) + left);
  return {
    first: contracts * (from.paid * delta * move + from.value * paid + to.off - from.off),
    gamma: contracts * (from.paid * second + delta * move * paid),
    vega: contracts * from.paid * vegaPart,
    theta: contracts * from.paid * thetaPart,
    bound: Math.abs(contracts) * (from.paid * left + product) + ROUNDING * size,
  };
};
