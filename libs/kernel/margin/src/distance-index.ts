import { AccountSet } from './account-set.ts';
import type { Book } from './book.ts';
import * as at from './figures.ts';
import { OPTION } from './instrument-arrays.ts';
import { LIMITS } from './limits.ts';
import type { MarginKernel } from './margin-kernel.ts';
import { PriceBoxes } from './price-boxes.ts';
import { PriceFactors } from './price-factors.ts';
import { Sensitivity } from './sensitivity.ts';
import { nextSeverity, thresholdOf, type Severity } from './state.ts';
import { LONGEST_WAIT } from './travel-queue.ts';

/** No box is wider than this, so that the growth of terms inside it stays bounded. */
const WIDEST = LONGEST_WAIT;
/**
 * What second-order terms can add inside a box of ±10 %: 1.1² / 0.9 in a term, 1.06 for ln against relative
 * moves.
 */
const GROWTH = 1.5;

/** A state changed, with the figures that changed it (valid during the call only). */
export type StateChange = (account: number, from: Severity, to: Severity, figures: Float64Array) => void;

/**
 * Keeps the state of every account of a book and revalues only those whose state may have changed. After a
 * valuation an account gets a box: as long as every price it depends on stays within ±ρ of where it was, its
 * state cannot change, for ρ = (distance to the nearest threshold that matters) / (bound of its sensitivity).
 * It is revalued when a price leaves the box, when its content changed, or when something other than a
 * bounded price move happened. So a tick costs as many valuations as there are accounts near a threshold, and
 * no change of state is ever missed.
 */
export class DistanceIndex {
  readonly #kernel: MarginKernel;
  readonly #book: Book;
  readonly #sensitivity: Sensitivity;
  readonly #factors: PriceFactors;
  readonly #boxes: PriceBoxes;
  /** State of each account, as severity, with the memory of hysteresis. */
  severities = new Uint8Array(0);
  readonly #due = new AccountSet();
  /** 1 where the factors of the account are those of its content. */
  #isEnlisted = new Uint8Array(0);
  /**
   * Options also move with implied volatility and time, and not in proportion to prices: no box bounds
   * them.
   */
  readonly #optionHolders = new Set<number>();
  #known = 0;
  #lines = -1;
  #market = -1;
  #curves = -1;

  constructor(kernel: MarginKernel, book: Book) {
    this.#kernel = kernel;
    this.#book = book;
    this.#sensitivity = new Sensitivity(kernel.model);
    this.#factors = new PriceFactors(kernel.model, this.#sensitivity);
    this.#boxes = new PriceBoxes(this.#factors);
  }

  /** Bytes held per slot and account, the book and the kernel not counted. */
  get bytes(): number {
    return this.#boxes.bytes + this.#due.bytes + 2 * this.severities.length;
  }

  /** The state that an account is remembered to be in, e.g. from a snapshot; it is revalued next. */
  remember(account: number, severity: Severity): void {
    this.#grow();
    this.severities[account] = severity;
    this.invalidate(account);
  }

  /** The account's positions, balances or debts changed. */
  invalidate(account: number): void {
    this.#grow();
    this.#isEnlisted[account] = 0;
    this.#due.add(account);
  }

  invalidateAll(): void {
    for (let account = 0; account < this.#book.size; account++) this.invalidate(account);
  }

  /**
   * Brings every state up to date with the market and the book; calls back for each that changed, in the
   * order of accounts. Returns how many accounts were valued.
   */
  update(onChange: StateChange): number {
    const { model, blocks } = this.#kernel;
    model.refresh();
    this.#grow();
    this.#takeMarket();
    const due = this.#due.take();
    blocks.value(this.#book, due, this.#sensitivity, (from, count, figures, bounds) => {
      for (let n = 0; n < count; n++) this.#take(due[from + n]!, n, figures, bounds, onChange);
    });
    return due.length;
  }

