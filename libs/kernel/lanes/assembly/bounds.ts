import { add, mul } from './lanes';
import * as at from './regions';
import { word } from './regions';

/**
 * `Sensitivity` of @plinth/margin: bounds of how fast equity less a requirement can change, of the account
 * just valued. Records hold constants of equity and requirement, then of coverage and band; those of an
 * instrument hold the same for its profit behind them.
 */
export function addBounds(
  balance: usize,
  lastBalance: usize,
  position: usize,
  lastPosition: usize,
  into: usize,
): void {
  const assets = word(at.ASSETS);
  const assetBounds = word(at.ASSET_BOUNDS);
  const bounds = word(at.INSTRUMENT_BOUNDS);
  let first = f64x2.splat(0);
  let second = first;
  for (let row = balance; row < lastBalance; row++) {
    const a = (<usize>load<u32>(word(at.BALANCE_KEYS) + (row << 2))) & 1023;
    const price = load<f64>(assets + a * at.ASSET, at.ASSET_PRICE);
    const worth = f64x2.splat(abs<f64>(load<f64>(word(at.AMOUNTS) + (row << 3))) * price);
    const record = assetBounds + (a << 5);
    first = add(first, mul(worth, v128.load(record)));
    second = add(second, mul(worth, v128.load(record, 16)));
  }
  const keys = word(at.POSITION_KEYS);
  const notionals = word(at.NOTIONALS);
  const profits = word(at.PROFITS);
  for (let row = position; row < lastPosition; row++) {
    const record = bounds + ((<usize>load<u32>(keys + (row << 2))) << 6);
    const notional = v128.load64_splat(notionals + (row << 3));
    const profit = v128.load64_splat(profits + (row << 3));
    first = add(first, add(mul(notional, v128.load(record)), mul(profit, v128.load(record, 32))));
    second = add(second, add(mul(notional, v128.load(record, 16)), mul(profit, v128.load(record, 48))));
  }
  const equity = f64x2.extract_lane(first, 0);
  const requirement = f64x2.extract_lane(first, 1);
  const coverage: f64 = word(at.PLACE_COUNT) > 1 ? f64x2.extract_lane(second, 0) : 0;
  const charged = requirement + coverage;
  const reals = word(at.REALS);
  store<f64>(into, equity + load<f64>(reals, at.CALL_BOUND) * charged);
  store<f64>(
    into,
    equity + load<f64>(reals, at.INITIAL_BOUND) * (charged + f64x2.extract_lane(second, 1)),
    8,
  );
}
