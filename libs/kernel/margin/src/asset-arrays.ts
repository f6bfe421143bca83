import { NUMERAIRE, type Catalogue } from './catalogue.ts';
import { cappedCurve, type CompiledCurve } from './cost-curve.ts';
import { impactOf, type ModelView } from './model-view.ts';

const HOURS_PER_DAY = 24;
const HOURS_PER_YEAR = 8_760;
const NAMES = [
  'price',
  'bandLong',
  'bandShort',
  'haircut',
  'haircutRaw',
  'haircutMax',
  'haircutDepth',
  'impact',
  'line',
] as const;

/** Per asset, by index: what one unit is worth and what is taken off. */
export class AssetArrays {
  price = new Float64Array(0);
  /** Underlying, −1 when the asset is not shocked. */
  underlying = new Int32Array(0);
  /** Price taken off in the conservative valuation, per unit held and per unit owed. */
  bandLong = new Float64Array(0);
  bandShort = new Float64Array(0);
  /** Haircut of a holding that is small against its market; 0 for shocked assets. */
  haircut = new Float64Array(0);
  haircutRaw = new Float64Array(0);
  haircutMax = new Float64Array(0);
  /** USD that can be sold within the horizon; a larger holding gets a longer horizon. */
  haircutDepth = new Float64Array(0);
  impact = new Float64Array(0);
  /** 1 for a line of its own in the basis; 0 for the coin that the underlying's index is the price of. */
  line = new Float64Array(0);
  sell: (CompiledCurve | undefined)[] = [];
  buy: (CompiledCurve | undefined)[] = [];

  resolve(catalogue: Catalogue): void {
    for (const name of NAMES) this[name] = new Float64Array(catalogue.assets.size);
    this.underlying = Int32Array.from(catalogue.assetUnderlyings);
    catalogue.assets.ids.forEach((id, a) => {
      const u = this.underlying[a]!;
      this.line[a] = u >= 0 && catalogue.underlyings.ids[u] !== id ? 1 : 0;
    });
  }

  refreshCurves({ catalogue, market, parameters }: ModelView): void {
    const cap = parameters.concentration.maxCostFraction;
    this.sell = catalogue.assets.ids.map((_, a) => cappedCurve(market.curveOf('asset', a, 'sell'), cap));
    this.buy = catalogue.assets.ids.map((_, a) => cappedCurve(market.curveOf('asset', a, 'buy'), cap));
  }

  refresh(model: ModelView): void {
    const { catalogue, market, parameters, shockSizes, underlyingParameters } = model;
    market.assets.resize(catalogue.assets.size);
    for (let a = 0; a < this.price.length; a++) {
      const price = market.assets.mark[a]!;
      this.price[a] = price;
      this.bandLong[a] = price - market.assets.low[a]!;
      this.bandShort[a] = market.assets.high[a]! - price;
      const u = this.underlying[a]!;
      if (u < 0) this.#refreshHaircut(model, a);
      else this.impact[a] = impactOf(parameters, shockSizes[u]!, underlyingParameters[u]!.dailyVolumeUsd);
    }
  }

  /** h = clamp(h_min, z · σ · √τ₀, h_max), rounded up to the grid of shocks (finance §5). */
  #refreshHaircut({ catalogue, market, parameters }: ModelView, a: number): void {
    const { haircuts, concentration } = parameters;
    const id = catalogue.assets.ids[a]!;
    const p = haircuts.assets.find((entry) => entry.asset === id) ?? haircuts.otherAssets;
    const raw =
      haircuts.volMultiplier *
      market.assetVolatilityOf(a) *
      Math.sqrt(haircuts.horizonHours / HOURS_PER_YEAR);
    const onGrid = Math.ceil(raw / parameters.shockStep) * parameters.shockStep;
    this.haircutRaw[a] = onGrid;
    this.haircut[a] = Math.min(p.max, Math.max(p.min, onGrid));
    this.haircutMax[a] = p.max;
    this.haircutDepth[a] =
      concentration.participation * p.dailyVolumeUsd * (haircuts.horizonHours / HOURS_PER_DAY);
    this.impact[a] = id === NUMERAIRE ? 0 : impactOf(parameters, this.haircut[a], p.dailyVolumeUsd);
  }
}
