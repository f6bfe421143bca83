import { checkBounds } from '../bounds.ts';
import { sumParts, type MarginModel, type Requirement, type RequirementPart } from '../margin-model.ts';
import { checkPrice, type ModelMarket } from '../market.ts';
import { checkPortfolio, checkScope, type ModelPortfolio } from '../portfolio.ts';
import { okxMaintenance, type CostTier } from './charges.ts';
import { collateralOf, type Haircuts } from './collateral.ts';
import {
  gainOf,
  optionGain,
  pricedUnderlyings,
  STILL,
  valueOfContracts,
  type Move,
  type PricedUnderlying,
} from './revaluation.ts';

export type OkxTerms = Readonly<{
  /** Relative moves of volatilities in the scenarios of the price. */
  volatilityMove: number;
  /** Days that the decay of options is measured over (MR2). */
  decayDays: number;
  /** Relative move of one expiry's volatilities against the others' (MR3). */
  vegaMove: number;
  /** Move of forwards per year to expiry (MR4), and of rates (MR5). */
  basisPerYear: number;
  ratePerYear: number;
  /** Far move of the price, and the share of its loss that counts (MR6). */
  extremeMove: number;
  extremeCounted: number;
  /** Cost of a liquidation as a share of the notional, before its tiers (MR7). */
  cost: number;
  /** Initial margin as a multiple of the maintenance margin. */
  initial: number;
}>;

export type OkxParameters = Readonly<{
  terms: OkxTerms;
  /** Sizes of the price moves, both directions, 0 for "nothing moves" (MR1). */
  moves: readonly number[];
  tiers: readonly CostTier[];
  haircuts: Haircuts;
}>;

const BOUNDS = {
  volatilityMove: [0, 1],
  decayDays: [0, 30],
  vegaMove: [0, 1],
  basisPerYear: [0, 1],
  ratePerYear: [0, 1],
  extremeMove: [0, 1],
  extremeCounted: [0, 1],
  cost: [0, 1],
  initial: [1, 10],
} as const;

/**
 * OKX portfolio margin, from its documentation only: no figure of the venue confirms it. Maintenance =
 * max(max(price and volatility MR1, decay MR2, far move MR6) + vega MR3 + basis MR4 + rates MR5, tiered
 * cost of a liquidation MR7), per underlying; initial is a multiple of it.
 */
export const okx: MarginModel<OkxParameters> = {
  name: 'okx',
  requirement: (portfolio, market, parameters) => {
    checkOkx(parameters);
    checkPortfolio(portfolio);
    checkScope({ options: true, futures: true, inverse: true, assets: true, debts: false }, portfolio);
    checkPrice('stablePrice', { price: market.stablePrice, confidence: 1 });
    return requirementOf(portfolio, market, parameters);
  },
};

const checkOkx = ({ terms, moves, haircuts }: OkxParameters): void => {
  checkBounds('terms', BOUNDS, terms);
  moves.forEach((move, n) => checkBounds('moves', { [n]: [0, 1] }, { [n]: move }));
  for (const [asset, share] of haircuts) checkBounds('haircuts', { [asset]: [0, 1] }, { [asset]: share });
};

const requirementOf = (
  portfolio: ModelPortfolio,
  market: ModelMarket,
  parameters: OkxParameters,
): Requirement => {
  const underlyings = pricedUnderlyings(portfolio, market);
  const collateral = collateralOf(portfolio, market, parameters.haircuts);
  const parts = underlyings.map((priced): RequirementPart => {
    const { maintenance } = okxMaintenance(
      scenarioCharge(priced, parameters),
      notionalOf(priced) * parameters.terms.cost,
      parameters.tiers,
    );
    return { name: priced.underlying, maintenance, initial: maintenance * parameters.terms.initial };
  });
  return {
    ...sumParts([...parts, ...collateral.parts]),
    markToMarket: portfolio.cash + valueOfContracts(portfolio, underlyings) + collateral.value,
    worst: undefined,
    parts: [...parts, ...collateral.parts],
  };
};

const notionalOf = ({ futures, options, spot }: PricedUnderlying): number => {
  let notional = 0;
  for (const { size, price } of futures) notional += Math.abs(size) * price;
  for (const { holding } of options) notional += Math.abs(holding.size) * spot;
  return notional;
};

const lossIn = (priced: PricedUnderlying, move: Move): number => Math.max(0, -gainOf(priced, move));

const scenarioCharge = (priced: PricedUnderlying, { terms, moves }: OkxParameters): number => {
  const moved =
    (by: number): Move['volatility'] =>
    () =>
      by;
  let price = 0;
  for (const size of moves)
    for (const spot of [size, -size])
      for (const by of [-terms.volatilityMove, 0, terms.volatilityMove])
        price = Math.max(price, lossIn(priced, { spot, volatility: moved(by), days: 0 }));
  const decay = lossIn(priced, { spot: 0, volatility: STILL, days: terms.decayDays });
  let extreme = 0;
  for (const spot of [terms.extremeMove, -terms.extremeMove])
    extreme = Math.max(extreme, lossIn(priced, { spot, volatility: STILL, days: 0 }) * terms.extremeCounted);
  const [vega, basis, rate] = [
    vegaCharge(priced, terms),
    basisCharge(priced, terms),
    rateCharge(priced, terms),
  ];
  return Math.max(price, decay, extreme) + vega + basis + rate;
};

/** Gains by expiry of moves up and down: what all expiries lose apart beyond what they lose together. */
const vegaCharge = ({ options }: PricedUnderlying, { vegaMove }: OkxTerms): number => {
  let charge = 0;
  for (const by of [vegaMove, -vegaMove]) {
    const gains = new Map<number, number>();
    for (const option of options) {
      const key = option.holding.secondsToExpiry;
      const gain = optionGain(option, { spot: 0, volatility: () => by, days: 0 });
      gains.set(key, (gains.get(key) ?? 0) + gain);
    }
    let [apart, together] = [0, 0];
    for (const gain of gains.values()) {
      apart += Math.max(0, -gain);
      together += gain;
    }
    charge = Math.max(charge, apart - Math.max(0, -together));
  }
  return charge;
};

/**
 * Every expiry's forward may move against the price by so much per year that is left; nothing offsets.
 */
const basisCharge = ({ futures, options }: PricedUnderlying, { basisPerYear }: OkxTerms): number => {
  let charge = 0;
  for (const { size, price, secondsToExpiry } of futures)
    charge += Math.abs(size) * price * basisPerYear * yearsOf(secondsToExpiry ?? 0);
  for (const option of options) {
    const shift = basisPerYear * yearsOf(option.holding.secondsToExpiry);
    const gains = [shift, -shift].map((spot) => optionGain(option, { spot, volatility: STILL, days: 0 }));
    charge += Math.max(0, ...gains.map((gain) => -gain));
  }
  return charge;
};

/** A rate moves what an option is worth by its value and the time that is left. */
const rateCharge = ({ options }: PricedUnderlying, { ratePerYear }: OkxTerms): number => {
  let net = 0;
  for (const { holding, value } of options) net += value * ratePerYear * yearsOf(holding.secondsToExpiry);
  return Math.abs(net);
};

const yearsOf = (seconds: number): number => seconds / 31_536_000;
