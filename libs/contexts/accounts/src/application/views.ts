import {
  LedgerView,
  MarksView,
  OpenOrdersView,
  PoolsView,
  PositionsView,
  ReferenceView,
  SettlementsView,
} from '@plinth/views';
import { DirectoryView } from './directory-view.ts';
import { FundingRunsView } from './funding-runs-view.ts';
import { HoldsView } from './holds-view.ts';
import { InterestBooksView } from './interest-books-view.ts';
import { LendingView } from './lending-view.ts';
import { StatementView } from './statement-view.ts';
import { TransfersView } from './transfers-view.ts';

export const accountsViews = () => ({
  reference: new ReferenceView(),
  ledger: new LedgerView(),
  positions: new PositionsView(),
  marks: new MarksView(),
  pools: new PoolsView(),
  orders: new OpenOrdersView(),
  directory: new DirectoryView(),
  holds: new HoldsView(),
  interest: new InterestBooksView(),
  lending: new LendingView(),
  settlements: new SettlementsView(),
  fundings: new FundingRunsView(),
  statements: new StatementView(),
  transfers: new TransfersView(),
});

export type AccountsViews = ReturnType<typeof accountsViews>;
