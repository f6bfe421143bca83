import type { Book } from '../book.ts';
import type { KernelScratch } from '../kernel-scratch.ts';
import * as unit from '../position-units.ts';
import type { RiskModel } from '../risk-model.ts';
import { LOCATION_RECORD, LOCATION_REQUIRED, SHAPE_RECORD, UNDERLYING_RECORD } from '../work-layout.ts';

/**
 * Requirements of venues that follow a rulebook (finance §6.7). There the positions of one underlying are one
 * net position; what it asks for moves with the price, so the rest of the coverage has it in every scenario.
 * Only models with such a venue come here: a flat share is taken in the pass over positions.
 */
export class VenueRequirements {
  /** Net size in units and in USD by place and underlying; places touched. */
  #sizes = new Float64Array(0);
  #notionals = new Float64Array(0);
  #seen = new Uint8Array(0);
  #touched = new Int32Array(0);

  add(model: RiskModel, scratch: KernelScratch, book: Book, account: number): void {
    const { places, instruments, positions, catalogue, arrays } = model;
    const { key, value, start, count } = book.positions;
    const underlyings = catalogue.underlyings.size;
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
        this.#touched[touched++] = cell;
      }
      const at = i * unit.UNITS;
      const quantity = value[row]!;
      this.#sizes[cell] = this.#sizes[cell]! + quantity * positions.units[at + unit.UNIT_SIZE]!;
      this.#notionals[cell] = this.#notionals[cell]! + quantity * positions.units[at + unit.UNIT_NOTIONAL]!;
    }
    const { work: sums, layout } = scratch;
    for (let n = 0; n < touched; n++) {
      const cell = this.#touched[n]!;
      this.#seen[cell] = 0;
      const place = Math.floor(cell / underlyings);
      const u = cell - place * underlyings;
      const asked = this.#askedAt(model, place, u, cell);
      const location = layout.locations + place * LOCATION_RECORD;
      sums[location + LOCATION_REQUIRED] = sums[location + LOCATION_REQUIRED]! + asked;
      const shape = layout.shapes + arrays.ofUnderlying[u]! * SHAPE_RECORD;
      if (sums[shape] === 0) scratch.openShape(shape, layout.underlyings + u * UNDERLYING_RECORD);
      const exposure = layout.exposures + place * layout.shapeCount + arrays.ofUnderlying[u]!;
      sums[exposure] = sums[exposure]! - asked;
    }
  }

  #askedAt({ places, catalogue }: RiskModel, place: number, u: number, cell: number): number {
    const size = this.#sizes[cell]!;
    const notional = Math.abs(this.#notionals[cell]!);
    if (size === 0 || notional === 0) return 0;
    const rule = places.rules[place]!;
    // Every contract that is here is one that the rule margins: see `PositionUnits`.
    return notional * rule.maintenanceShare(catalogue.underlyings.ids[u]!, size, notional / Math.abs(size))!;
  }

  #resize(cells: number): void {
    this.#sizes = new Float64Array(cells);
    this.#notionals = new Float64Array(cells);
    this.#seen = new Uint8Array(cells);
    this.#touched = new Int32Array(cells);
  }
}
