import { ASK_BYTES, BLOCK_ACCOUNTS, BLOCK_ASKED, BLOCK_ROWS, type LaneBook } from '@plinth/lanes';
import type { Book } from './book.ts';
import { FIGURE_COUNT } from './figures.ts';
import type { MarginKernel } from './margin-kernel.ts';
import type { RowTable } from './row-table.ts';
import type { Sensitivity } from './sensitivity.ts';

/** From so many accounts on a model is worth copying to linear memory. */
export const MANY = 32;

/**
 * Figures of the accounts at [from, from + count) of the list, FIGURE_COUNT each, and their two bounds of
 * sensitivity when those are asked for. The arrays are overwritten by the next block.
 */
export type TakeBlock = (from: number, count: number, figures: Float64Array, bounds: Float64Array) => void;

type Views = Readonly<{
  positionCounts: Int32Array;
  balanceCounts: Int32Array;
  askedCounts: Int32Array;
  positionKeys: Int32Array;
  quantities: Float64Array;
  entries: Float64Array;
  balanceKeys: Int32Array;
  amounts: Float64Array;
  asked: Float64Array;
  askedLinks: Int32Array;
  figures: Float64Array;
  bounds: Float64Array;
}>;

/**
 * Values many accounts: their rows are laid side by side in linear memory and a block of them is valued in
 * one call. Where that cannot be, or for a few accounts, the plain kernel values one after the other: the
 * figures are the same, bit for bit.
 */
export class AccountBlocks {
  readonly #kernel: MarginKernel;
  #book: LaneBook | undefined;
  #views: Views | undefined;
  #positions = 0;
  #balances = 0;
  #asked = 0;
  readonly #figures = new Float64Array(BLOCK_ACCOUNTS * FIGURE_COUNT);
  readonly #bounds = new Float64Array(2 * BLOCK_ACCOUNTS);

  constructor(kernel: MarginKernel) {
    this.#kernel = kernel;
  }

  /** The model must be fresh. Blocks come in the order of the list. */
  value(
    book: Book,
    accounts: Int32Array,
    sensitivity: Sensitivity | undefined,
    take: TakeBlock,
    isPlain = accounts.length < MANY,
  ): void {
    const lanes = isPlain ? undefined : this.#kernel.model.lanes.open(sensitivity);
    if (lanes === undefined) this.#valuePlain(book, accounts, sensitivity, take);
    else this.#valueLanes(lanes, book, accounts, sensitivity !== undefined, take);
  }

  #valuePlain(book: Book, accounts: Int32Array, sensitivity: Sensitivity | undefined, take: TakeBlock): void {
    for (let from = 0; from < accounts.length; from += BLOCK_ACCOUNTS) {
      const count = Math.min(BLOCK_ACCOUNTS, accounts.length - from);
      for (let n = 0; n < count; n++) {
        const account = accounts[from + n]!;
        this.#figures.set(this.#kernel.value(book, account), n * FIGURE_COUNT);
        if (sensitivity === undefined) continue;
        sensitivity.measure(book, account, this.#kernel.scratch);
        this.#bounds[2 * n] = sensitivity.maintenance;
        this.#bounds[2 * n + 1] = sensitivity.initial;
      }
      take(from, count, this.#figures, this.#bounds);
    }
  }

  #valueLanes(lanes: LaneBook, book: Book, accounts: Int32Array, isBounded: boolean, take: TakeBlock): void {
    const views = this.#viewsOf(lanes);
    for (let from = 0; from < accounts.length;) {
      let count = 0;
      this.#positions = 0;
      this.#balances = 0;
      this.#asked = 0;
      while (count < BLOCK_ACCOUNTS && from + count < accounts.length) {
        if (!this.#stage(lanes, views, book, accounts[from + count]!, count)) break;
        count++;
      }
      lanes.kernels.valueAccounts(count, isBounded);
      take(from, count, views.figures, views.bounds);
      from += count;
    }
  }

  #viewsOf(lanes: LaneBook): Views {
    if (this.#book !== lanes || this.#views === undefined) {
      this.#book = lanes;
      this.#views = {
        positionCounts: lanes.whole('positionCounts'),
        balanceCounts: lanes.whole('balanceCounts'),
        askedCounts: lanes.whole('askedCounts'),
        positionKeys: lanes.whole('positionKeys'),
        quantities: lanes.reals('quantities'),
        entries: lanes.reals('entries'),
        balanceKeys: lanes.whole('balanceKeys'),
        amounts: lanes.reals('amounts'),
        asked: lanes.reals('asked'),
        askedLinks: lanes.whole('asked'),
        figures: lanes.reals('figures'),
        bounds: lanes.reals('bounds'),
      };
    }
    return this.#views;
  }

  /** Lays the account's rows beside those before it; false when the block has no room for them. */
  #stage(lanes: LaneBook, views: Views, book: Book, account: number, n: number): boolean {
    const { model } = this.#kernel;
    const { positions, balances } = book;
    const held = positions.count[account]!;
    const owned = balances.count[account]!;
    if (this.#positions + held > BLOCK_ROWS || this.#balances + owned > BLOCK_ROWS) return false;
    const asked = model.places.hasRules ? this.#stageAsked(lanes, views, book, account) : 0;
    if (asked < 0) return false;
    copyRows(positions, account, views.positionKeys, views.quantities, this.#positions);
    copyEntries(positions, account, views.entries, this.#positions);
    copyRows(balances, account, views.balanceKeys, views.amounts, this.#balances);
    if (model.arrays.hasOptions)
      for (let row = this.#positions; row < this.#positions + held; row++)
        model.lanes.ensure(lanes, model.arrays.ofInstrument[views.positionKeys[row]!]!);
    views.positionCounts[n] = held;
    views.balanceCounts[n] = owned;
    views.askedCounts[n] = asked;
    this.#positions += held;
    this.#balances += owned;
    this.#asked += asked;
    return true;
  }

  /** How many rows of what venues' rulebooks ask were laid down; −1 when there is no room. */
  #stageAsked({ at }: LaneBook, { asked, askedLinks }: Views, book: Book, account: number): number {
    const { requirements, model } = this.#kernel;
    const count = requirements.ask(model, book, account);
    if (this.#asked + count > BLOCK_ASKED) return -1;
    for (let n = 0; n < count; n++) {
      const row = (ASK_BYTES / 8) * (this.#asked + n);
      const place = requirements.places[n]!;
      const shape = requirements.shapes[n]!;
      asked[row] = requirements.asked[n]!;
      asked[row + 1] = requirements.moving[n]!;
      askedLinks[2 * row + 4] = at.placeSums + 32 * place;
      askedLinks[2 * row + 5] = at.exposures + 8 * (place * model.arrays.count + Math.max(0, shape));
      askedLinks[2 * row + 6] = shape;
    }
    return count;
  }
}

const copyRows = (
  { start, count, key, value }: RowTable,
  account: number,
  keys: Int32Array,
  values: Float64Array,
  at: number,
): void => {
  const from = start[account]!;
  const rows = count[account]!;
  for (let n = 0; n < rows; n++) {
    keys[at + n] = key[from + n]!;
    values[at + n] = value[from + n]!;
  }
};

const copyEntries = (
  { start, count, extra }: RowTable,
  account: number,
  entries: Float64Array,
  at: number,
): void => {
  const from = start[account]!;
  const rows = count[account]!;
  for (let n = 0; n < rows; n++) entries[at + n] = extra[from + n]!;
};
