import type { PortfolioView } from '@plinth/portfolio';
import type { CovarianceView } from './covariance-view.ts';
import type { GateView } from './gate-view.ts';
import type { MarginAccountsView } from './margin-accounts-view.ts';

/** What the risk service knows. The portfolio is folded first: the order of these is the order of folding. */
export type RiskViews = Readonly<{
  portfolio: PortfolioView;
  accounts: MarginAccountsView;
  covariance: CovarianceView;
  gate: GateView;
}>;

export const marginStream = (accountId: string): string => `margin-${accountId}`;
