import { refill, type Envelope, type Fold } from '@plinth/eventing';
import {
  Book,
  MarginKernel,
  applyFill,
  bookFills,
  isRiskReducing,
  marginOf,
  settle,
  whatIf,
  type AccountContent,
  type HypotheticalOrder,
  type RiskParameters,
} from '@plinth/margin';
import { SIGN, venueLocation } from '@plinth/market';
import type { MarginFigures } from '@plinth/messages';
import { assert, textToFloat } from '@plinth/money';
import {
  DepthView,
  LedgerView,
  MarksView,
  OpenOrdersView,
  PoolsView,
  PositionsView,
  ReferenceView,
} from '@plinth/views';
import { addTo, type BookPlace } from './book-place.ts';
import { bookedContent } from './booked-content.ts';
import {
  assessmentOf,
  healthOf,
  type Assessment,
  type Hypothetical,
  type HypotheticalLeg,
  type HypotheticalTransfer,
  type Portfolio,
  type PriceBlock,
} from './assessment.ts';
import { ParametersView } from './cell-parameters.ts';
import { riskModelOf } from './effective-parameters.ts';
import { DepthCurves } from './depth-curves.ts';
import { HoldsView } from './holds.ts';
import { Lines, lineOf } from './lines.ts';
import { marginFigures } from './margin-figures.ts';
import { PlacedMoney } from './placed-money.ts';
import { bandOf, worstObjection } from './price-band.ts';
import { RulebooksView } from './rulebooks-view.ts';
import { UnbookedFillsView, type UnbookedFill } from './unbooked-fills.ts';
import { Valuations } from './valuations.ts';

export type { BookPlace } from './book-place.ts';

/**
 * Everything that the margin of the cell's accounts depends on, folded into the margin library's arrays: only
 * accounts that an event touched are loaded again, only marks that changed are priced again. It holds the
 * views that it is made of; a service that uses it registers this fold alone.
 */
