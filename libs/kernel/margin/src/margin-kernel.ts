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
import { scan } from './scan.ts';

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
    scratch.begin(model);
    addBalances(model, scratch, book, account);
    addPositions(model, scratch, book, account, figures);
    if (model.places.hasRules) this.requirements.add(model, scratch, book, account);
    addAssets(model, scratch, figures);
    scan(model, scratch, figures);
    figures[at.BASIS] = basisCharge(model, scratch, false);
    figures[at.INITIAL_BASIS] = basisCharge(model, scratch, true);
    figures[at.SHORT_OPTION] = shortOptionCharge(model, scratch, false);
    figures[at.INITIAL_SHORT_OPTION] = shortOptionCharge(model, scratch, true);
    figures[at.VENUE_CREDIT] = venueCreditCharge(model.places.credit, scratch);
    coverage.value(model, scratch);
    figures[at.COVERAGE] = coverage.maintenance;
    figures[at.INITIAL_COVERAGE] = coverage.initial;
    finish(figures);
    return figures;
  }
}

/** Sums in the order in which `explain` adds them. */
const finish = (f: Float64Array): void => {
  f[at.EQUITY] = f[at.ASSETS]! + f[at.UNREALISED]! - f[at.HAIRCUTS]! - f[at.COLLATERAL_CONCENTRATION]!;
  const basis = f[at.BASIS]!;
  const concentration = f[at.CONCENTRATION]!;
  const credit = f[at.VENUE_CREDIT]!;
  f[at.MAINTENANCE] = f[at.SCAN]! + basis + concentration + credit + f[at.SHORT_OPTION]! + f[at.COVERAGE]!;
  const short = f[at.INITIAL_SHORT_OPTION]!;
  const initial = f[at.INITIAL_SCAN]! + f[at.INITIAL_BASIS]! + concentration + credit + short;
  f[at.INITIAL] = initial + f[at.INITIAL_COVERAGE]! + f[at.PRICE_BAND]!;
};
