import type { Catalogue } from './catalogue.ts';
import { refuse } from './checks.ts';
import { IdTable } from './checks.ts';
import { LIMITS } from './limits.ts';
import type { MarketState } from './market-state.ts';
import type { RiskParameters, ShockParameters } from './parameters.ts';
import { RiskArrays, type OptionValue } from './risk-arrays.ts';
import { scenarioColumns, scenarioSet, type Scenario, type ScenarioColumns } from './scenarios.ts';

const HOURS_PER_YEAR = 8_760;

/**
 * One parameter set applied to one catalogue and one market: everything that is the same for all accounts. Call
 * `refresh` after the market or the catalogue changed; it costs nothing when neither did.
 */
export class RiskModel {
  readonly parameters: RiskParameters;
  readonly catalogue: Catalogue;
  readonly market: MarketState;
  readonly scenarios: readonly Scenario[];
  readonly arrays: RiskArrays;
  readonly groups = new IdTable('group', LIMITS.groups);
  columns: ScenarioColumns;
  readonly underlyingParameters: ShockParameters[] = [];
  /** Group of each underlying. */
  underlyingGroups = new Int32Array(0);
  /** x of each underlying, a fraction of its price, on the grid of `shockStep`. */
  shockSizes = new Float64Array(0);
  readonly optionValue: OptionValue | undefined;
  /** Rises when the catalogue grew: arrays sized to an older one are too small. */
  linesVersion = 0;
  #seenMarket = -1;
  #seenCurves = -1;
  #seenLines = '';

  constructor(
    parameters: RiskParameters,
    catalogue: Catalogue,
    market: MarketState,
    optionValue?: OptionValue,
  ) {
    this.parameters = parameters;
    this.catalogue = catalogue;
    this.market = market;
    this.optionValue = optionValue;
    this.scenarios = scenarioSet(parameters);
    if (this.scenarios.length > LIMITS.scenarios)
      refuse('scenarios', `Expected at most ${LIMITS.scenarios}, was ${this.scenarios.length}`);
    this.columns = scenarioColumns(this.scenarios, false);
    this.arrays = new RiskArrays(this);
    this.refresh();
  }

  /** Columns of one measure; each row holds the maintenance columns, then the initial ones. */
  get width(): number {
    return this.columns.first.length;
  }

  /** True when something changed since the last call. */
  refresh(): boolean {
    const { underlyings, assets, locations, instruments } = this.catalogue;
    const lines = `${underlyings.size}/${assets.size}/${locations.size}/${instruments.size}`;
    if (this.#seenMarket === this.market.version && this.#seenLines === lines) return false;
    if (this.#seenLines !== lines) this.#resolve();
    this.#refreshShockSizes();
    if (this.#seenCurves !== this.market.curvesVersion || this.#seenLines !== lines)
      this.arrays.refreshCurves();
    this.arrays.refreshPrices();
    this.#seenMarket = this.market.version;
    this.#seenCurves = this.market.curvesVersion;
    this.#seenLines = lines;
    return true;
  }

  #resolve(): void {
    const { catalogue, parameters } = this;
    const options = catalogue.instrumentEntries.filter((entry) => entry.spec.kind === 'option');
    if (options.length > 0 && this.optionValue === undefined)
      refuse(
        'instrument.kind',
        `Expected spot, perpetual or future, was option "${options[0]!.spec.id}"; give the model a pricer`,
      );
    this.columns = scenarioColumns(this.scenarios, options.length > 0);
    const own = new Map(parameters.underlyings.map((u) => [u.underlying, u]));
    this.underlyingGroups = new Int32Array(catalogue.underlyings.size);
    this.shockSizes = new Float64Array(catalogue.underlyings.size);
    catalogue.underlyings.ids.forEach((id, u) => {
      const chosen = own.get(id) ?? parameters.otherUnderlyings;
      this.underlyingParameters[u] = chosen;
      this.underlyingGroups[u] = this.groups.intern(chosen.group);
    });
    this.arrays.resolve();
    this.linesVersion++;
  }

  /** x_u = clamp(z · σ_u · √(τ₀ / 365 d), floor, cap), rounded up to the grid (finance §6.1). */
  #refreshShockSizes(): void {
    const step = this.parameters.shockStep;
    for (let u = 0; u < this.shockSizes.length; u++) {
      const p = this.underlyingParameters[u]!;
      const raw = p.volMultiplier * this.market.volatilityOf(u) * Math.sqrt(p.horizonHours / HOURS_PER_YEAR);
      const bounded = Math.min(p.shockCap, Math.max(p.shockFloor, raw));
      this.shockSizes[u] = Math.min(p.shockCap, Math.ceil(bounded / step) * step);
    }
  }
}
