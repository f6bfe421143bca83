import { AssetArrays } from './asset-arrays.ts';
import type { Catalogue } from './catalogue.ts';
import { IdTable, refuse } from './checks.ts';
import { InstrumentArrays } from './instrument-arrays.ts';
import { LaneModel } from './lane-model.ts';
import { LIMITS } from './limits.ts';
import type { MarketState } from './market-state.ts';
import type { RiskParameters, ShockParameters } from './parameters.ts';
import { PlaceArrays } from './place-arrays.ts';
import { PositionUnits } from './position-units.ts';
import { RiskArrays } from './risk-arrays.ts';
import { scenarioColumns, scenarioSet, type Scenario, type ScenarioColumns } from './scenarios.ts';
import { layoutOf } from './work-layout.ts';

const HOURS_PER_YEAR = 8_760;

/**
 * One parameter set applied to one catalogue and one market: everything that is the same for all accounts.
 * Call `refresh` after the market or the catalogue changed; it costs nothing when neither did.
 */
export class RiskModel {
  readonly parameters: RiskParameters;
  readonly catalogue: Catalogue;
  readonly market: MarketState;
  readonly scenarios: readonly Scenario[];
  readonly groups = new IdTable('group', LIMITS.groups);
  readonly assets = new AssetArrays();
  readonly instruments = new InstrumentArrays();
  readonly places = new PlaceArrays();
  readonly arrays = new RiskArrays();
  readonly positions = new PositionUnits();
  /** The same in linear memory, for many accounts at once. */
  readonly lanes = new LaneModel(this);
  layout = layoutOf(0, 0, 0, 0);
  columns: ScenarioColumns;
  readonly underlyingParameters: ShockParameters[] = [];
  /** Group of each underlying. */
  underlyingGroups = new Int32Array(0);
  /** x of each underlying, a fraction of its price, on the grid of `shockStep`. */
  shockSizes = new Float64Array(0);
  basisRates = new Float64Array(0);
  /** Rises when the catalogue grew: arrays sized to an older one are too small. */
  linesVersion = 0;
  /** Rises whenever the arrays were computed anew. */
  refreshes = 0;
  #seenMarket = -1;
  #seenCurves = -1;
  #seenLines = '';

  constructor(parameters: RiskParameters, catalogue: Catalogue, market: MarketState) {
    this.parameters = parameters;
    this.catalogue = catalogue;
    this.market = market;
    this.scenarios = scenarioSet(parameters);
    if (this.scenarios.length > LIMITS.scenarios)
      refuse('scenarios', `Expected at most ${LIMITS.scenarios}, was ${this.scenarios.length}`);
    this.columns = scenarioColumns(this.scenarios, false);
    this.refresh();
  }

  /**
   * Columns of one measure, filled up to a multiple of 8; rows hold the maintenance columns, then the initial
   * ones.
   */
  width = 0;

  /** True when something changed since the last call. */
  refresh(): boolean {
    const { underlyings, assets, locations, instruments } = this.catalogue;
    const lines = `${underlyings.size}/${assets.size}/${locations.size}/${instruments.size}`;
    if (this.#seenMarket === this.market.version && this.#seenLines === lines) return false;
    const grew = this.#seenLines !== lines;
    if (grew) this.#resolve();
    const shocksMoved = this.#refreshShockSizes();
    if (grew || this.#seenCurves !== this.market.curvesVersion) {
      this.assets.refreshCurves(this);
      this.instruments.refreshCurves(this);
    }
    this.assets.refresh(this);
    this.instruments.refresh(this);
    if (grew || shocksMoved || this.arrays.hasOptions) this.arrays.refresh(this);
    this.positions.refresh(this);
    this.refreshes++;
    this.#seenMarket = this.market.version;
    this.#seenCurves = this.market.curvesVersion;
    this.#seenLines = lines;
    return true;
  }

  #resolve(): void {
    const { catalogue, parameters } = this;
    const hasOptions = catalogue.instrumentEntries.some((entry) => entry.spec.kind === 'option');
    this.columns = scenarioColumns(this.scenarios, hasOptions);
    this.width = 8 * Math.ceil(this.columns.first.length / 8);
    const own = new Map(parameters.underlyings.map((u) => [u.underlying, u]));
    const count = catalogue.underlyings.size;
    this.underlyingGroups = new Int32Array(count);
    this.shockSizes = new Float64Array(count);
    this.basisRates = new Float64Array(count);
    catalogue.underlyings.ids.forEach((id, u) => {
      const chosen = own.get(id) ?? parameters.otherUnderlyings;
      this.underlyingParameters[u] = chosen;
      this.underlyingGroups[u] = this.groups.intern(chosen.group);
      this.basisRates[u] = chosen.basisRate;
    });
    this.assets.resolve(catalogue);
    this.instruments.resolve(catalogue);
    this.places.resolve(catalogue, parameters);
    this.arrays.resolve(this);
    this.positions.resolve(catalogue.instruments.size);
    this.layout = layoutOf(catalogue.assets.size, catalogue.locations.size, this.arrays.count, count);
    this.linesVersion++;
  }

  /** x_u = clamp(z · σ_u · √(τ₀ / 365 d), floor, cap), rounded up to the grid (finance §6.1). */
  #refreshShockSizes(): boolean {
    const step = this.parameters.shockStep;
    let moved = false;
    for (let u = 0; u < this.shockSizes.length; u++) {
      const p = this.underlyingParameters[u]!;
      const raw = p.volMultiplier * this.market.volatilityOf(u) * Math.sqrt(p.horizonHours / HOURS_PER_YEAR);
      const bounded = Math.min(p.shockCap, Math.max(p.shockFloor, raw));
      const x = Math.min(p.shockCap, Math.ceil(bounded / step) * step);
      moved ||= x !== this.shockSizes[u];
      this.shockSizes[u] = x;
    }
    return moved;
  }
}
