import {
  ASSET_BYTES,
  INSTRUMENT_BYTES,
  openBook,
  PLACE_BYTES,
  SHAPE_BYTES,
  SUMS_BYTES,
  type LaneBook,
} from '@plinth/lanes';
import type { CompiledCurve } from './cost-curve.ts';
import { INVERSE, LINEAR } from './instrument-arrays.ts';
import * as unit from './position-units.ts';
import type { RiskModel } from './risk-model.ts';
import type { Sensitivity } from './sensitivity.ts';

/** The model whose arrays stand in linear memory: one at most. */
let holder: RiskModel | undefined;

const NO_CURVE = 0;

/**
 * A risk model in the linear memory of `@plinth/lanes`, record by record as assembly/regions.ts lays them
 * out. `open` brings it up to date with the model; where the engine has no SIMD there is none.
 */
export class LaneModel {
  readonly #model: RiskModel;
  #book: LaneBook | undefined;
  #lines = -1;
  #curves = -1;
  #refreshes = -1;
  #rows = -1;
  /** Filling of each shape that its row was copied from. */
  #copied = new Int32Array(0);
  #sensitivity: Sensitivity | undefined;
  #constants = -1;
  #addressOfCurve = new Map<CompiledCurve, number>();

  constructor(model: RiskModel) {
    this.#model = model;
  }

  /** The model must be fresh. Constants of sensitivity are needed only where bounds are asked for. */
  open(sensitivity?: Sensitivity): LaneBook | undefined {
    const { linesVersion, market, refreshes, arrays } = this.#model;
    if (holder !== this.#model || this.#lines !== linesVersion || this.#curves !== market.curvesVersion) {
      this.#lines = linesVersion;
      this.#curves = market.curvesVersion;
      this.#openBook();
    }
    const book = this.#book;
    if (book === undefined) return undefined;
    if (this.#refreshes !== refreshes) {
      this.#refreshes = refreshes;
      this.#writeInstruments(book);
      this.#writeAssets(book);
    }
    if (this.#rows !== arrays.refreshes) {
      this.#rows = arrays.refreshes;
      this.#writeShapes(book);
    }
    if (sensitivity !== undefined) this.#writeBounds(book, sensitivity);
    return book;
  }

  /** Revalues the option of a shape that an account holds, and copies its row when it has changed. */
  ensure(book: LaneBook, shape: number): void {
    const { arrays, width } = this.#model;
    arrays.ensure(this.#model, shape);
    if (this.#copied[shape] === arrays.fillings[shape]) return;
    this.#copied[shape] = arrays.fillings[shape]!;
    const from = 2 * width * shape;
    book.reals('rows').set(arrays.shapes.subarray(from, from + 2 * width), from);
    this.#writeShape(book.reals('shapes'), shape);
  }

  #openBook(): void {
    const { catalogue, groups, arrays, width, instruments, assets, places } = this.#model;
    const curves = [...assets.sell, ...assets.buy, ...instruments.sell, ...instruments.buy].filter(
      (curve) => curve !== undefined,
    );
    const sizes = {
      instruments: catalogue.instruments.size,
      assets: catalogue.assets.size,
      places: catalogue.locations.size,
      underlyings: catalogue.underlyings.size,
      groups: groups.size,
      shapes: arrays.count,
      width,
      curves: curves.reduce((sum, { quantities }) => sum + 1 + 3 * quantities.length, 0),
    };
    holder = this.#model;
    this.#book = openBook(sizes, arrays.hasOptions);
    this.#refreshes = -1;
    this.#rows = -1;
    this.#sensitivity = undefined;
    if (this.#book === undefined) return;
    const book = this.#book;
    this.#writeCurves(book, curves);
    this.#writeParameters(book);
    // What does not exist, and the house among the places, count as listed: so nobody lists them.
    book.reals('assetSums')[(SUMS_BYTES / 8) * assets.price.length] = 1;
    book.reals('placeSums')[0] = 1;
    const records = book.reals('places');
    for (let place = 0; place < places.credit.length; place++) {
      const at = (PLACE_BYTES / 8) * place;
      records[at] = places.credit[place]!;
      records[at + 1] = places.transferable[place]!;
      records[at + 2] = places.isVenue[place] === 1 ? places.transferable[place]! : 0;
    }
  }

  #writeParameters(book: LaneBook): void {
    const { parameters, basisRates } = this.#model;
    const { blend, states } = parameters;
    const band = 1 + states.hysteresis;
    book
      .reals('reals')
      .set([
        parameters.concentration.maxCostFraction,
        blend.all,
        blend.group,
        blend.own,
        parameters.imShockMultiplier,
        parameters.options.shortMinimum,
        states.callRatio * band,
        band,
      ]);
    book.reals('underlyings').set(basisRates);
  }

  /** Number of knots, quantities, costs, integrals; costs go by address. */
  #writeCurves(book: LaneBook, curves: readonly CompiledCurve[]): void {
    this.#addressOfCurve = new Map();
    const reals = book.reals('curves');
    let at = 0;
    for (const curve of curves) {
      const count = curve.quantities.length;
      this.#addressOfCurve.set(curve, book.at.curves + 8 * at);
      reals[at] = count;
      reals.set(curve.quantities, at + 1);
      reals.set(curve.marginal, at + 1 + count);
      reals.set(curve.cumulated, at + 1 + 2 * count);
      at += 1 + 3 * count;
    }
  }

