import type { Book } from './book.ts';
import { refuse } from './checks.ts';
import * as at from './figures.ts';
import { FIGURES, type Figure } from './figures.ts';
import type { MarginKernel } from './margin-kernel.ts';
import { scenarioName } from './scenario-name.ts';
import { lowestColumn, vectorsOf, type ProfitVectors } from './scan.ts';
import { severityNow, stateOf } from './state.ts';
import type { AccountState, PriceState } from './types.ts';
import { worstPriceState } from './price-state.ts';

/**
 * The scenarios that made the figure: index into the model's scenario set. Equal losses: the first scenario.
 */
export type Binding = Readonly<{
  all: number;
  /** What happens in it, for people: `BTC −15 %, vol +50 %`. */
  name: string;
  groups: readonly Readonly<{ group: string; scenario: number; loss: number }>[];
  underlyings: readonly Readonly<{ underlying: string; scenario: number; loss: number }>[];
  coverage: Readonly<{ scenario: number; haltedVenue: string | undefined }> | undefined;
}>;

export type MarginReport = Readonly<{
  figures: Readonly<Record<Figure, number>>;
  equity: number;
  initialMargin: number;
  maintenanceMargin: number;
  /** Without memory; the risk service keeps the state with hysteresis. */
  state: AccountState;
  binding: Binding;
  /** Loss of the whole book in each scenario (positive = loss), counted share applied. */
  scenarioLosses: Float64Array;
  /** The same by underlying. */
  underlyingLosses: readonly Readonly<{ underlying: string; losses: Float64Array }>[];
  worstPriceState: PriceState;
  parametersVersion: string;
}>;

/**
 * All figures of one account: a batch of one, with its vectors read out (finance §6). Losses by scenario are
 * many and few ask for them: they are made of the vectors when they are asked for.
 */
export const marginOf = (kernel: MarginKernel, book: Book, account: number): MarginReport => {
  const { model } = kernel;
  model.refresh();
  const figures = kernel.value(book, account);
  const named = {} as Record<Figure, number>;
  for (const [n, name] of FIGURES.entries()) named[name] = figures[n]!;
  const { columnOf } = model.columns;
  const vectors = vectorsOf(model, kernel.scratch, model.width);
  let scenarioLosses: MarginReport['scenarioLosses'] | undefined;
  let underlyingLosses: MarginReport['underlyingLosses'] | undefined;
  return {
    figures: named,
    equity: named.equity,
    initialMargin: named.initial,
    maintenanceMargin: named.maintenance,
    state: stateOf(severityNow(figures, 0, model.parameters)),
    binding: bindingOf(kernel, vectors),
    get scenarioLosses() {
      return (scenarioLosses ??= lossesOf(columnOf, vectors.total));
    },
    get underlyingLosses() {
      return (underlyingLosses ??= [...vectors.underlyings].map(([u, row]) => ({
        underlying: model.catalogue.underlyings.ids[u]!,
        losses: lossesOf(columnOf, row),
      })));
    },
    worstPriceState: worstPriceState(model, book, account),
    parametersVersion: model.parameters.version,
  };
};

/** Losses of one row in every scenario of the set: scenarios that share a column have the same loss. */
const lossesOf = (columnOf: readonly number[], row: Float64Array): Float64Array => {
  const losses = new Float64Array(columnOf.length);
  for (let s = 0; s < losses.length; s++) losses[s] = 0 - row[columnOf[s]!]!;
  return losses;
};

const bindingOf = (kernel: MarginKernel, vectors: ProfitVectors): Binding => {
  const { model, figures, coverage } = kernel;
  const { width, columns, catalogue } = model;
  const bound = (row: Float64Array): Readonly<{ scenario: number; loss: number }> => {
    const column = lowestColumn(row, 0, width);
    return { scenario: columns.first[column]!, loss: 0 - row[column]! };
  };
  const all = bound(vectors.total).scenario;
  return {
    all,
    name: scenarioName(model, all, vectors, holdsOptions(kernel)),
    groups: [...vectors.groups].map(([g, row]) => ({ group: model.groups.ids[g]!, ...bound(row) })),
    underlyings: [...vectors.underlyings].map(([u, row]) => ({
      underlying: catalogue.underlyings.ids[u]!,
      ...bound(row),
    })),
    coverage:
      figures[at.COVERAGE]! > 0
        ? {
            scenario: columns.first[coverage.column]!,
            haltedVenue: coverage.venue < 0 ? undefined : catalogue.locations.ids[coverage.venue]!,
          }
        : undefined,
  };
};

const holdsOptions = ({ model, scratch }: MarginKernel): boolean =>
  scratch.shapes.subarray(0, scratch.shapeCount).some((shape) => model.arrays.expiryMs[shape]! > 0);

/** Figures of accounts [from, to) into `out`, FIGURE_COUNT per account, the first at place 0. */
export const marginAll = (
  kernel: MarginKernel,
  book: Book,
  out: Float64Array,
  from = 0,
  to = book.size,
): void => {
  if (!(from >= 0 && from <= to && to <= book.size))
    refuse('accounts', `Expected a range within 0 to ${book.size}, was ${from} to ${to}`);
  if (out.length < (to - from) * at.FIGURE_COUNT)
    refuse('out', `Expected room for ${(to - from) * at.FIGURE_COUNT} figures, was ${out.length}`);
  kernel.model.refresh();
  const accounts = Int32Array.from({ length: to - from }, (_, n) => from + n);
  kernel.blocks.value(book, accounts, undefined, (first, count, figures) => {
    out.set(figures.subarray(0, count * at.FIGURE_COUNT), first * at.FIGURE_COUNT);
  });
};
