import { Book } from './book.ts';
import { checkFinite, checkPositive } from './checks.ts';
import { effectOf, type LineFill } from './fills.ts';
import { Purse } from './purse.ts';
import { assetsOf } from './settled.ts';
import { SlotRows, type Row } from './slot-rows.ts';

/** A fill that is tried, and its fee: amount and key of the balance that it is taken from. */
export type TrialFill = LineFill & Readonly<{ fee: number; feeFrom: number }>;

/** What a fill changes, by slot. */
type SlotEffect = Readonly<{
  changes: readonly Readonly<{ slot: number; amount: number }>[];
  position: Readonly<{ quantity: number; entryPrice: number }> | undefined;
}>;

/** A fill with its places in the trial's account, and what it does where its line is as at first. */
export type PreparedFill = Readonly<{
  fill: TrialFill;
  fee: number;
  feeSlot: number;
  lineSlot: number;
  effect: SlotEffect;
  assets: readonly number[];
}>;

/**
 * One account apart from its book, on which fills are tried: each trial begins with what it held at first.
 * What a fill does is worked out once, so whoever asks many times prepares its fills and hands them in again.
 */
export class Trial {
  readonly book: Book;
  readonly account = 0;
  readonly #purse: Purse;
  readonly #lines: SlotRows;
  /** The last trial with a fill of the line, by slot. */
  readonly #filledIn: number[] = [];
  #trials = 0;
  readonly #hasMoved: Uint8Array;

  constructor(book: Book, account: number) {
    const { catalogue, positions } = book;
    this.book = new Book(catalogue);
    this.book.addAccount('alone');
    this.#purse = new Purse(book, account);
    this.#lines = new SlotRows(positions);
    this.#hasMoved = new Uint8Array(catalogue.assets.size);
    const from = positions.start[account]!;
    for (let row = from; row < from + positions.count[account]!; row++) {
      const slot = this.#lines.slotOf(positions.key[row]!);
      this.#lines.begin(slot, positions.value[row]!, positions.extra[row]!);
    }
  }

  prepare(fill: TrialFill): PreparedFill {
    const { fee, feeFrom, line } = fill;
    const lineSlot = this.#lines.slotOf(line);
    const feeSlot = this.#purse.slotOf(feeFrom);
    const effect = this.#effectOf(fill, this.#lines.first(lineSlot));
    return { fill, fee, feeSlot, lineSlot, effect, assets: assetsOf(this.book.catalogue, line) };
  }

  /** Books fills on what was held at first: as `bookFills`, their fees before. */
  try(fills: readonly PreparedFill[]): void {
    const purse = this.#purse;
    purse.rows.reset();
    this.#lines.reset();
    this.#trials++;
    for (let n = 0; n < fills.length; n++) {
      const { fee, feeSlot } = fills[n]!;
      if (fee !== 0) purse.add(feeSlot, -fee);
    }
    for (let n = 0; n < fills.length; n++) this.#book(fills[n]!);
    if (fills.length > 0) this.#settle(fills);
    this.book.positions.replace(this.account, this.#lines);
    this.book.balances.replace(this.account, purse.rows);
  }

  #book({ fill, lineSlot, effect }: PreparedFill): void {
    const purse = this.#purse;
    const lines = this.#lines;
    // A second fill of a line stands on the first one.
    const isFirst = this.#filledIn[lineSlot] !== this.#trials;
    this.#filledIn[lineSlot] = this.#trials;
    const { changes, position } = isFirst ? effect : this.#effectOf(fill, lines.now(lineSlot));
    for (let n = 0; n < changes.length; n++) purse.add(changes[n]!.slot, changes[n]!.amount);
    if (position === undefined) return;
    lines.value[lineSlot] = position.quantity;
    lines.extra[lineSlot] = position.entryPrice;
  }

  #settle(fills: readonly PreparedFill[]): void {
    const purse = this.#purse;
    purse.cover();
    if (purse.owes()) {
      this.#hasMoved.fill(0);
      for (const { assets } of fills) for (const asset of assets) this.#hasMoved[asset] = 1;
      purse.repay(this.#hasMoved);
    }
    purse.check();
  }

  #effectOf(fill: TrialFill, { value: held, extra }: Row): SlotEffect {
    const price = held === 0 ? fill.price : extra;
    const { changes, position } = effectOf(this.book.catalogue, fill, held, price);
    if (position !== undefined) {
      checkFinite('quantity', position.quantity);
      if (position.quantity !== 0) checkPositive('entryPrice', position.entryPrice);
    }
    return {
      changes: changes.map(({ key, amount }) => ({ slot: this.#purse.slotOf(key), amount })),
      position,
    };
  }

  /** Quantity of a line that was held at first. */
  heldAtFirst(line: number): number {
    const slot = this.#lines.find(line);
    return slot === undefined ? 0 : this.#lines.first(slot).value;
  }
}
