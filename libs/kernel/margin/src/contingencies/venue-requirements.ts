import type { Book } from '../book.ts';
import { INVERSE, OPTION, optionTerms } from '../instrument-arrays.ts';
import type { KernelScratch } from '../kernel-scratch.ts';
import { yearsUntil } from '../option-terms.ts';
import * as unit from '../position-units.ts';
import type { RiskModel } from '../risk-model.ts';
import type { VenueOption } from '../venue-rule.ts';
import { LOCATION_RECORD, LOCATION_REQUIRED, SHAPE_RECORD, UNDERLYING_RECORD } from '../work-layout.ts';

const YEAR_SECONDS = 31_536_000;

/**
 * Requirements of venues that follow a rulebook (finance §6.7). There the contracts of one underlying are one
 * net position; what it asks for moves with the price, so the rest of the coverage has it in every scenario.
 * With options among them the rulebook judges all of them in full, at the price and at one shock above and
 * below it; the most of the three is asked in every scenario. Only models with such a venue come here: a flat
 * share, which what a rulebook does not margin is asked, is taken in the pass over positions.
 */
export class VenueRequirements {
  /** Net size in units, in USD, and the part of it in USD that moves with the price, by cell. */
  #sizes = new Float64Array(0);
  #notionals = new Float64Array(0);
  #moving = new Float64Array(0);
  /** Rows of options, by cell; only cells that have some. */
  readonly #options = new Map<number, number[]>();
  #seen = new Uint8Array(0);
  #touched = new Int32Array(0);

  /** What is asked of an account: places, USD, and how much of it moves with the price of which shape. */
  places = new Int32Array(0);
  asked = new Float64Array(0);
  moving = new Float64Array(0);
  /** −1 where nothing moves. */
  shapes = new Int32Array(0);

  add(model: RiskModel, scratch: KernelScratch, book: Book, account: number): void {
    const count = this.ask(model, book, account);
    const { work: sums, layout } = scratch;
    for (let n = 0; n < count; n++) {
      const location = layout.locations + this.places[n]! * LOCATION_RECORD;
      sums[location + LOCATION_REQUIRED] = sums[location + LOCATION_REQUIRED]! + this.asked[n]!;
      const of = this.shapes[n]!;
      if (of < 0) continue;
      const shape = layout.shapes + of * SHAPE_RECORD;
      if (sums[shape] === 0)
        scratch.openShape(shape, layout.underlyings + model.arrays.underlying[of]! * UNDERLYING_RECORD);
      const exposure = layout.exposures + this.places[n]! * layout.shapeCount + of;
      sums[exposure] = sums[exposure]! - this.moving[n]!;
    }
  }