  #grow(): void {
    const size = this.#book.size;
    if (size > this.severities.length) {
      const capacity = Math.min(LIMITS.accounts, Math.max(64, 2 * size));
      this.severities = widened(this.severities, capacity);
      this.#isEnlisted = widened(this.#isEnlisted, capacity);
    }
    // A new account has never been valued.
    for (; this.#known < size; this.#known++) this.#due.add(this.#known);
  }

  #takeMarket(): void {
    const { model } = this.#kernel;
    const { market } = model;
    if (this.#lines !== model.linesVersion) {
      this.#lines = model.linesVersion;
      this.#sensitivity.resolve();
      this.#factors.reset();
      this.#boxes.reset();
      this.invalidateAll();
    } else if (this.#curves !== market.curvesVersion)
      for (let account = 0; account < this.#known; account++) this.#due.add(account);
    this.#curves = market.curvesVersion;
    if (this.#market === market.version) return;
    this.#market = market.version;
    if (this.#factors.update()) this.#sensitivity.refresh();
    for (const account of this.#optionHolders) this.#due.add(account);
    this.#boxes.look(this.#known, (account) => this.#due.add(account));
  }

  /** The nth account of a block that was valued: its state, and its box. */
  #take(
    account: number,
    n: number,
    figures: Float64Array,
    bounds: Float64Array,
    onChange: StateChange,
  ): void {
    const own = n * at.FIGURE_COUNT;
    const from = this.severities[account] as Severity;
    const to = nextSeverity(from, figures, own, this.#kernel.model.parameters);
    this.severities[account] = to;
    if (this.#isEnlisted[account] === 0) this.#enlist(account);
    const radius = this.#radius(figures, own, to, bounds[2 * n]!, bounds[2 * n + 1]!);
    // Nothing is certain: it is due again at once.
    if (!this.#boxes.place(account, radius)) this.#due.add(account);
    if (to !== from) onChange(account, from, to, figures.subarray(own, own + at.FIGURE_COUNT));
  }

  #enlist(account: number): void {
    const sensitivity = this.#sensitivity;
    sensitivity.listFactors(this.#book, account);
    this.#boxes.enlist(account, sensitivity.factors, sensitivity.count);
    this.#isEnlisted[account] = 1;
    if (this.#holdsOptions(account)) this.#optionHolders.add(account);
    else this.#optionHolders.delete(account);
  }

  #holdsOptions(account: number): boolean {
    const { arrays, instruments } = this.#kernel.model;
    if (!arrays.hasOptions) return false;
    const { key, start, count } = this.#book.positions;
    const end = start[account]! + count[account]!;
    for (let row = start[account]!; row < end; row++) if (instruments.form[key[row]!] === OPTION) return true;
    return false;
  }

  /** ρ: how far prices may move before any threshold that would change the state can be met. */
  #radius(
    figures: Float64Array,
    own: number,
    severity: Severity,
    maintenance: number,
    initial: number,
  ): number {
    const { parameters } = this.#kernel.model;
    const equity = figures[own + at.EQUITY]!;
    let radius = WIDEST;
    for (let worse = severity + 1; worse <= 4; worse++) {
      const distance = equity - thresholdOf(figures, own, worse, parameters);
      radius = Math.min(radius, radiusOf(distance, worse === 1 ? initial : maintenance));
    }
    if (severity === 0) return radius;
    const back = thresholdOf(figures, own, severity, parameters) * (1 + parameters.states.hysteresis);
    return Math.min(radius, radiusOf(back - equity, severity === 1 ? initial : maintenance));
  }
}

/** How far prices may move before a distance is used up that changes at most so fast with them. */
const radiusOf = (distance: number, bound: number): number =>
  bound > 0 ? Math.max(0, distance) / (GROWTH * bound) : WIDEST;

const widened = (old: Uint8Array, capacity: number): Uint8Array<ArrayBuffer> => {
  const next = new Uint8Array(capacity);
  next.set(old);
  return next;
};
