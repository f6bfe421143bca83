import { Book } from './book.ts';
import { explained, leaf, type Explanation } from './explanation.ts';
import type { ExplainedFigure } from './explain.ts';
import * as at from './figures.ts';
import { MarketBlend } from './market-blend.ts';
import { MarginKernel } from './margin-kernel.ts';
import { RiskModel } from './risk-model.ts';
import type { AccountContent } from './types.ts';

/** An account at one position of the log: its model with the prices of then, and what it held. */
export type Standing = Readonly<{ model: RiskModel; content: AccountContent }>;

const FIGURES = ['equity', 'initial', 'maintenance'] as const satisfies readonly ExplainedFigure[];

export type Differences = Readonly<Record<(typeof FIGURES)[number], Explanation>>;

type Values = Readonly<Record<ExplainedFigure, number>>;
type Part = Readonly<{ label: string; values: Values; children: readonly Part[] }>;

/**
 * Why the figures of an account changed between two positions of one log (finance §6.6): what passing time,
 * prices (by underlying), volatilities, books, parameters and the account's own positions did, one by one
 * in this order. The parts sum exactly to the difference; each holds what its step changed with the steps
 * before it taken.
 */
export const explainDifference = (earlier: Standing, later: Standing): Differences => {
  const blend = new MarketBlend(earlier.model, later.model);
  const { catalogue } = later.model;
  const book = new Book(catalogue);
  const account = book.addAccount('difference');
  book.load(account, earlier.content);
  let parameters = earlier.model.parameters;
  const valuesNow = (): Values => {
    const figures = new MarginKernel(new RiskModel(parameters, catalogue, blend.market)).value(book, account);
    return {
      equity: figures[at.EQUITY]!,
      initial: figures[at.INITIAL]!,
      maintenance: figures[at.MAINTENANCE]!,
    };
  };
  let last = valuesNow();
  const first = last;
  const step = (label: string, change: () => void): Part => {
    change();
    const now = valuesNow();
    const values = minus(now, last);
    last = now;
    return { label, values, children: [] };
  };
  const time = step('time', () => blend.moveTime());
  const moved = [...catalogue.underlyings.ids.keys(), -1].map((u) =>
    step(catalogue.underlyings.ids[u] ?? 'assets that are not shocked', () => blend.movePrices(u)),
  );
  const price: Part = { label: 'price', values: sumValues(moved), children: moved };
  const volatility = step('volatility', () => blend.moveVolatilities());
  const depth = step('depth of books', () => blend.moveDepth());
  const set = step('parameters', () => (parameters = later.model.parameters));
  const position = step('position', () => book.load(account, later.content));
  return treesOf([time, price, volatility, depth, set, position], first, last);
};

const minus = (a: Values, b: Values): Values => ({
  equity: a.equity - b.equity,
  initial: a.initial - b.initial,
  maintenance: a.maintenance - b.maintenance,
});

const sumValues = (parts: readonly Part[]): Values => {
  const sum = { equity: 0, initial: 0, maintenance: 0 };
  for (const { values } of parts) for (const figure of FIGURES) sum[figure] += values[figure];
  return sum;
};

const treesOf = (parts: readonly Part[], first: Values, last: Values): Differences => {
  const tree = (figure: ExplainedFigure): Explanation =>
    explained(
      `${figure}, from ${first[figure].toFixed(2)} to ${last[figure].toFixed(2)}`,
      last[figure] - first[figure],
      parts.map((part) => node(part, figure)),
    );
  return { equity: tree('equity'), initial: tree('initial'), maintenance: tree('maintenance') };
};

const node = ({ label, values, children }: Part, figure: (typeof FIGURES)[number]): Explanation =>
  children.length === 0
    ? leaf(label, values[figure])
    : explained(
        label,
        values[figure],
        children.map((child) => node(child, figure)),
      );
