import type { Envelope, Fold } from '@plinth/eventing';
import {
  Book,
  FIGURE_COUNT,
  MarginKernel,
  RiskModel,
  marginAll,
  marginOf,
  type AccountContent,
  type RiskParameters,
} from '@plinth/margin';
import { SIGN, parseClientAccount } from '@plinth/market';
import type { MarginFigures, Posting } from '@plinth/messages';
import { assert, textToFloat, unitsToFloat } from '@plinth/money';
import {
  LedgerView,
  MarksView,
  OpenOrdersView,
  PoolsView,
  PositionsView,
  QUANTITY_SCALE,
  ReferenceView,
} from '@plinth/views';
import type { Assessment, Hypothetical, HypotheticalLeg, Portfolio, PriceBlock } from './assessment.ts';
import { ParametersView } from './cell-parameters.ts';
import { effectiveParameters } from './effective-parameters.ts';
import { Holdings } from './holdings.ts';
import { HoldsView } from './holds.ts';
import { Lines, POOLS_LOCATION } from './lines.ts';
import { marginFigures } from './margin-figures.ts';
import { bandOf, worstObjection } from './price-band.ts';
import { reducesRisk } from './risk-reducing.ts';
import { UnbookedFillsView, type UnbookedFill } from './unbooked-fills.ts';

/**
 * Everything that the margin of the cell's accounts depends on, folded into the margin library's arrays: only accounts
 * that an event touched are loaded again, only marks that changed are priced again. It holds the views that it is made
 * of; a service that uses it registers this fold alone.
 */
