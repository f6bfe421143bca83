import type { Book } from './book.ts';
import * as at from './figures.ts';
import { LIMITS } from './limits.ts';
import type { MarginKernel } from './margin-kernel.ts';
import { PriceFactors } from './price-factors.ts';
import { Sensitivity } from './sensitivity.ts';
import { nextSeverity, thresholdOf, type Severity } from './state.ts';
import { TriggerLists } from './trigger-lists.ts';

/** No box is wider than this, so that the growth of terms inside it stays bounded. */
const WIDEST = 0.1;
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
  readonly #triggers = new TriggerLists();
  /** State of each account, as severity, with the memory of hysteresis. */
  severities = new Uint8Array(0);
  #isDue = new Uint8Array(0);
  #due: number[] = [];
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
  }

  /** Bytes held per slot and account, the book and the kernel not counted. */
  get bytes(): number {
    return this.#triggers.bytes + 2 * this.severities.length;
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
    if (this.#isDue[account] === 1) return;
    this.#isDue[account] = 1;
    this.#due.push(account);
  }

  invalidateAll(): void {
    for (let account = 0; account < this.#book.size; account++) this.invalidate(account);
  }

  /**
   * Brings every state up to date with the market and the book; calls back for each that changed, in the
   * order of accounts. Returns how many accounts were valued.
   */
  update(onChange: StateChange): number {
    const { model } = this.#kernel;
    model.refresh();
    this.#grow();
    this.#takeMarket();
    const due = Int32Array.from(this.#due).sort();
    this.#due = [];
    for (const account of due) this.#isDue[account] = 0;

    for (const account of due) this.#revalue(account, onChange);
    return due.length;
  }

  #grow(): void {
    const size = this.#book.size;
    if (size > this.severities.length) {
      const capacity = Math.min(LIMITS.accounts, Math.max(64, 2 * size));
      const severities = new Uint8Array(capacity);
      severities.set(this.severities);
      this.severities = severities;
      const isDue = new Uint8Array(capacity);
      isDue.set(this.#isDue);
      this.#isDue = isDue;
    }
    // A new account has never been valued.
    for (; this.#known < size; this.#known++) {
      this.#isDue[this.#known] = 1;
      this.#due.push(this.#known);
    }
  }

  #takeMarket(): void {
    const { model } = this.#kernel;
    const { market } = model;
    if (this.#lines !== model.linesVersion) {
      this.#lines = model.linesVersion;
      this.#sensitivity.resolve();
      this.#factors.reset();
      this.#triggers.reset(this.#sensitivity.factorCount);
      this.invalidateAll();
    } else if (this.#curves !== market.curvesVersion) this.invalidateAll();
    this.#curves = market.curvesVersion;
    if (this.#market === market.version) return;
    this.#market = market.version;
    const factors = this.#factors;
    if (factors.update()) this.#sensitivity.refresh();
    for (const account of this.#optionHolders) this.invalidate(account);
    const call = (account: number): void => this.invalidate(account);
    for (let f = 0; f < factors.high.length; f++) {
      if (factors.broken[f] === 1 || factors.wild[f] === 1) {
        this.#triggers.callAll(f, factors.high[f]!, factors.low[f]!, call);
        factors.broken[f] = 0;
      } else this.#triggers.pass(f, factors.high[f]!, factors.low[f]!, call);
    }
  }

  #revalue(account: number, onChange: StateChange): void {
    const kernel = this.#kernel;
    const { parameters } = kernel.model;
    const figures = kernel.value(this.#book, account);
    const from = this.severities[account] as Severity;
    const to = nextSeverity(from, figures, 0, parameters);
    this.severities[account] = to;
    this.#wait(account, figures, to);
    if (to !== from) onChange(account, from, to, figures);
  }

  #wait(account: number, figures: Float64Array, severity: Severity): void {
    if (this.#holdsOptions()) this.#optionHolders.add(account);
    else this.#optionHolders.delete(account);
    const sensitivity = this.#sensitivity;
    const triggers = this.#triggers;
    sensitivity.measure(this.#book, account, this.#kernel.scratch);
    const { factors, count } = sensitivity;
    if (!triggers.standsFor(account, factors, count)) triggers.enlist(account, factors, count);
    const radius = this.#radius(figures, severity);
    const { high, low, wild } = this.#factors;
    for (let n = 0; n < count; n++) {
      const f = factors[n]!;
      // The line that stands lowest may rise by ρ from there, the highest fall: then no line has moved by
      // more than ρ.
      const above = low[f]! * (1 + radius);
      const below = high[f]! * (1 - radius);
      triggers.place(account, n, above, below);
      // Lines further apart than the box is wide: nothing is certain, so the account is due again at once.
      if (wild[f] === 1 || above < high[f]! || below > low[f]!) this.invalidate(account);
    }
  }

  /** Whether the account just valued holds an option, or held lines of one that net to nothing. */
  #holdsOptions(): boolean {
    const { scratch, model } = this.#kernel;
    if (!model.arrays.hasOptions) return false;
    for (let n = 0; n < scratch.shapeCount; n++)
      if (model.arrays.expiryMs[scratch.shapes[n]!]! > 0) return true;
    return false;
  }

  /** ρ: how far prices may move before any threshold that would change the state can be met. */
  #radius(figures: Float64Array, severity: Severity): number {
    const { parameters } = this.#kernel.model;
    const { maintenance, initial } = this.#sensitivity;
    const equity = figures[at.EQUITY]!;
    let radius = WIDEST;
    const meet = (distance: number, of: number): void => {
      const bound = GROWTH * (of === 1 ? initial : maintenance);
      if (bound > 0) radius = Math.min(radius, Math.max(0, distance) / bound);
    };
    for (let worse = severity + 1; worse <= 4; worse++)
      meet(equity - thresholdOf(figures, 0, worse, parameters), worse);
    if (severity > 0) {
      const back = thresholdOf(figures, 0, severity, parameters) * (1 + parameters.states.hysteresis);
      meet(back - equity, severity);
    }
    return radius;
  }
}
