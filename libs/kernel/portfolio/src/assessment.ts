import {
  EQUITY,
  MAINTENANCE,
  type Book,
  type Figure,
  type MarginKernel,
  type MarginReport,
} from '@plinth/margin';
import type { Side } from '@plinth/market';

/** A fill that did not happen: quantity > 0 in the instrument's own units, price in its quote asset. */
export type HypotheticalLeg = Readonly<{
  instrumentId: string;
  venueId: string;
  side: Side;
  quantity: number;
  /** The mark when absent. */
  price?: number;
  /** Charged in the quote (settlement) asset at the venue; nothing when absent. */
  fee?: number;
}>;

/**
 * Money that comes in (> 0) or goes out (< 0), in units of the asset, at `vault:{chain}` or `venue:{venue}`.
 */
export type HypotheticalTransfer = Readonly<{ asset: string; location: string; amount: number }>;

export type Hypothetical = Readonly<{
  legs?: readonly HypotheticalLeg[];
  transfers?: readonly HypotheticalTransfer[];
}>;

/**
 * Margin of one account at the position of the fold, USD in float64. `losses[s]` is the loss of the whole
 * account in scenario s of the maintenance set, positive = loss.
 */
export type Assessment = Readonly<{
  accountId: string;
  equity: number;
  initialMargin: number;
  maintenanceMargin: number;
  losses: Float64Array;
  bindingScenario: number;
  figures: Readonly<Record<Figure, number>>;
  report: MarginReport;
}>;

/** Why prices do not allow an account to be liquidated now; see `Portfolio.liquidationBlock`. */
export type PriceBlock = 'BAND_WIDE' | 'GUARD_BINDING' | 'PRICE_HALTED';

/** What deciders and planners ask a `PortfolioView`; a test may give any other. */
export interface Portfolio {
  /**
   * Margin of an account with what is booked and filled, at the marks, plus the hypothetical; no open orders.
   */
  assess(accountId: string, hypothetical?: Hypothetical): Assessment;
  /** True when the legs together make no scenario's loss grow. */
  isRiskReducing(accountId: string, legs: readonly HypotheticalLeg[]): boolean;
  /** Undefined when the whole confidence band of the equity is below `threshold` (USD) and no guard binds. */
  liquidationBlock(accountId: string, threshold: number): PriceBlock | undefined;
  /** Fills that venues reported and the ledger has not booked yet: they are part of every assessment. */
  unbookedFills(accountId: string): number;
}

export const assessmentOf = (accountId: string, report: MarginReport): Assessment => ({
  accountId,
  equity: report.equity,
  initialMargin: report.initialMargin,
  maintenanceMargin: report.maintenanceMargin,
  get losses() {
    return report.scenarioLosses;
  },
  bindingScenario: report.binding.all,
  figures: report.figures,
  report,
});

/** The two figures of `assess` that decide, without all that explains them. */
export const healthOf = (
  { kernel, book }: Readonly<{ kernel: MarginKernel; book: Book }>,
  accountId: string,
): Pick<Assessment, 'equity' | 'maintenanceMargin'> => {
  kernel.model.refresh();
  const figures = kernel.valueMaintenance(book, book.accountIndex(accountId));
  return { equity: figures[EQUITY] as number, maintenanceMargin: figures[MAINTENANCE] as number };
};
