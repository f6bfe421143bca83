import { scenarioGrid } from '@plinth/options';
import type { CatalogueInstrument } from './catalogue.ts';
import { deltaOf, optionTerms } from './instrument-arrays.ts';
import type { ModelView } from './model-view.ts';
import { optionValues, termOfVolatility, twistOfVolatility, yearsUntil } from './option-terms.ts';
import type { ShockParameters } from './parameters.ts';
import { scenarioColumns, type VolatilityMove } from './scenarios.ts';

/** A shocked price keeps at least this share of itself. */
const LEAST_LEFT = 1e-6;

type Priced = ModelView &
  Readonly<{
    instruments: { notional: Float64Array };
    assets: { price: Float64Array };
  }>;

/**
 * Rows of all shapes in some of the columns: how many of one measure, filled up to a multiple of 8, and which
 * column of the scenarios each is.
 */
export type ColumnRows = Readonly<{ width: number; rows: Float64Array; columnOf: Int32Array }>;

export const NO_COLUMNS: ColumnRows = {
  width: 0,
  rows: new Float64Array(0),
  columnOf: new Int32Array(0),
};

/**
 * What one unit of each line gains in every scenario, in USD, profit positive, times the counted share.
 * Columns are [maintenance | initial]. A row is `unit × shape`: all contracts that move in proportion to one
 * price share a shape, the vector of that price's shocks, and differ only in their notional; an option has a
 * shape of its own, shared by the venues that list it. So a book of many positions is a few exposures times a
 * few rows.
 */
export class RiskArrays {
  hasOptions = false;
  count = 0;
  /** Shock of each underlying in each column, as a fraction of its price, not below −1. */
  shocks = new Float64Array(0);
  counted = new Float64Array(0);
  /** Shapes stand in order of group and underlying; the one of the underlying's own price comes first. */
  shapes = new Float64Array(0);
  /** All columns; and those that differ where no option is held, without the options' rows. */
  all = NO_COLUMNS;
  priced = NO_COLUMNS;
  underlying = new Int32Array(0);
  /** Lowest and highest value of a shape among the maintenance and among the initial columns. */
  low = new Float64Array(0);
  high = new Float64Array(0);
  initialLow = new Float64Array(0);
  initialHigh = new Float64Array(0);
  /** Largest absolute value in any column. */
  reach = new Float64Array(0);
  /** Shape of each underlying's own price, and of each instrument. */
  ofUnderlying = new Int32Array(0);
  ofInstrument = new Int32Array(0);
  /**
   * −1, or the settlement underlying whose price multiplies the profit (paid at par in an asset that is
   * shocked).
   */
  #settlement: number[] = [];
  /** −1, or the first line of the option that the shape belongs to. */
  #option: number[] = [];
  /** Expiry of the option that a shape belongs to, 0 for every other; and its delta, once it is read. */
  expiryMs = new Float64Array(0);
  delta = new Float64Array(0);
  #isStale = new Uint8Array(0);
  /** How often the rows were refreshed, and each option's row filled: a copy of an older one is stale. */
  refreshes = 0;
  fillings = new Int32Array(0);
  /** One option in every column, and as it stands. */
  #states = scenarioGrid(1, 1);
  #values = new Float64Array(1);

