import { Book } from '../book.ts';
import * as at from '../figures.ts';
import type { MarginKernel } from '../margin-kernel.ts';
import { severityNow, stateOf } from '../state.ts';
import { ACCOUNT_STATES, type AccountState } from '../types.ts';
import { loadWithoutVenues } from './failed-venues.ts';
import { MovableMarket } from './movable-market.ts';
import { marketMoveOf, type StressScenario } from './scenario.ts';

/** One account under one scenario; USD. */
export type StressedAccount = Readonly<{
  account: number;
  equityBefore: number;
  equity: number;
  /** Change of equity, profit positive. */
  profit: number;
  initialMargin: number;
  maintenanceMargin: number;
  stateBefore: AccountState;
  /** By the figures alone, without memory. */
  state: AccountState;
}>;

/** What the house is left with: all accounts together, and its fund. */
export type StressedHouse = Readonly<{
  accounts: number;
  profit: number;
  equity: number;
  /** Accounts by state after it, in the order of `ACCOUNT_STATES`. */
  states: readonly number[];
  /** Σ of what accounts owe beyond what they have. */
  shortfall: number;
  /** Paid by the fund, and what it cannot pay. */
  fundUsed: number;
  uncovered: number;
}>;

export type StressedAccounts = Readonly<{
  scenario: StressScenario;
  accounts: readonly StressedAccount[];
}>;

/** Every account asked for under every scenario: full revaluation by the kernel that margins them. */
export const runStress = (
  kernel: MarginKernel,
  book: Book,
  accounts: readonly number[],
  scenarios: readonly StressScenario[],
): readonly StressedAccounts[] => {
  const { model } = kernel;
  model.refresh();
  const movable = new MovableMarket(kernel);
  const before = accounts.map((account) => ({ account, ...stateIn(kernel, book, account) }));
  return scenarios.map((scenario) => {
    const moved = movable.move(marketMoveOf(model, scenario));
    const failed = new Set(scenario.failedVenues.map((id) => model.catalogue.locations.indexOf(id)));
    const apart = new Book(book.catalogue);
    const place = apart.addAccount('stressed');
    return {
      scenario,
      accounts: before.map(({ account, equity: equityBefore, state: stateBefore }) => {
        if (failed.size > 0) loadWithoutVenues(moved.model, book, account, failed, apart, place);
        const after = failed.size > 0 ? stateIn(moved, apart, place) : stateIn(moved, book, account);
        return { account, equityBefore, stateBefore, ...after, profit: after.equity - equityBefore };
      }),
    };
  });
};

/** Figures and state of an account under a kernel. */
export const stateIn = (
  kernel: MarginKernel,
  book: Book,
  account: number,
): Pick<StressedAccount, 'equity' | 'initialMargin' | 'maintenanceMargin' | 'state'> => {
  const figures = kernel.value(book, account);
  return {
    equity: figures[at.EQUITY]!,
    initialMargin: figures[at.INITIAL]!,
    maintenanceMargin: figures[at.MAINTENANCE]!,
    state: stateOf(severityNow(figures, 0, kernel.model.parameters)),
  };
};

/** The sum over accounts, and what of the fund it takes. */
export const stressedHouse = (
  accounts: readonly Pick<StressedAccount, 'equity' | 'profit' | 'state'>[],
  fund: number,
): StressedHouse => {
  const sum = (of: (one: (typeof accounts)[number]) => number): number =>
    accounts.reduce((total, one) => total + of(one), 0);
  const shortfall = sum(({ equity }) => Math.max(0, -equity));
  const fundUsed = Math.min(Math.max(0, fund), shortfall);
  return {
    accounts: accounts.length,
    profit: sum(({ profit }) => profit),
    equity: sum(({ equity }) => equity),
    states: ACCOUNT_STATES.map((name) => accounts.filter(({ state }) => state === name).length),
    shortfall,
    fundUsed,
    uncovered: shortfall - fundUsed,
  };
};
