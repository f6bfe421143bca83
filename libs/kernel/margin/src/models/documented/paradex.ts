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
import { volatilityShock } from './charges.ts';
import { collateralOf, type Haircuts } from './collateral.ts';
import type { WeightedScenario } from './paradex-grid.ts';
import {
  deltaOf,
  gainOf,
  pricedUnderlyings,
  valueOfContracts,
  type PricedUnderlying,
} from './revaluation.ts';

export type ParadexTerms = Readonly<{
  /** Exponents of 30 days / days to expiry, up to 30 days and beyond. */
  shortTermPower: number;
  longTermPower: number;
  /** Charge on |net delta| and on delta that offsets, as shares of the spot notional. */
  netDelta: number;
  hedgedDelta: number;
  /** Maintenance margin as a share of the initial one. */
  maintenance: number;
  /** Provision for the funding and the fees of a close, as shares of the notional of perpetuals. */
  funding: number;
  fee: number;
}>;

export type ParadexParameters = Readonly<{
  scenarios: readonly WeightedScenario[];
  terms: ParadexTerms;
  haircuts: Haircuts;
}>;

const BOUNDS = {
  shortTermPower: [0, 10],
  longTermPower: [0, 10],
  netDelta: [0, 1],
  hedgedDelta: [0, 1],
  maintenance: [0, 1],
  funding: [0, 1],
  fee: [0, 1],
} as const;
const SCENARIO = { spot: [-1, 100], volatility: [-1, 10], weight: [0, 1] } as const;

/**
 * Paradex portfolio margin, from its documentation only: no figure of the venue confirms it. Per underlying
 * the larger of the worst weighted scenario and a charge on deltas; maintenance is a share of initial.
 */
export const paradex: MarginModel<ParadexParameters> = {
  name: 'paradex',
  requirement: (portfolio, market, parameters) => {
    checkParadex(parameters);
    checkPortfolio(portfolio);
    checkScope({ options: true, futures: false, inverse: false, assets: true, debts: false }, portfolio);
    checkPrice('stablePrice', { price: market.stablePrice, confidence: 1 });
    return requirementOf(portfolio, market, parameters);
  },
};

const checkParadex = ({ scenarios, terms, haircuts }: ParadexParameters): void => {
  checkBounds('terms', BOUNDS, terms);
  scenarios.forEach((scenario, n) => checkBounds(`scenarios[${n}]`, SCENARIO, scenario));
  for (const [asset, share] of haircuts) checkBounds('haircuts', { [asset]: [0, 1] }, { [asset]: share });
};

const requirementOf = (
  portfolio: ModelPortfolio,
  market: ModelMarket,
  parameters: ParadexParameters,
): Requirement => {
  const { terms } = parameters;
  const underlyings = pricedUnderlyings(portfolio, market);
  const collateral = collateralOf(portfolio, market, parameters.haircuts);
  const judged = underlyings.map((priced) => judge(priced, parameters));
  const parts: RequirementPart[] = judged.flatMap(({ underlying, asked, provision }) => [
    { name: `${underlying} scan`, initial: asked, maintenance: asked * terms.maintenance },
    { name: `${underlying} provisions`, initial: provision, maintenance: provision },
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

type Judged = Readonly<{ underlying: string; asked: number; provision: number; worst: WorstCase }>;

const judge = (priced: PricedUnderlying, { scenarios, terms }: ParadexParameters): Judged => {
  let worst: WorstCase = { index: scenarios.length, name: 'deltas', profit: 0 };
  scenarios.forEach(({ spot, volatility, weight }, index) => {
    const shock = (days: number): number =>
      volatilityShock(days, volatility, days <= 30 ? terms.shortTermPower : terms.longTermPower);
    const profit = gainOf(priced, { spot, volatility: shock, days: 0 }) * weight;
    if (profit < worst.profit) worst = { index, name: moveText(priced.underlying, spot, volatility), profit };
  });
  let [long, short, notional] = [0, 0, 0];
  const add = (delta: number): void => {
    if (delta > 0) long += delta;
    else short -= delta;
  };
  for (const { size, price } of priced.futures) {
    add(size);
    notional += Math.abs(size) * price;
  }
  for (const option of priced.options) add(deltaOf(option));
  const deltas =
    (terms.netDelta * Math.abs(long - short) + terms.hedgedDelta * Math.min(long, short)) * priced.spot;
  return {
    underlying: priced.underlying,
    asked: Math.max(0 - worst.profit, deltas),
    provision: notional * (terms.funding + terms.fee),
    worst,
  };
};