export class PortfolioView implements Fold, Portfolio {
  readonly name = 'portfolio';
  readonly revision = 2;
  readonly reference = new ReferenceView();
  readonly ledger = new LedgerView();
  readonly positions = new PositionsView();
  readonly marks = new MarksView();
  readonly pools = new PoolsView();
  readonly orders = new OpenOrdersView();
  readonly parameters = new ParametersView();
  readonly rulebooks = new RulebooksView();
  readonly unbooked = new UnbookedFillsView();
  readonly holds = new HoldsView();
  readonly depth = new DepthView();
  readonly lines = new Lines(this.reference, this.marks);
  readonly #curves = new DepthCurves(this.reference, this.depth, this.marks, this.lines);
  /** Position of the last applied event. */
  position = 0n;
  /** Accounts whose holdings changed by the last applied event. */
  readonly touched = new Set<string>();
  readonly #views: readonly Fold[] = [
    this.reference,
    this.ledger,
    this.positions,
    this.marks,
    this.pools,
    this.orders,
    this.parameters,
    this.rulebooks,
    this.unbooked,
    this.holds,
    this.depth,
  ];
  /** Accounts that owe to a pool or have a claim on it, by asset: accrual changes them all. */
  readonly #indexed = new Map<string, Set<string>>();
  readonly #placed = new PlacedMoney(this.ledger, this.marks);
  readonly #dirty = new Set<string>();
  #book = new Book(this.lines.catalogue);
  #kernel: MarginKernel | undefined;
  readonly #valuations = new Valuations();

  apply(event: Envelope): void {
    if (this.touched.size > 0) this.touched.clear();
    for (const view of this.#views) view.apply(event);
    this.position = event.position;
    this.#placePostings();
    this.#follow(event);
    for (const accountId of this.ledger.touched) this.touched.add(accountId);
    for (const accountId of this.touched) this.#dirty.add(accountId);
  }

  #follow(event: Envelope): void {
    switch (event.type) {
      case 'AssetListed':
        this.lines.addAsset(this.reference.asset(event.data.asset));
        return this.#curves.takeAll();
      case 'InstrumentListed':
        this.lines.addInstrument(this.reference.instrument(event.data.instrumentId));
        return this.#curves.takeAll();
      case 'VenueRegistered':
        this.lines.addVenue(this.reference.venue(event.data.venueId));
        this.#curves.takeAll();
        return this.#compile();
      case 'VenueDepthObserved':
        return this.#curves.take(event.data);
      case 'RiskParametersSet':
      case 'RulebookParametersSet':
        return this.#compile();
      case 'MarksPublished':
        for (const { instrumentId } of event.data.marks) this.lines.reprice(instrumentId);
        this.lines.setTime(event.data.atMs);
        return this.#curves.expire();
      case 'AccountOpened':
        this.#book.addAccount(event.data.accountId);
        return;
      case 'ChildFilled':
      case 'FillBooked':
        this.lines.addTraded(event.data.instrumentId, event.data.venueId);
        this.touched.add(event.data.accountId);
        return;
      case 'LoanDrawn':
      case 'InterestCharged':
      case 'PoolSupplied':
      case 'InterestEarned':
        return this.#enlist(event.data.asset, event.data.accountId);
      case 'ContractSettled':
      case 'WithdrawalApproved':
      case 'TransferApproved':
        this.touched.add(event.data.accountId);
        return;
      case 'PoolAccrued':
        for (const accountId of this.#indexed.get(event.data.asset) ?? []) this.touched.add(accountId);
        return;
      default:
        return;
    }
  }

  /** Places get their index from the log, not from who asks first: every replica sums in one order. */
  #placePostings(): void {
    for (const location of this.#placed.place()) this.lines.addLocation(location);
  }

  /** Worth of what all clients together have at a place, USD. */
  standingAt(location: string): number {
    return this.#placed.worthAt(location);
  }

  #enlist(asset: string, accountId: string): void {
    const accounts = this.#indexed.get(asset) ?? new Set();
    this.#indexed.set(asset, accounts.add(accountId));
  }

  #compile(): void {
    const model = riskModelOf(this);
    if (model === undefined) return;
    this.#kernel = new MarginKernel(model);
    this.#valuations.forget();
  }

  /** False until the first parameters are set: nothing can be judged before. */
  get isReady(): boolean {
    return this.#kernel !== undefined;
  }

  get kernel(): MarginKernel {
    assert(this.#kernel !== undefined, 'Expected risk parameters; set them first');
    return this.#kernel;
  }

  get marginParameters(): RiskParameters {
    return this.kernel.model.parameters;
  }

  /** The accounts' book, current. */
  get book(): Book {
    this.#flush();
    return this.#book;
  }

  #flush(): void {
    for (const accountId of this.#dirty) {
      const index = this.#book.accountIndex(accountId);
      this.#valuations.touch(index);
      this.#book.load(index, bookedContent(this, accountId));
      for (const fill of this.unbooked.of(accountId).values()) this.#addUnbooked(index, fill);
      settle(this.#book, index);
    }
    this.#dirty.clear();
  }

  #addUnbooked(index: number, fill: UnbookedFill): void {
    const { instrumentId, venueId, quantity, price, fee, feeAsset } = fill;
    const side = fill.side === 'buy' ? SIGN.buy : SIGN.sell;
    const instrument = lineOf(instrumentId, venueId);
    applyFill(this.#book, index, {
      instrument,
      quantity: side * textToFloat(quantity),
      price: textToFloat(price),
    });
    if (feeAsset === '') return;
    addTo({ book: this.#book, index }, feeAsset, venueLocation(venueId), -textToFloat(fee));
  }

  /** A leg as an order of the margin library. */
  orderOf({ instrumentId, venueId, side, quantity, price }: HypotheticalLeg): HypotheticalOrder {
    const at = price ?? this.lines.priceOf(instrumentId);
    assert(at !== undefined, () => `Expected a priced instrument, was ${instrumentId}`);
    return { instrument: lineOf(instrumentId, venueId), quantity: SIGN[side] * quantity, price: at };
  }

  assess(accountId: string, hypothetical: Hypothetical = {}): Assessment {
    const { legs = [], transfers = [] } = hypothetical;
    const fees = legs.map(({ instrumentId, venueId, fee = 0 }) => ({
      asset: this.reference.instrument(instrumentId).quoteAsset,
      location: venueLocation(venueId),
      amount: -fee,
    }));
    const place = this.bookOf(accountId, [...transfers, ...fees]);
    return this.assessOn(
      accountId,
      place,
      legs.map((leg) => this.orderOf(leg)),
    );
  }

  /** Where an account stands in a book: in the cell's own, or after transfers in one apart. */
  bookOf(accountId: string, transfers: readonly HypotheticalTransfer[] = []): BookPlace {
    const { book } = this;
    const index = book.accountIndex(accountId);
    const moves = transfers.filter(({ amount }) => amount !== 0);
    if (moves.length === 0) return { book, index };
    const apart = new Book(this.lines.catalogue);
    const place = { book: apart, index: apart.addAccount(accountId) };
    apart.load(place.index, book.read(index));
    for (const { asset, location, amount } of moves) addTo(place, asset, location, amount);
    return place;
  }

  /** Margin of an account at a place of a book, after these fills. */
  assessOn(
    accountId: string,
    { book, index }: BookPlace,
    orders: readonly HypotheticalOrder[] = [],
  ): Assessment {
    const { kernel } = this;
    if (orders.length === 0) return assessmentOf(accountId, marginOf(kernel, book, index));
    return assessmentOf(accountId, whatIf(kernel, book, index, { orders }));
  }

  isRiskReducing(accountId: string, legs: readonly HypotheticalLeg[]): boolean {
    const { book, kernel } = this;
    const orders = legs.map((leg) => this.orderOf(leg));
    return isRiskReducing(kernel, book, book.accountIndex(accountId), orders);
  }

  liquidationBlock(accountId: string, threshold: number): PriceBlock | undefined {
    const { equity } = healthOf(this, accountId);
    const content = this.contentOf(accountId);
    const objection = worstObjection(this, content, 'liquidate');
    if (objection === 'halted') return 'PRICE_HALTED';
    if (objection === 'guarded') return 'GUARD_BINDING';
    return equity + bandOf(this, content) < threshold ? undefined : 'BAND_WIDE';
  }

  /** What the account holds and owes, with fills that are not booked yet. */
  contentOf(accountId: string): AccountContent {
    const { book } = this;
    return book.read(book.accountIndex(accountId));
  }

  /** The same after these fills. */
  contentWith(accountId: string, orders: readonly HypotheticalOrder[]): AccountContent {
    const apart = new Book(this.lines.catalogue);
    const index = apart.addAccount(accountId);
    apart.load(index, this.contentOf(accountId));
    bookFills(apart, index, orders);
    return apart.read(index);
  }

  unbookedFills(accountId: string): number {
    return this.unbooked.of(accountId).size;
  }

  /** Index of an account in `book` and in `measure`. */
  accountIndex(accountId: string): number {
    return this.#book.accountIndex(accountId);
  }

  accountIds(): readonly string[] {
    return this.#book.accounts.ids;
  }

  hasAccount(accountId: string): boolean {
    return this.#book.accounts.find(accountId) !== undefined;
  }

  /** Figures of one account by place (`EQUITY`, `INITIAL` …); good until the next valuation. */
  value(accountId: string): Float64Array {
    const { book, kernel } = this;
    kernel.model.refresh();
    return kernel.value(book, book.accountIndex(accountId));
  }

  /**
   * Figures of every account, FIGURE_COUNT each, in the order of `accountIds`. After a change of prices or
   * parameters one pass over all accounts; otherwise only those that were touched are valued again.
   */
  measure(): Float64Array {
    const { book, kernel } = this;
    return this.#valuations.all(kernel, book);
  }

  /**
   * Accounts that may be anything but healthy: all that are not, and perhaps some that were not a moment ago.
   * Only those near a threshold are valued again after a move of prices. What was asked before decides who
   * else is named here, so an answer may depend on those alone that are found unhealthy by their own figures.
   */
  suspects(): readonly string[] {
    const { book, kernel } = this;
    const ids = this.accountIds();
    return this.#valuations.suspects(kernel, book).map((account) => ids[account] as string);
  }

  /** The figures as they are written into events, stamped with what they include. */
  figures(assessment: Assessment): MarginFigures {
    return marginFigures(assessment, {
      asOf: this.position,
      marksRound: this.marks.round,
      parametersVersion: this.parameters.version,
    });
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const view of this.#views) {
      for (const [key, value] of view.entries()) yield [`${view.name}/${key}`, value];
    }
  }

  dump() {
    return {
      position: this.position,
      views: Object.fromEntries(this.#views.map((view) => [view.name, view.dump()])),
      lines: this.lines.dump(),
      indexed: this.#indexed,
      standing: this.#placed.dump(),
    };
  }

  /**
   * Indexes come from the kept order of registration, the arrays from the content of the views: figures are
   * those of a fold of the whole log, bit for bit.
   */
  load(state: ReturnType<PortfolioView['dump']>): void {
    this.position = state.position;
    for (const view of this.#views) view.load(state.views[view.name] as never);
    this.lines.load(state.lines);
    this.#curves.takeAll();
    refill(this.#indexed, state.indexed);
    this.#placed.load(state.standing);
    this.#compile();
    for (const accountId of this.ledger.accountIds()) {
      this.#book.addAccount(accountId);
      this.#dirty.add(accountId);
    }
  }

  reset(): void {
    for (const view of this.#views) view.reset();
    this.lines.reset();
    this.#curves.reset();
    this.#indexed.clear();
    this.#placed.reset();
    this.#dirty.clear();
    this.touched.clear();
    this.position = 0n;
    this.#book = new Book(this.lines.catalogue);
    this.#kernel = undefined;
    this.#valuations.forget();
  }
}
