import { haircutOf, unwindCost } from './costs';
import { F_ASSETS, F_COLLATERAL_CONCENTRATION, F_HAIRCUTS, F_PRICE_BAND } from './figures';
import * as at from './regions';
import { word } from './regions';
import { touch } from './rows';

/** `addAssets` of @plinth/margin. */
export function addAssets(figures: usize): void {
  const list = word(at.ASSET_LIST);
  const count = word(at.ASSET_COUNT);
  const assets = word(at.ASSETS);
  const assetSums = word(at.ASSET_SUMS);
  const shapeSums = word(at.SHAPE_SUMS);
  const cap = load<f64>(word(at.REALS), at.CAP);
  let value: f64 = 0;
  let haircuts: f64 = 0;
  let concentration: f64 = 0;
  let band: f64 = 0;
  for (let n: usize = 0; n < count; n++) {
    const sums: usize = load<u32>(list + (n << 2));
    const asset = assets + ((sums - assetSums) / at.SUMS) * at.ASSET;
    const held = load<f64>(sums, at.HELD);
    const owned = held + load<f64>(sums, at.PROFIT);
    const price = load<f64>(asset, at.ASSET_PRICE);
    value += held * price;
    band += abs<f64>(owned) * load<f64>(asset + ((<usize>(owned > 0)) << 3), at.ASSET_BANDS);
    const shape = load<i32>(asset, at.ASSET_SHAPE);
    if (shape < 0) {
      const worth = abs<f64>(owned) * price;
      haircuts += haircutOf(asset, worth) * worth;
      continue;
    }
    if (held != 0) {
      const curve: usize = load<u32>(asset + ((<usize>(held > 0)) << 2), at.ASSET_CURVES);
      concentration += unwindCost(curve, abs<f64>(held), price, load<f64>(asset, at.ASSET_IMPACT), cap);
    }
    const exposed = (owned - load<f64>(sums, at.LEG)) * price;
    touch(shape);
    const sum = shapeSums + ((<usize>shape) << 3);
    store<f64>(sum, load<f64>(sum) + exposed);
    const gross: usize = load<u32>(asset, at.ASSET_UNDERLYING);
    if (gross != 0) store<f64>(gross, load<f64>(gross) + abs<f64>(exposed));
  }
  store<f64>(figures, value, F_ASSETS);
  store<f64>(figures, haircuts, F_HAIRCUTS);
  store<f64>(figures, concentration, F_COLLATERAL_CONCENTRATION);
  store<f64>(figures, load<f64>(figures, F_PRICE_BAND) + band, F_PRICE_BAND);
}
