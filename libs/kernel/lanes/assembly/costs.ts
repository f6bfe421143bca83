import {
  ASSET_HAIRCUT,
  ASSET_HAIRCUT_DEPTH,
  ASSET_HAIRCUT_MAX,
  ASSET_HAIRCUT_RAW,
  ASSET_IMPACT,
} from './regions';

/** b < a ? b : a, without a branch. */
export function lower(a: f64, b: f64): f64 {
  return f64x2.extract_lane(f64x2.pmin(f64x2.splat(a), f64x2.splat(b)), 0);
}

/** a < b ? b : a, without a branch. */
export function higher(a: f64, b: f64): f64 {
  return f64x2.extract_lane(f64x2.pmax(f64x2.splat(a), f64x2.splat(b)), 0);
}

/** `unwindCost` of @plinth/margin; no curve is 0. */
export function unwindCost(curve: usize, size: f64, unit: f64, impact: f64, cap: f64): f64 {
  const value = size * unit;
  const cost = curve == 0 ? impact * value * sqrt<f64>(value) : unit * absorbed(curve, size, cap);
  return lower(cost, cap * value);
}

/** The integral of a marginal cost. A curve is its number of knots, their quantities, costs and integrals. */
function absorbed(curve: usize, size: f64, cap: f64): f64 {
  const bytes: usize = 8 * <usize>load<f64>(curve);
  const quantities = curve + 8;
  const marginal = quantities + bytes;
  const cumulated = marginal + bytes;
  const last = bytes - 8;
  const end = load<f64>(quantities + last);
  if (size >= end) return load<f64>(cumulated + last) + cap * (size - end);
  let k: usize = 0;
  while (size >= load<f64>(quantities + k, 8)) k += 8;
  const from = load<f64>(quantities + k);
  const cost = load<f64>(marginal + k);
  const past = size - from;
  const slope = (load<f64>(marginal + k, 8) - cost) / (load<f64>(quantities + k, 8) - from);
  return load<f64>(cumulated + k) + past * (cost + 0.5 * slope * past);
}

/** `haircutOf` of @plinth/margin. */
export function haircutOf(asset: usize, value: f64): f64 {
  const base = load<f64>(asset, ASSET_HAIRCUT);
  const depth = load<f64>(asset, ASSET_HAIRCUT_DEPTH);
  const grown =
    value > depth ? higher(base, load<f64>(asset, ASSET_HAIRCUT_RAW) * sqrt<f64>(value / depth)) : base;
  return lower(
    load<f64>(asset, ASSET_HAIRCUT_MAX),
    grown + load<f64>(asset, ASSET_IMPACT) * sqrt<f64>(value),
  );
}
