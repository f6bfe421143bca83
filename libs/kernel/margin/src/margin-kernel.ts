import { AccountBlocks } from './account-blocks.ts';
import type { Book } from './book.ts';
import { basisCharge } from './contingencies/basis.ts';
import { shortOptionCharge } from './contingencies/options.ts';
import { LiquidityCoverage } from './contingencies/liquidity-coverage.ts';
import { venueCreditCharge } from './contingencies/venue-credit.ts';
import { VenueRequirements } from './contingencies/venue-requirements.ts';
import { addAssets, addBalances, addPositions } from './equity.ts';
import * as at from './figures.ts';
import { KernelScratch } from './kernel-scratch.ts';
import type { RiskModel } from './risk-model.ts';
import { scanInitial, scanMaintenance } from './scan.ts';

/**
 * The one implementation of margin: one account in, its figures out. Every report, batch, what-if and
 * explanation runs this code and reads these arrays, which hold the account's sums until the next call.
 */
export class MarginKernel {
  readonly model: RiskModel;
  readonly figures = new Float64Array(at.FIGURE_COUNT);
  readonly scratch = new KernelScratch();
  readonly coverage = new LiquidityCoverage();
  readonly requirements = new VenueRequirements();
  /** The way for many accounts. */
  readonly blocks = new AccountBlocks(this);

  constructor(model: RiskModel) {
    this.model = model;
  }

  /** Figures of one account, in an array that the next call overwrites. The model must be fresh. */
  value(book: Book, account: number): Float64Array {
    const { scratch, figures, model, coverage } = this;
    this.valueMaintenance(book, account);
    scanInitial(model, scratch, figures);
    figures[at.INITIAL_BASIS] = basisCharge(model, scratch, true);
    figures[at.INITIAL_SHORT_OPTION] = shortOptionCharge(model, scratch, true);
    figures[at.INITIAL_COVERAGE] = coverage.initial(model, scratch);
    finishInitial(figures);
    return figures;
  }

  /**
   * Equity and maintenance margin with all that they are made of; figures of the initial margin are not
   * touched. What a search over hypothetical fills asks, in less than half of the time.
   */
  valueMaintenance(book: Book, account: number): Float64Array {
    const { scratch, figures, model, coverage } = this;
    this.sum(book, account);
    scanMaintenance(model, scratch, figures);
    figures[at.BASIS] = basisCharge(model, scratch, false);
    figures[at.SHORT_OPTION] = shortOptionCharge(model, scratch, false);
    figures[at.VENUE_CREDIT] = venueCreditCharge(model.places.credit, scratch);
    figures[at.COVERAGE] = coverage.maintenance(model, scratch);
    finishMaintenance(figures);
    return figures;
  }

  /** The sums alone that everything else is made of, in the scratch. */
  sum(book: Book, account: number): void {
    const { scratch, figures, model } = this;
    scratch.begin(model);
    addBalances(model, scratch, book, account);
    addPositions(model, scratch, book, account, figures);
    if (model.places.hasRules) this.requirements.add(model, scratch, book, account);
    addAssets(model, scratch, figures);
    scratch.arrange(model);
  }
}

/** Sums in the order in which `explain` adds them. */
const finishMaintenance = (f: Float64Array): void => {
  f[at.EQUITY] = f[at.ASSETS]! + f[at.UNREALISED]! - f[at.HAIRCUTS]! - f[at.COLLATERAL_CONCENTRATION]!;
  const basis = f[at.BASIS]!;
  const concentration = f[at.CONCENTRATION]!;
  const credit = f[at.VENUE_CREDIT]!;
  f[at.MAINTENANCE] = f[at.SCAN]! + basis + concentration + credit + f[at.SHORT_OPTION]! + f[at.COVERAGE]!;
};

const finishInitial = (f: Float64Array): void => {
  const [concentration, credit, short] = [
    f[at.CONCENTRATION]!,
    f[at.VENUE_CREDIT]!,
    f[at.INITIAL_SHORT_OPTION]!,
  ];
  const initial = f[at.INITIAL_SCAN]! + f[at.INITIAL_BASIS]! + concentration + credit + short;
  f[at.INITIAL] = initial + f[at.INITIAL_COVERAGE]! + f[at.PRICE_BAND]!;
};
