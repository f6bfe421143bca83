import { addAssets } from './assets';
import { addBounds } from './bounds';
import { addBasis, addVenueCredit, exposuresOf } from './charges';
import { addCoverage } from './coverage';
import * as f from './figures';
import * as at from './regions';
import { word } from './regions';
import { addAsked, addBalances, addPositions } from './rows';
import { arrange, scan } from './scan';

/**
 * Figures of the accounts whose rows stand in memory: `MarginKernel` of @plinth/margin, operation for
 * operation. Sums are empty before and after each.
 */
export function valueAccounts(count: usize, isBounded: bool): void {
  let asked: usize = 0;
  for (let n: usize = 0; n < count; n++) {
    const figures = word(at.FIGURES) + n * f.FIGURE_BYTES;
    const position: usize = load<u32>(word(at.POSITION_STARTS) + (n << 2));
    const balance: usize = load<u32>(word(at.BALANCE_STARTS) + (n << 2));
    const lastPosition = position + <usize>load<u32>(word(at.POSITION_COUNTS) + (n << 2));
    const lastBalance = balance + <usize>load<u32>(word(at.BALANCE_COUNTS) + (n << 2));
    const lastAsked = asked + <usize>load<u32>(word(at.ASKED_COUNTS) + (n << 2));
    addBalances(balance, lastBalance);
    addPositions(position, lastPosition, figures);
    addAsked(asked, lastAsked);
    addAssets(figures);
    arrange();
    scan(figures);
    addBasis(figures);
    addVenueCredit(figures);
    addCoverage(figures);
    finish(figures);
    if (isBounded) addBounds(balance, lastBalance, position, lastPosition, word(at.BOUNDS) + (n << 4));
    clear();
    asked = lastAsked;
  }
}

/** Sums in the order in which `explain` adds them. */
function finish(x: usize): void {
  const equity =
    load<f64>(x, f.F_ASSETS) +
    load<f64>(x, f.F_UNREALISED) -
    load<f64>(x, f.F_HAIRCUTS) -
    load<f64>(x, f.F_COLLATERAL_CONCENTRATION);
  store<f64>(x, equity, f.F_EQUITY);
  const concentration = load<f64>(x, f.F_CONCENTRATION);
  const credit = load<f64>(x, f.F_VENUE_CREDIT);
  const short = load<f64>(x, f.F_SHORT_OPTION);
  const initialShort = load<f64>(x, f.F_INITIAL_SHORT_OPTION);
  const basis = load<f64>(x, f.F_BASIS);
  const maintenance = load<f64>(x, f.F_SCAN) + basis + concentration + credit + short;
  store<f64>(x, maintenance + load<f64>(x, f.F_COVERAGE), f.F_MAINTENANCE);
  const initialBasis = load<f64>(x, f.F_INITIAL_BASIS);
  const initial = load<f64>(x, f.F_INITIAL_SCAN) + initialBasis + concentration + credit + initialShort;
  store<f64>(x, initial + load<f64>(x, f.F_INITIAL_COVERAGE) + load<f64>(x, f.F_PRICE_BAND), f.F_INITIAL);
}

/** Empties what `arrange` and `addBasis` have not emptied already. */
function clear(): void {
  const zero = f64x2.splat(0);
  const assetCount = word(at.ASSET_COUNT);
  for (let n: usize = 0; n < assetCount; n++) {
    const sums: usize = load<u32>(word(at.ASSET_LIST) + (n << 2));
    v128.store(sums, zero);
    v128.store(sums, zero, 16);
  }
  const shapes = word(at.SHAPES_HELD);
  const list = word(at.SHAPE_LIST);
  const placeCount = word(at.PLACE_COUNT);
  for (let n: usize = 0; n < placeCount; n++) {
    const sums: usize = load<u32>(word(at.PLACE_LIST) + (n << 2));
    const row = exposuresOf(n);
    for (let m: usize = 0; m < shapes; m++) store<f64>(row + ((<usize>load<u32>(list + (m << 2))) << 3), 0);
    v128.store(sums, zero);
    v128.store(sums, zero, 16);
  }
}