  resolve(model: ModelView): void {
    const { catalogue, underlyingGroups } = model;
    const stride = 2 * model.width;
    const underlyings: number[] = [];
    this.#settlement = [];
    this.#option = [];
    this.ofUnderlying = new Int32Array(catalogue.underlyings.size);
    this.ofInstrument = new Int32Array(catalogue.instruments.size);
    const add = (underlying: number, settlement: number, option: number): number => {
      this.#settlement.push(settlement);
      this.#option.push(option);
      return underlyings.push(underlying) - 1;
    };
    const order = [...underlyingGroups.keys()].sort(
      (a, b) => underlyingGroups[a]! - underlyingGroups[b]! || a - b,
    );
    for (const u of order) {
      this.ofUnderlying[u] = add(u, -1, -1);
      const quanto = new Map<number, number>();
      catalogue.instrumentEntries.forEach((entry, i) => {
        if (entry.underlying !== u || entry.spec.kind === 'option') return;
        const settlement = quantoSettlement(model, entry);
        if (settlement < 0) this.ofInstrument[i] = this.ofUnderlying[u]!;
        else {
          const shape = quanto.get(settlement) ?? add(u, settlement, -1);
          quanto.set(settlement, shape);
          this.ofInstrument[i] = shape;
        }
      });
      const contracts = new Map<string, number>();
      for (const { i, key } of optionsOf(model, u)) {
        const shape = contracts.get(key) ?? add(u, -1, i);
        contracts.set(key, shape);
        this.ofInstrument[i] = shape;
      }
    }
    this.count = underlyings.length;
    this.hasOptions = this.#option.some((option) => option >= 0);
    this.underlying = Int32Array.from(underlyings);
    this.shocks = new Float64Array(catalogue.underlyings.size * stride);
    this.counted = new Float64Array(stride);
    this.shapes = new Float64Array(this.count * stride);
    const columnOf = Int32Array.from({ length: model.width }, (_, column) => column);
    this.all = { width: model.width, rows: this.shapes, columnOf };
    this.priced = this.hasOptions ? pricedColumns(model, this.count) : this.all;
    this.delta = new Float64Array(this.count);
    this.#isStale = new Uint8Array(this.count);
    this.fillings = new Int32Array(this.count);
    this.#states = scenarioGrid(1, stride + 1);
    this.#values = new Float64Array(stride + 1);
    this.expiryMs = Float64Array.from(this.#option, (i) => {
      const spec = catalogue.instrumentEntries[i]?.spec;
      return spec?.kind === 'option' ? spec.expiryMs : 0;
    });
    for (const name of ['low', 'high', 'initialLow', 'initialHigh', 'reach'] as const)
      this[name] = new Float64Array(this.count);
  }

  /** First line of the option that a shape belongs to, −1 when it is none's. */
  optionOf(shape: number): number {
    return this.#option[shape] ?? -1;
  }

  refresh(model: Priced): void {
    this.#refreshShocks(model);
    for (let shape = 0; shape < this.count; shape++) {
      if (this.#option[shape]! >= 0) {
        this.#isStale[shape] = 1;
        continue;
      }
      this.#fillShape(model.width, shape);
      if (this.hasOptions) this.#copyPriced(model.width, shape);
      this.#measure(model.width, shape);
    }
    this.refreshes++;
  }

  /** Revalues the option of a shape that is about to be read: of all that are listed few are held. */
  ensure(model: Priced, shape: number): void {
    if (this.#isStale[shape] === 0) return;
    this.#isStale[shape] = 0;
    this.#fillOption(model, shape, this.#option[shape]!);
    this.#measure(model.width, shape);
    this.fillings[shape]!++;
  }

  #refreshShocks({ parameters, columns, scenarios, shockSizes, catalogue, width }: ModelView): void {
    for (let c = 0; c < columns.first.length; c++) {
      const scenario = scenarios[columns.first[c]!]!;
      this.counted[c] = scenario.counted;
      this.counted[width + c] = scenario.counted;
      const depeg = scenario.depeg === undefined ? undefined : parameters.depegs[scenario.depeg]!;
      for (let u = 0; u < shockSizes.length; u++) {
        const own = depeg?.shocks.find(
          (shock) => shock.underlying === catalogue.underlyings.ids[u],
        )?.fraction;
        const shock = depeg === undefined ? scenario.multiple * shockSizes[u]! : (own ?? 0);
        this.shocks[2 * u * width + c] = Math.max(-1, shock);
        this.shocks[(2 * u + 1) * width + c] = Math.max(-1, parameters.imShockMultiplier * shock);
      }
    }
  }

  /**
   * shock, times the shocked price of the settlement asset where profit is paid in it at par, times the
   * counted share.
   */
  #fillShape(width: number, shape: number): void {
    const stride = 2 * width;
    const u = this.underlying[shape]!;
    const settlement = this.#settlement[shape]!;
    for (let c = 0; c < stride; c++) {
      const paid = settlement < 0 ? 1 : 1 + this.shocks[settlement * stride + c]!;
      this.shapes[shape * stride + c] = this.shocks[u * stride + c]! * paid * this.counted[c]!;
    }
  }

  #copyPriced(width: number, shape: number): void {
    const { columnOf, rows, width: own } = this.priced;
    for (let c = 0; c < columnOf.length; c++)
      for (const half of [0, 1])
        rows[(2 * shape + half) * own + c] = this.shapes[(2 * shape + half) * width + columnOf[c]!]!;
  }

  /**
   * Full revaluation at the shocked forward and the shocked volatility. What the settlement average has fixed
   * already is not shocked. An option that is quoted and paid in one shocked asset is struck in that asset:
   * its forward rises when the asset falls.
   */
  #fillOption(model: Priced, shape: number, i: number): void {
    const { columns, scenarios, width, market, catalogue, underlyingParameters } = model;
    const entry = catalogue.instrumentEntries[i]!;
    if (entry.spec.kind !== 'option') return;
    const stride = 2 * width;
    const { forward, fixedForward, volatility } = optionTerms(model, entry, i);
    const years = yearsUntil(entry.spec.expiryMs, market.atMs);
    const p = underlyingParameters[entry.underlying]!;
    const moves = volatilityMoves(model, p, years);
    const settlement = catalogue.assetUnderlyings[entry.settlement]!;
    const struckIn = entry.quote === entry.settlement ? settlement : -1;
    const unit = model.instruments.notional[i]!;
    this.delta[shape] = deltaOf(model, i);
    const states = this.#states;
    // The last state is the market as it stands; so are the columns that only fill the width up.
    states.forward.fill(forward);
    states.volatilityFactor.fill(1);
    for (let c = 0; c < stride; c++) {
      const index = columns.first[c % width];
      if (index === undefined) continue;
      const move = this.#factorOf(entry.underlying, stride, c) / this.#factorOf(struckIn, stride, c);
      states.forward[c] = fixedForward + (forward - fixedForward) * move;
      states.volatilityFactor[c] = moves[scenarios[index]!.volatility];
    }
    const values = this.#values;
    optionValues(entry.spec, volatility, years, states, values);
    for (let c = 0; c < stride; c++) {
      const price = model.assets.price[entry.settlement]! * this.#factorOf(settlement, stride, c);
      // Per USD of notional, as every shape is.
      const gain = entry.spec.contractSize * (values[c]! - values[stride]!) * price * this.counted[c]!;
      this.shapes[shape * stride + c] = unit === 0 ? 0 : gain / unit;
    }
  }

  /** What is left of a price in a column; never nothing, where an inverse option has no value in coins. */
  #factorOf(underlying: number, stride: number, column: number): number {
    return underlying < 0 ? 1 : Math.max(LEAST_LEFT, 1 + this.shocks[underlying * stride + column]!);
  }

  #measure(width: number, shape: number): void {
    const row = this.shapes.subarray(2 * shape * width, 2 * (shape + 1) * width);
    const [maintenance, initial] = [row.subarray(0, width), row.subarray(width)];
    this.low[shape] = maintenance.reduce((low, value) => Math.min(low, value), 0);
    this.high[shape] = maintenance.reduce((high, value) => Math.max(high, value), 0);
    this.initialLow[shape] = initial.reduce((low, value) => Math.min(low, value), 0);
    this.initialHigh[shape] = initial.reduce((high, value) => Math.max(high, value), 0);
    this.reach[shape] = row.reduce((reach, value) => Math.max(reach, Math.abs(value)), 0);
  }
}

