import type { Catalogue } from './catalogue.ts';
import type { MarketState } from './market-state.ts';
import type { RiskParameters, ShockParameters } from './parameters.ts';
import type { Scenario, ScenarioColumns } from './scenarios.ts';

/** What the arrays of a model are computed from. */
export type ModelView = Readonly<{
  parameters: RiskParameters;
  catalogue: Catalogue;
  market: MarketState;
  scenarios: readonly Scenario[];
  columns: ScenarioColumns;
  width: number;
  underlyingParameters: readonly ShockParameters[];
  underlyingGroups: Int32Array;
  shockSizes: Float64Array;
}>;

/** K in cost(V) = K · V · √V: impactCoefficient · x / √(daily volume). */
export const impactOf = (p: RiskParameters, shock: number, dailyVolumeUsd: number): number =>
  (p.concentration.impactCoefficient * shock) / Math.sqrt(dailyVolumeUsd);
