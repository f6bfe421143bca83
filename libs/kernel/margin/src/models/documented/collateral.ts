import { refuse } from '../../checks.ts';
import type { RequirementPart } from '../margin-model.ts';
import { assetPrice, type ModelMarket } from '../market.ts';
import type { ModelPortfolio } from '../portfolio.ts';

/** Share of an asset's value that does not count as collateral, by asset. */
export type Haircuts = ReadonlyMap<string, number>;

export type Collateral = Readonly<{ value: number; parts: readonly RequirementPart[] }>;

/** Value of the assets in the unit of account, and what is asked for because it does not count. */
export const collateralOf = (
  { assets }: ModelPortfolio,
  market: ModelMarket,
  haircuts: Haircuts,
): Collateral => {
  let value = 0;
  const parts: RequirementPart[] = [];
  for (const { asset, quantity } of assets) {
    const haircut = haircuts.get(asset);
    if (haircut === undefined)
      return refuse('collateral', `Expected an asset that the rulebook accepts, was "${asset}"`);
    const worth = (quantity * assetPrice(market, asset).price) / market.stablePrice;
    value += worth;
    const asked = haircut * Math.abs(worth);
    parts.push({ name: `collateral ${asset}`, initial: asked, maintenance: asked });
  }
  return { value, parts };
};