/** Scenarios that differ in volatility alone are one column here. */
const pricedColumns = ({ scenarios, columns }: ModelView, shapes: number): ColumnRows => {
  const { first } = scenarioColumns(scenarios, false);
  const width = 8 * Math.ceil(first.length / 8);
  const columnOf = Int32Array.from(first, (scenario) => columns.columnOf[scenario]!);
  return { width, rows: new Float64Array(2 * width * shapes), columnOf };
};

/** What each move leaves of a volatility that has so many years to its expiry. */
const volatilityMoves = (
  { parameters }: ModelView,
  { volShockUp, volShockDown }: ShockParameters,
  years: number,
): Readonly<Record<VolatilityMove, number>> => {
  const { volTerm, volTwist } = parameters.options;
  const term = termOfVolatility(years, volTerm);
  const twist = volTwist * twistOfVolatility(years);
  return {
    down: Math.max(0, 1 - volShockDown * term),
    flat: 1,
    up: 1 + volShockUp * term,
    'near up': 1 + twist,
    'near down': 1 - twist,
  };
};

const quantoSettlement = ({ catalogue }: ModelView, entry: CatalogueInstrument): number => {
  const { spec } = entry;
  const linear = spec.kind === 'spot' || spec.form === 'linear';
  if (!linear || entry.quote === entry.settlement) return -1;
  return catalogue.assetUnderlyings[entry.settlement]!;
};

/** Lines of options on one underlying, by expiry; equal keys are one contract on several venues. */
const optionsOf = (
  { catalogue }: ModelView,
  underlying: number,
): readonly Readonly<{ i: number; key: string; expiryMs: number }>[] =>
  catalogue.instrumentEntries
    .flatMap(({ spec, quote, settlement, underlying: own }, i) => {
      if (own !== underlying || spec.kind !== 'option') return [];
      const { right, strike, form, expiryMs } = spec;
      return [{ i, key: `${right} ${strike} ${form} ${quote} ${settlement} ${expiryMs}`, expiryMs }];
    })
    .sort((a, b) => a.expiryMs - b.expiryMs || a.i - b.i);
