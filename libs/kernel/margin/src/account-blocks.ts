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

/** Rows of one table, and where each account's begin among them. */
type RowViews = Readonly<{
  starts: Int32Array;
  counts: Int32Array;
  keys: Int32Array;
  values: Float64Array;
  extras?: Float64Array;
}>;

type Views = Readonly<{
  positions: RowViews;
  balances: RowViews;
  askedCounts: Int32Array;
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
      this.#asked = 0;
      const block = accounts.subarray(from, from + BLOCK_ACCOUNTS);
      const count = Math.min(
        stageRows(book.positions, block, views.positions),
        stageRows(book.balances, block, views.balances),
        this.#stageAsked(lanes, views, book, block),
      );
      if (this.#kernel.model.arrays.hasOptions) this.#ensureOptions(lanes, views.positions, count);
      lanes.kernels.valueAccounts(count, isBounded);
      take(from, count, views.figures, views.bounds);
      from += count;
    }
  }

  #viewsOf(lanes: LaneBook): Views {
    if (this.#book !== lanes || this.#views === undefined) {
      this.#book = lanes;
      this.#views = {
        positions: {
          starts: lanes.whole('positionStarts'),
          counts: lanes.whole('positionCounts'),
          keys: lanes.whole('positionKeys'),
          values: lanes.reals('quantities'),
          extras: lanes.reals('entries'),
        },
        balances: {
          starts: lanes.whole('balanceStarts'),
          counts: lanes.whole('balanceCounts'),
          keys: lanes.whole('balanceKeys'),
          values: lanes.reals('amounts'),
        },
        askedCounts: lanes.whole('askedCounts'),
        asked: lanes.reals('asked'),
        askedLinks: lanes.whole('asked'),
        figures: lanes.reals('figures'),
        bounds: lanes.reals('bounds'),
      };
    }
    return this.#views;
  }

  /** How many accounts of the block there is room for with what venues' rulebooks ask of them. */
  #stageAsked(lanes: LaneBook, views: Views, book: Book, block: Int32Array): number {
    if (!this.#kernel.model.places.hasRules) return block.length;
    for (let n = 0; n < block.length; n++) {
      const count = this.#stageAsk(lanes, views, book, block[n]!);
      if (count < 0) return n;
      views.askedCounts[n] = count;
      this.#asked += count;
    }
    return block.length;
  }

  /** How many rows of what rulebooks ask of an account were laid down; −1 when there is no room. */
  #stageAsk({ at }: LaneBook, { asked, askedLinks }: Views, book: Book, account: number): number {
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

  /** Rows of the options that the accounts hold. */
  #ensureOptions(lanes: LaneBook, { starts, counts, keys }: RowViews, count: number): void {
    const { lanes: own, arrays } = this.#kernel.model;
    for (let n = 0; n < count; n++)
      for (let row = starts[n]!; row < starts[n]! + counts[n]!; row++)
        own.ensure(lanes, arrays.ofInstrument[keys[row]!]!);
  }
}

/**
 * Copies the rows of a block of accounts, as many of those as there is room for: all at once where they stand
 * close together, as those of neighbours do, else account by account.
 */
const stageRows = (table: RowTable, block: Int32Array, views: RowViews): number => {
  const { start, count } = table;
  const { starts, counts } = views;
  let low = Infinity;
  let high = 0;
  let rows = 0;
  let accounts = 0;
  for (; accounts < block.length; accounts++) {
    const account = block[accounts]!;
    const own = count[account]!;
    if (rows + own > BLOCK_ROWS) break;
    rows += own;
    starts[accounts] = start[account]!;
    counts[accounts] = own;
    if (own === 0) continue;
    low = Math.min(low, start[account]!);
    high = Math.max(high, start[account]! + own);
  }
  if (high - low > BLOCK_ROWS) return copyApart(table, views, accounts);
  for (let n = 0; n < accounts; n++) starts[n] = counts[n] === 0 ? 0 : starts[n]! - low;
  if (rows === 0) return accounts;
  views.keys.set(table.key.subarray(low, high));
  views.values.set(table.value.subarray(low, high));
  views.extras?.set(table.extra.subarray(low, high));
  return accounts;
};

const copyApart = ({ key, value, extra }: RowTable, views: RowViews, accounts: number): number => {
  const { starts, counts, keys, values, extras } = views;
  let at = 0;
  for (let n = 0; n < accounts; n++) {
    const from = starts[n]!;
    starts[n] = at;
    for (let row = from; row < from + counts[n]!; row++) {
      keys[at] = key[row]!;
      values[at] = value[row]!;
      if (extras !== undefined) extras[at] = extra[row]!;
      at++;
    }
  }
  return accounts;
};
