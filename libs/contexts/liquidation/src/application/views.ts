import { PortfolioView } from '@plinth/portfolio';
import { FundView } from './views/fund.ts';
import { LiquidationsView } from './views/liquidations.ts';

export type LiquidationViews = Readonly<{
  portfolio: PortfolioView;
  liquidations: LiquidationsView;
  fund: FundView;
}>;

/** In the order in which they fold: the liquidations read the portfolio. */
export const createViews = (): LiquidationViews => {
  const portfolio = new PortfolioView();
  return { portfolio, liquidations: new LiquidationsView(portfolio), fund: new FundView() };
};