  #curveAt(curve: CompiledCurve | undefined): number {
    return curve === undefined ? NO_CURVE : this.#addressOfCurve.get(curve)!;
  }

  #writeInstruments(book: LaneBook): void {
    const reals = book.reals('instruments');
    const whole = book.whole('instruments');
    for (let i = 0; i < this.#model.instruments.mark.length; i++) {
      this.#writeUnit(reals, whole, i);
      this.#writeLinks(book, whole, i);
    }
  }

  #writeUnit(reals: Float64Array, whole: Int32Array, i: number): void {
    const { instruments, positions } = this.#model;
    const from = i * unit.UNITS;
    const at = (INSTRUMENT_BYTES / 8) * i;
    const { units } = positions;
    const isPriced = instruments.mark[i] !== 0;
    const form = instruments.form[i];
    reals[at] = form === INVERSE ? -units[from + unit.UNIT_SIZE]! : units[from + unit.UNIT_SIZE]!;
    reals[at + 1] = isPriced ? units[from + unit.UNIT_MARK]! : 0;
    // Masks: what is compared with the mark is the entry, its inverse, or nothing.
    whole.fill(isPriced && form === LINEAR ? -1 : 0, 2 * at + 4, 2 * at + 6);
    whole.fill(isPriced && form === INVERSE ? -1 : 0, 2 * at + 6, 2 * at + 8);
    reals[at + 4] = units[from + unit.UNIT_SETTLED]!;
    reals[at + 5] = units[from + unit.UNIT_NOTIONAL]!;
    reals[at + 6] = units[from + unit.UNIT_IMPACT]!;
    reals[at + 7] = units[from + unit.UNIT_BAND_SHORT]!;
    reals[at + 8] = units[from + unit.UNIT_BAND_LONG]!;
    reals[at + 9] = units[from + unit.UNIT_REQUIRED]!;
    // No venue asks margin for an option that is paid for.
    reals[at + 10] = units[from + unit.UNIT_LINE] === 0 ? 0 : units[from + unit.UNIT_REQUIRED]!;
    reals[at + 11] = units[from + unit.UNIT_LEG]!;
    reals[at + 12] = units[from + unit.UNIT_LEG_WORTH]!;
    reals[at + 13] = units[from + unit.UNIT_REQUIRED_MOVING]!;
    reals[at + 14] = units[from + unit.UNIT_LINE]!;
  }

  #writeLinks({ at: address }: LaneBook, whole: Int32Array, i: number): void {
    const { instruments, assets, arrays } = this.#model;
    const at = (INSTRUMENT_BYTES / 4) * i + 30;
    const venue = instruments.venue[i]!;
    const settlement = instruments.settlement[i]!;
    const hasLeg = instruments.quoteLeg[i] !== 0;
    const quote = hasLeg ? instruments.quote[i]! : assets.price.length;
    const row = venue * arrays.count;
    const nowhere = this.#model.places.credit.length * arrays.count;
    const exposureTo = (asset: number): number => {
      const u = assets.underlying[asset] ?? -1;
      return address.exposures + 8 * (u < 0 ? nowhere : row + arrays.ofUnderlying[u]!);
    };
    whole[at] = address.assetSums + SUMS_BYTES * settlement;
    whole[at + 1] = exposureTo(settlement);
    whole[at + 2] = address.placeSums + SUMS_BYTES * venue;
    whole[at + 3] = address.underlyingSums + 8 * instruments.underlying[i]!;
    whole[at + 4] = arrays.ofInstrument[i]!;
    whole[at + 5] = address.assetSums + SUMS_BYTES * quote;
    whole[at + 6] = exposureTo(quote);
    whole[at + 7] = address.exposures + 8 * (row + arrays.ofInstrument[i]!);
    whole[at + 8] = this.#curveAt(instruments.buy[i]);
    whole[at + 9] = this.#curveAt(instruments.sell[i]);
  }

  #writeAssets(book: LaneBook): void {
    const { assets, arrays } = this.#model;
    const reals = book.reals('assets');
    const whole = book.whole('assets');
    for (let a = 0; a < assets.price.length; a++) {
      const at = (ASSET_BYTES / 8) * a;
      reals[at] = assets.price[a]!;
      reals[at + 1] = assets.bandShort[a]!;
      reals[at + 2] = assets.bandLong[a]!;
      reals[at + 3] = assets.haircut[a]!;
      reals[at + 4] = assets.haircutRaw[a]!;
      reals[at + 5] = assets.haircutMax[a]!;
      reals[at + 6] = assets.haircutDepth[a]!;
      reals[at + 7] = assets.impact[a]!;
      const u = assets.underlying[a]!;
      whole[2 * at + 16] = u < 0 ? -1 : arrays.ofUnderlying[u]!;
      whole[2 * at + 17] = assets.line[a] === 0 ? 0 : book.at.underlyingSums + 8 * u;
      whole[2 * at + 18] = this.#curveAt(assets.buy[a]);
      whole[2 * at + 19] = this.#curveAt(assets.sell[a]);
    }
  }

  #writeShapes(book: LaneBook): void {
    const { arrays, underlyingGroups } = this.#model;
    book.reals('rows').set(arrays.shapes);
    this.#copied = arrays.fillings.slice();
    const reals = book.reals('shapes');
    const whole = book.whole('shapes');
    for (let shape = 0; shape < arrays.count; shape++) {
      this.#writeShape(reals, shape);
      const at = (SHAPE_BYTES / 4) * shape + 14;
      whole[at] = arrays.underlying[shape]!;
      whole[at + 1] = underlyingGroups[arrays.underlying[shape]!]!;
    }
  }

  #writeShape(reals: Float64Array, shape: number): void {
    const { arrays } = this.#model;
    const at = (SHAPE_BYTES / 8) * shape;
    reals[at] = arrays.low[shape]!;
    reals[at + 1] = arrays.high[shape]!;
    reals[at + 2] = arrays.initialLow[shape]!;
    reals[at + 3] = arrays.initialHigh[shape]!;
    reals[at + 4] = arrays.reach[shape]!;
    reals[at + 5] = arrays.delta[shape]!;
    reals[at + 6] = arrays.expiryMs[shape]!;
  }

  #writeBounds(book: LaneBook, sensitivity: Sensitivity): void {
    if (this.#sensitivity === sensitivity && this.#constants === sensitivity.refreshes) return;
    this.#sensitivity = sensitivity;
    this.#constants = sensitivity.refreshes;
    book.reals('assetBounds').set(sensitivity.assets);
    book.reals('instrumentBounds').set(sensitivity.instruments);
  }
}