export class PortfolioView implements Fold, Portfolio {
  readonly name = 'portfolio';
  readonly revision = 1;
  readonly reference = new ReferenceView();
  readonly ledger = new LedgerView();
  readonly positions = new PositionsView();
  readonly marks = new MarksView();
  readonly pools = new PoolsView();
  readonly orders = new OpenOrdersView();
  readonly parameters = new ParametersView();
  readonly unbooked = new UnbookedFillsView();
  readonly holds = new HoldsView();
  readonly lines = new Lines(this.reference, this.marks);
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
    this.unbooked,
    this.holds,
  ];
  /** Accounts that owe to a pool or have a claim on it, by asset: accrual changes them all. */
  readonly #indexed = new Map<string, Set<string>>();
  readonly #dirty = new Set<string>();
  #book = new Book(this.lines.catalogue);
  #draft = newDraft(this.lines);
  #kernel: MarginKernel | undefined;
  #measured = new Float64Array(0);
  #measuredAt = -1n;

  apply(event: Envelope): void {
    this.touched.clear();
    for (const view of this.#views) view.apply(event);
    this.position = event.position;
    if ('postings' in event.data) this.#placePostings(event.data.postings);
    this.#follow(event);
    for (const accountId of this.ledger.touched) this.touched.add(accountId);
    for (const accountId of this.touched) this.#dirty.add(accountId);
  }

  #follow(event: Envelope): void {
    switch (event.type) {
      case 'AssetListed':
        return this.lines.addAsset(this.reference.asset(event.data.asset));
      case 'InstrumentListed':
        return this.lines.addInstrument(this.reference.instrument(event.data.instrumentId));
      case 'VenueRegistered':
        this.lines.addVenue(this.reference.venue(event.data.venueId));
        return this.#compile();
      case 'RiskParametersSet':
        return this.#compile();
      case 'MarksPublished':
        for (const { instrumentId } of event.data.marks) this.lines.reprice(instrumentId);
        return;
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
        return this.#index(event.data.asset, event.data.accountId);
      case 'WithdrawalApproved':
      case 'TransferApproved':
        this.touched.add(event.data.accountId);
        return;
      case 'PoolAccrued':
        for (const accountId of this.#indexed.get(event.data.asset) ?? []) this.touched.add(accountId);
        return;
    }
  }

  /** Places get their index from the log, not from who asks first: the order of sums is the same on every replica. */
  #placePostings(postings: readonly Posting[]): void {
    for (const { account } of postings) {
      const client = parseClientAccount(account);
      if (client !== undefined) this.lines.addLocation(client.location);
    }
  }

  #index(asset: string, accountId: string): void {
    const accounts = this.#indexed.get(asset) ?? new Set();
    this.#indexed.set(asset, accounts.add(accountId));
  }

  #compile(): void {
    const current = this.parameters.current;
    if (current === undefined) return;
    const parameters = effectiveParameters(current.margin, this.reference.venues.values());
    this.#kernel = new MarginKernel(new RiskModel(parameters, this.lines.catalogue, this.lines.market));
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
      this.#book.load(this.#book.accountIndex(accountId), this.content(accountId));
    }
    this.#dirty.clear();
  }

  /** Holdings of an account with fills that are not booked yet, and the hypothetical on top. */
  content(accountId: string, hypothetical: Hypothetical = {}): AccountContent {
    const holdings = new Holdings();
    this.#addBooked(accountId, holdings);
    for (const fill of this.unbooked.of(accountId).values()) this.#addUnbooked(fill, holdings);
    for (const leg of hypothetical.legs ?? []) this.#addLeg(leg, holdings);
    for (const { asset, location, amount } of hypothetical.transfers ?? [])
      holdings.addBalance(asset, location, amount);
    return holdings.content();
  }

  #addBooked(accountId: string, holdings: Holdings): void {
    const { ledger, pools } = this;
    for (const { asset, location, units } of ledger.balancesOf(accountId).values()) {
      holdings.addBalance(asset, location, unitsToFloat(units, ledger.scaleOf(asset)));
    }
    for (const { asset, amount, location, isApproved } of this.holds.of(accountId).values()) {
      if (!isApproved) holdings.addBalance(asset, location, textToFloat(amount));
    }
    for (const { instrumentId, venueId, units, entryPrice } of this.positions.of(accountId).values()) {
      const terms = this.lines.terms(instrumentId, venueId);
      assert(terms !== undefined, () => `Expected a known contract, was ${instrumentId} at ${venueId}`);
      holdings.addPosition(terms.line, unitsToFloat(units, QUANTITY_SCALE), textToFloat(entryPrice));
    }
    // Debt and claim now = amount · index now / index then.
    for (const [asset, { units, indexThen }] of ledger.debtsOf(accountId)) {
      const growth = textToFloat(pools.borrowIndex(asset)) / textToFloat(indexThen);
      holdings.addDebt(asset, unitsToFloat(units, ledger.scaleOf(asset)) * growth);
    }
    for (const [asset, { units, indexThen }] of ledger.suppliedOf(accountId)) {
      const growth = textToFloat(pools.supplyIndex(asset)) / textToFloat(indexThen);
      holdings.addBalance(asset, POOLS_LOCATION, unitsToFloat(units, ledger.scaleOf(asset)) * growth);
    }
  }

  #addUnbooked(fill: UnbookedFill, holdings: Holdings): void {
    const terms = this.lines.terms(fill.instrumentId, fill.venueId);
    assert(terms !== undefined, () => `Expected a known contract, was ${fill.instrumentId} at ${fill.venueId}`);
    const sign = fill.side === 'buy' ? SIGN.buy : SIGN.sell;
    holdings.fill(terms, sign * textToFloat(fill.quantity), textToFloat(fill.price));
    if (fill.feeAsset !== '') holdings.addBalance(fill.feeAsset, terms.location, -textToFloat(fill.fee));
  }

  #addLeg({ instrumentId, venueId, side, quantity, price, fee }: HypotheticalLeg, holdings: Holdings): void {
    const terms = this.lines.terms(instrumentId, venueId);
    const at = price ?? this.lines.priceOf(instrumentId);
    assert(terms !== undefined && at !== undefined, () => `Expected a priced contract, was ${instrumentId} at ${venueId}`);
    holdings.fill(terms, SIGN[side] * quantity, at);
    if (fee !== undefined) holdings.addBalance(terms.settlement, terms.location, -fee);
  }

  assess(accountId: string, hypothetical?: Hypothetical): Assessment {
    if (hypothetical === undefined) {
      const { book } = this;
      return assessmentOf(accountId, this.kernel, book, book.accountIndex(accountId));
    }
    return this.assessContent(accountId, this.content(accountId, hypothetical));
  }

  /** Margin of any content, as if the account held it. */
  assessContent(accountId: string, content: AccountContent, kernel = this.kernel): Assessment {
    this.#draft.load(0, content);
    return assessmentOf(accountId, kernel, this.#draft, 0);
  }

  isRiskReducing(accountId: string, legs: readonly HypotheticalLeg[], before: Hypothetical = {}): boolean {
    const after = { ...before, legs: [...(before.legs ?? []), ...legs] };
    return reducesRisk(this.assess(accountId, before), this.assess(accountId, after));
  }

  liquidationBlock(accountId: string, threshold: number): PriceBlock | undefined {
    const { equity } = this.assess(accountId);
    const content = this.content(accountId);
    const objection = worstObjection(this, content, 'liquidate');
    if (objection === 'halted') return 'PRICE_HALTED';
    if (objection === 'guarded') return 'GUARD_BINDING';
    return equity + bandOf(this, content) < threshold ? undefined : 'BAND_WIDE';
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

  /** Figures of every account, FIGURE_COUNT each, in the order of `accountIds`: one pass, kept until the next event. */
  measure(): Float64Array {
    if (this.#measuredAt === this.position) return this.#measured;
    const { book, kernel } = this;
    const size = book.size * FIGURE_COUNT;
    if (this.#measured.length < size) this.#measured = new Float64Array(Math.max(64 * FIGURE_COUNT, 2 * size));
    marginAll(kernel, book, this.#measured);
    this.#measuredAt = this.position;
    return this.#measured;
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

  reset(): void {
    for (const view of this.#views) view.reset();
    this.lines.reset();
    this.#indexed.clear();
    this.#dirty.clear();
    this.touched.clear();
    this.position = 0n;
    this.#book = new Book(this.lines.catalogue);
    this.#draft = newDraft(this.lines);
    this.#kernel = undefined;
    this.#measuredAt = -1n;
  }
}

/** A book of one account for what did not happen. */
const newDraft = (lines: Lines): Book => {
  const draft = new Book(lines.catalogue);
  draft.addAccount('draft');
  return draft;
};

const assessmentOf = (accountId: string, kernel: MarginKernel, book: Book, index: number): Assessment => {
  const report = marginOf(kernel, book, index);
  return {
    accountId,
    equity: report.equity,
    initialMargin: report.initialMargin,
    maintenanceMargin: report.maintenanceMargin,
    losses: report.scenarioLosses,
    bindingScenario: report.binding.all,
    figures: report.figures,
    report,
  };
};
