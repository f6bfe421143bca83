import { Book, FIGURES, type AccountContent, type Figure } from '@plinth/margin';
import type { PortfolioView } from '@plinth/portfolio';
import type { Comparison, Requirement } from './figures.ts';

const PARTS = [
  'initial',
  'maintenance',
  'scan',
  'basis',
  'concentration',
  'venueCredit',
  'coverage',
] as const satisfies readonly (keyof Requirement & Figure)[];

const PLACES = PARTS.map((part) => FIGURES.indexOf(part));

/** One position, one balance or one debt: what a venue that knows nothing of the others would see. */
export const linesOf = ({ positions, balances, debts }: AccountContent): readonly AccountContent[] => [
  ...positions.map((position) => ({ positions: [position], balances: [], debts: [] })),
  ...balances.map((balance) => ({ positions: [], balances: [balance], debts: [] })),
  ...debts.map((debt) => ({ positions: [], balances: [], debts: [debt] })),
];

/**
 * The same holdings under the same formulas and parameters, once as the portfolios they are and once line by
 * line: what netting across venues, instruments and collateral is worth. No formula is here; the margin
 * library is asked twice.
 */
export class MarginComparison {
  readonly #view: PortfolioView;
  readonly #alone: Book;
  readonly #index: number;

  constructor(view: PortfolioView) {
    this.#view = view;
    this.#alone = new Book(view.lines.catalogue);
    this.#index = this.#alone.addAccount('alone');
  }

  compare(accountIds: readonly string[]): Comparison {
    const portfolio = new Float64Array(PARTS.length);
    const isolated = new Float64Array(PARTS.length);
    let accounts = 0;
    let lines = 0;
    for (const accountId of accountIds) {
      const parts = linesOf(this.#view.contentOf(accountId));
      if (parts.length === 0) continue;
      accounts += 1;
      lines += parts.length;
      add(portfolio, this.#view.value(accountId));
      for (const part of parts) {
        this.#alone.load(this.#index, part);
        add(isolated, this.#view.kernel.value(this.#alone, this.#index));
      }
    }
    return { accounts, lines, portfolio: requirementOf(portfolio), isolated: requirementOf(isolated) };
  }
}

const add = (sum: Float64Array, figures: Float64Array): void => {
  PLACES.forEach((place, n) => {
    sum[n] = (sum[n] as number) + (figures[place] as number);
  });
};

const requirementOf = (sum: Float64Array): Requirement =>
  Object.fromEntries(PARTS.map((part, n) => [part, sum[n] as number])) as Requirement;
