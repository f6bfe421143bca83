import { moveText } from '../../percent.ts';
import { checkBounds } from '../bounds.ts';
import {
  sumParts,
  type MarginModel,
  type Requirement,
  type RequirementPart,
  type WorstCase,
} from '../margin-model.ts';
import { checkPrice, type ModelMarket } from '../market.ts';
import { checkPortfolio, checkScope, type ModelPortfolio } from '../portfolio.ts';
import { netShortContingency, offsettingContingency, volatilityShock } from './charges.ts';
import { collateralOf, type Haircuts } from './collateral.ts';
import {
  gainOf,
  netShorts,
  pricedUnderlyings,
  valueOfContracts,
  type PricedUnderlying,
} from './revaluation.ts';

export type DeribitTerms = Readonly<{
  /** Largest move of the grid and how many steps there are on each side of "nothing moves". */
  priceRange: number;
  steps: number;
  /** Relative move of volatility at 30 days, up and down, and exponents of 30 days / days to expiry. */
  volatilityUp: number;
  volatilityDown: number;
  shortTermPower: number;
  longTermPower: number;
  /** Charge on each option that is short in all at its strike, as a share of the spot price. */
  netShort: number;
  /** Charge on futures that offset one another, and on all futures, as shares of the notional. */
  offsetting: number;
  future: number;
  /** Initial margin as a multiple of the maintenance margin. */
  initial: number;
}>;

export type DeribitParameters = Readonly<{
  terms: DeribitTerms;
  /** Far moves with volatility up; each counts by `priceRange` / |move|. */
  extended: readonly number[];
  haircuts: Haircuts;
}>;

const BOUNDS = {
  priceRange: [0.001, 1],
  steps: [1, 32],
  volatilityUp: [0, 10],
  volatilityDown: [0, 1],
  shortTermPower: [0, 10],
  longTermPower: [0, 10],
  netShort: [0, 1],
  offsetting: [0, 1],
  future: [0, 1],
  initial: [1, 10],
} as const;

/**
 * Deribit's portfolio margin, from its documentation only: no figure of the venue confirms it. Per underlying
 * the worst of a grid of price and volatility and of damped far moves, plus charges; maintenance first,
 * initial is a multiple of it.
 */
export const deribit: MarginModel<DeribitParameters> = {
  name: 'deribit',
  requirement: (portfolio, market, parameters) => {
    checkDeribit(parameters);
    checkPortfolio(portfolio);
    checkScope({ options: true, futures: true, inverse: true, assets: true, debts: false }, portfolio);
    checkPrice('stablePrice', { price: market.stablePrice, confidence: 1 });
    return requirementOf(portfolio, market, parameters);
  },
};

const checkDeribit = ({ terms, extended, haircuts }: DeribitParameters): void => {
  checkBounds('terms', BOUNDS, terms);
  extended.forEach((spot, n) => {
    const size = Math.abs(spot);
    checkBounds(`extended[${n}]`, { spot: [-1, 100], size: [terms.priceRange, 100] }, { spot, size });
  });
  for (const [asset, share] of haircuts) checkBounds('haircuts', { [asset]: [0, 1] }, { [asset]: share });
};

const requirementOf = (
  portfolio: ModelPortfolio,
  market: ModelMarket,
  parameters: DeribitParameters,
): Requirement => {
  const underlyings = pricedUnderlyings(portfolio, market);
  const collateral = collateralOf(portfolio, market, parameters.haircuts);
  const judged = underlyings.map((priced) => ({ priced, worst: worstOf(priced, parameters) }));
  const part = (name: string, maintenance: number): RequirementPart => ({
    name,
    maintenance,
    initial: maintenance * parameters.terms.initial,
  });
  const parts = judged.flatMap(({ priced, worst }) => [
    part(`${priced.underlying} scenarios`, 0 - worst.profit),
    part(`${priced.underlying} contingencies`, contingencyOf(priced, parameters.terms)),
  ]);
  const worst = judged.reduce<WorstCase | undefined>(
    (least, { worst: own }) => (least === undefined || own.profit < least.profit ? own : least),
    undefined,
  );
  return {
    ...sumParts([...parts, ...collateral.parts]),
    markToMarket: portfolio.cash + valueOfContracts(portfolio, underlyings) + collateral.value,
    worst,
    parts: [...parts, ...collateral.parts],
  };
};

const worstOf = (priced: PricedUnderlying, { terms, extended }: DeribitParameters): WorstCase => {
  let worst: WorstCase = { index: 0, name: `${priced.underlying} unmoved`, profit: 0 };
  let index = 0;
  const powerOf = (days: number): number => (days <= 30 ? terms.shortTermPower : terms.longTermPower);
  const consider = (spot: number, range: number, weight: number): void => {
    const volatility = (days: number): number => volatilityShock(days, range, powerOf(days));
    const profit = gainOf(priced, { spot, volatility, days: 0 }) * weight;
    if (profit < worst.profit) worst = { index, name: moveText(priced.underlying, spot, range), profit };
    index += 1;
  };
  for (let step = -terms.steps; step <= terms.steps; step++)
    for (const range of [-terms.volatilityDown, 0, terms.volatilityUp])
      consider((step / terms.steps) * terms.priceRange, range, 1);
  for (const spot of extended) consider(spot, terms.volatilityUp, terms.priceRange / Math.abs(spot));
  return worst;
};

const contingencyOf = ({ futures, options, spot }: PricedUnderlying, terms: DeribitTerms): number => {
  let [long, short] = [0, 0];
  for (const { size } of futures) {
    if (size > 0) long += size;
    else short -= size;
  }
  return (
    netShortContingency([-netShorts(options)], terms.netShort * spot) +
    offsettingContingency(long, short, terms.offsetting * spot) +
    (long + short) * terms.future * spot
  );
};