  /** Works out what is asked of an account; how many places and underlyings ask. */
  ask(model: RiskModel, book: Book, account: number): number {
    const underlyings = model.catalogue.underlyings.size;
    const touched = this.#sumUp(model, book, account, underlyings);
    for (let n = 0; n < touched; n++) {
      const cell = this.#touched[n]!;
      this.#seen[cell] = 0;
      const place = Math.floor(cell / underlyings);
      const u = cell - place * underlyings;
      const rows = this.#options.get(cell);
      const asked =
        rows === undefined
          ? this.#askedAt(model, place, u, cell)
          : this.#askedWithOptions(model, book, { place, u, cell, rows });
      // What options ask stands still: it is the most of several prices already. An inverse contract is worth
      // as many dollars at any price: only the linear part moves.
      const moves = rows === undefined && asked !== 0;
      this.places[n] = place;
      this.asked[n] = asked;
      this.moving[n] = moves ? asked * (this.#moving[cell]! / this.#notionals[cell]!) : 0;
      this.shapes[n] = moves ? model.arrays.ofUnderlying[u]! : -1;
    }
    if (this.#options.size > 0) this.#options.clear();
    return touched;
  }

  /** Nets the account's contracts by place and underlying; how many cells were touched. */
  #sumUp(model: RiskModel, book: Book, account: number, underlyings: number): number {
    const { places, instruments, positions } = model;
    const { key, value, start, count } = book.positions;
    const cells = places.rules.length * underlyings;
    if (this.#sizes.length < cells) this.#resize(cells);
    const to = start[account]! + count[account]!;
    let touched = 0;
    for (let row = start[account]!; row < to; row++) {
      const i = key[row]!;
      if (positions.isRuled[i] === 0) continue;
      const cell = instruments.venue[i]! * underlyings + instruments.underlying[i]!;
      if (this.#seen[cell] === 0) {
        this.#seen[cell] = 1;
        this.#sizes[cell] = 0;
        this.#notionals[cell] = 0;
        this.#moving[cell] = 0;
        this.#touched[touched++] = cell;
      }
      const form = instruments.form[i];
      if (form === OPTION) {
        const rows = this.#options.get(cell);
        if (rows === undefined) this.#options.set(cell, [row]);
        else rows.push(row);
        continue;
      }
      const at = i * unit.UNITS;
      const quantity = value[row]!;
      const units = positions.units[at + unit.UNIT_SIZE]!;
      // An inverse contract of so many quote units is `units / mark` coins.
      this.#sizes[cell] =
        this.#sizes[cell]! +
        quantity * (form === INVERSE ? units * positions.units[at + unit.UNIT_MARK]! : units);
      const notional = quantity * positions.units[at + unit.UNIT_NOTIONAL]!;
      this.#notionals[cell] = this.#notionals[cell]! + notional;
      if (form !== INVERSE) this.#moving[cell] = this.#moving[cell]! + notional;
    }
    return touched;
  }

  #askedAt({ places, catalogue }: RiskModel, place: number, u: number, cell: number): number {
    const size = this.#sizes[cell]!;
    const notional = Math.abs(this.#notionals[cell]!);
    if (size === 0 || notional === 0) return 0;
    const rule = places.rules[place]!;
    // Every contract that is here is one that the rule margins: see `PositionUnits`.
    return notional * rule.maintenanceShare(catalogue.underlyings.ids[u]!, size, notional / Math.abs(size))!;
  }

  #askedWithOptions(model: RiskModel, book: Book, at: CellWithOptions): number {
    const { places, catalogue, shockSizes } = model;
    const { place, u, cell, rows } = at;
    const underlying = catalogue.underlyings.ids[u]!;
    const rule = places.rules[place]!;
    const size = this.#sizes[cell]!;
    const options = rows.map((row) => optionAt(model, book, row));
    const price = size === 0 ? options[0]!.forward : Math.abs(this.#notionals[cell]! / size);
    let most = 0;
    for (const move of [1 - shockSizes[u]!, 1, 1 + shockSizes[u]!]) {
      const moved = options.map((option) => ({ ...option, forward: option.forward * move }));
      const asked = rule.maintenanceOf({ underlying, price: price * move, size, options: moved });
      if (asked === undefined) return this.#flat(model, book, at);
      most = Math.max(most, asked);
    }
    return most;
  }

  /** A rulebook that refuses the very contracts asks nothing that can be foretold: the flat share. */
  #flat({ places, positions }: RiskModel, book: Book, { place, cell, rows }: CellWithOptions): number {
    let gross = Math.abs(this.#notionals[cell]!);
    for (const row of rows) {
      const unitNotional = positions.units[book.positions.key[row]! * unit.UNITS + unit.UNIT_NOTIONAL]!;
      gross += Math.max(0, -book.positions.value[row]!) * unitNotional;
    }
    return places.requirement[place]! * gross;
  }

  #resize(cells: number): void {
    this.#sizes = new Float64Array(cells);
    this.#notionals = new Float64Array(cells);
    this.#moving = new Float64Array(cells);
    this.#seen = new Uint8Array(cells);
    this.#touched = new Int32Array(cells);
    this.places = new Int32Array(cells);
    this.asked = new Float64Array(cells);
    this.moving = new Float64Array(cells);
    this.shapes = new Int32Array(cells);
  }
}

type CellWithOptions = Readonly<{ place: number; u: number; cell: number; rows: readonly number[] }>;

/** The option of a row, in USD. */
const optionAt = (model: RiskModel, book: Book, row: number): VenueOption => {
  const { catalogue, market, assets } = model;
  const i = book.positions.key[row]!;
  const entry = catalogue.instrumentEntries[i]!;
  const { spec } = entry;
  if (spec.kind !== 'option') throw new TypeError(`Expected an option in row ${row}, was ${spec.id}`);
  const terms = optionTerms(model, entry, i);
  const quote = assets.price[entry.quote]!;
  return {
    secondsToExpiry: yearsUntil(spec.expiryMs, market.atMs) * YEAR_SECONDS,
    strike: spec.strike * quote,
    isCall: spec.right === 'call',
    size: book.positions.value[row]! * spec.contractSize,
    forward: terms.forward * quote,
    volatility: terms.volatility,
  };
};
