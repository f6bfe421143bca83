import { higher } from './costs';
import { F_BASIS, F_INITIAL_BASIS, F_INITIAL_SHORT_OPTION, F_SHORT_OPTION, F_VENUE_CREDIT } from './figures';
import * as at from './regions';
import { word } from './regions';

/** `basisCharge` and `shortOptionCharge` of @plinth/margin, for maintenance and initial margin, after the scan. */
export function addBasis(figures: usize): void {
  const underlyings = word(at.UNDERLYINGS_HELD);
  const list = word(at.UNDERLYING_LIST) + 4;
  const rates = word(at.UNDERLYINGS);
  const sums = word(at.UNDERLYING_SUMS);
  const reals = word(at.REALS);
  const weight = load<f64>(reals, at.BLEND_OWN);
  const shock = load<f64>(reals, at.INITIAL_SHOCK);
  const hasOptions = word(at.HAS_OPTIONS) != 0;
  const least = load<f64>(reals, at.SHORT_MINIMUM);
  let charge: f64 = 0;
  let initialCharge: f64 = 0;
  let shortCharge: f64 = 0;
  let initialShortCharge: f64 = 0;
  for (let n: usize = 0; n < underlyings; n++) {
    const u: usize = load<u32>(list + (n << 2));
    let gross = load<f64>(sums + (u << 3));
    store<f64>(sums + (u << 3), 0);
    if (hasOptions) gross += optionLines(n);
    const rate = 0.5 * load<f64>(rates + (u << 3));
    const own = weight * load<f64>(word(at.OWN) + (n << 3));
    const initialOwn = weight * load<f64>(word(at.INITIAL_OWN) + (n << 3));
    const basis = higher(0, rate * gross - own);
    const initialBasis = higher(0, rate * shock * gross - initialOwn);
    charge += basis;
    initialCharge += initialBasis;
    const short = hasOptions ? shortOf(n) : 0;
    if (short == 0) continue;
    shortCharge += higher(0, short * least - own - basis);
    initialShortCharge += higher(0, short * least - initialOwn - initialBasis);
  }
  store<f64>(figures, shortCharge, F_SHORT_OPTION);
  store<f64>(figures, initialShortCharge, F_INITIAL_SHORT_OPTION);
  store<f64>(figures, charge, F_BASIS);
  store<f64>(figures, initialCharge, F_INITIAL_BASIS);
}

/** Σ over venues and expiries of |Σ notional × delta| of the nth underlying's options. */
function optionLines(n: usize): f64 {
  const ends = word(at.UNDERLYING_ENDS);
  const from: usize = n == 0 ? 0 : load<u32>(ends + (n << 2));
  const end: usize = load<u32>(ends + (n << 2), 4);
  const list = word(at.SHAPE_LIST);
  const shapes = word(at.SHAPES);
  const placeCount = word(at.PLACE_COUNT);
  let lines: f64 = 0;
  for (let p: usize = 0; p < placeCount; p++) {
    const row = exposuresOf(p);
    let net: f64 = 0;
    for (let m = from; m < end; m++) {
      const shape: usize = load<u32>(list + (m << 2));
      const record = shapes + shape * at.SHAPE;
      const expiry = load<f64>(record, at.SHAPE_EXPIRY);
      if (expiry == 0) continue;
      net += load<f64>(row + (shape << 3)) * load<f64>(record, at.SHAPE_DELTA);
      if (m + 1 < end) {
        const next = shapes + <usize>load<u32>(list + (m << 2), 4) * at.SHAPE;
        if (load<f64>(next, at.SHAPE_EXPIRY) == expiry) continue;
      }
      lines += abs<f64>(net);
      net = 0;
    }
  }
  return lines;
}

/** Σ over the nth underlying's option contracts of the notional that is short. */
function shortOf(n: usize): f64 {
  const ends = word(at.UNDERLYING_ENDS);
  const from: usize = n == 0 ? 0 : load<u32>(ends + (n << 2));
  const end: usize = load<u32>(ends + (n << 2), 4);
  let short: f64 = 0;
  for (let m = from; m < end; m++) {
    const shape: usize = load<u32>(word(at.SHAPE_LIST) + (m << 2));
    if (!(load<f64>(word(at.SHAPES) + shape * at.SHAPE, at.SHAPE_EXPIRY) > 0)) continue;
    short += higher(0, -load<f64>(word(at.SHAPE_AMOUNTS) + (m << 3)));
  }
  return short;
}

/** Index of the nth place of the account. */
export function placeOf(n: usize): usize {
  return (<usize>load<u32>(word(at.PLACE_LIST) + (n << 2)) - word(at.PLACE_SUMS)) / at.SUMS;
}

/** Exposures to every shape of what stands at the nth place of the account. */
export function exposuresOf(n: usize): usize {
  return word(at.EXPOSURES) + ((placeOf(n) * word(at.SHAPE_COUNT)) << 3);
}

/** `venueCreditCharge` of @plinth/margin. */
export function addVenueCredit(figures: usize): void {
  const count = word(at.PLACE_COUNT);
  const list = word(at.PLACE_LIST);
  const places = word(at.PLACES);
  let charge: f64 = 0;
  for (let n: usize = 0; n < count; n++) {
    const equity = load<f64>(load<u32>(list + (n << 2)), at.EQUITY);
    charge += higher(0, equity) * load<f64>(places + placeOf(n) * at.PLACE, at.PLACE_CREDIT);
  }
  store<f64>(figures, charge, F_VENUE_CREDIT);
}
