import { assert } from '@plinth/money';
import { assetOfKey, Book } from './book.ts';
import type { Standing } from './difference.ts';
import { explained, leaf, sumOf, type Explanation } from './explanation.ts';
import * as at from './figures.ts';
import { greeksOf } from './greeks.ts';
import { MarginKernel } from './margin-kernel.ts';
import { balanceParts, positionParts, type LineParts } from './profit-lines.ts';
import type { RiskModel } from './risk-model.ts';
import type { AccountContent } from './types.ts';

export const FLOW_KINDS = ['funding', 'interest', 'fees', 'transfers', 'other postings'] as const;
export type FlowKind = (typeof FLOW_KINDS)[number];

/** Money that came (> 0) or went (< 0) between two positions, units of the asset. */
export type Flow = Readonly<{ kind: FlowKind; asset: string; amount: number }>;

export type ProfitExplanation = Readonly<{
  /** Change of value, with children that sum exactly: market parts, flows, trades. */
  tree: Explanation;
  residual: number;
  /** The residual is asserted to lie within it, however large the moves. */
  bound: number;
}>;

/**
 * Profit and loss between two positions of one log: value is what is owned less what is owed, at marks. What
 * was held at the beginning: first and second order in its prices, first order in volatility and time, and
 * the residual of full revaluation, asserted to lie within a bound that is derived and not fitted. Then what
 * came and went; trades are the rest, at the later prices.
 */
export const explainProfit = (
  earlier: Standing,
  later: Standing,
  flows: readonly Flow[],
): ProfitExplanation => {
  const { catalogue } = later.model;
  const before = worthOf(earlier.model, earlier.content);
  const held = worthOf(later.model, earlier.content);
  const after = worthOf(later.model, later.content);
  const market = marketParts(earlier, later);
  const residual = held - before - market.sum;
  assert(
    Math.abs(residual) <= market.bound,
    () => `Expected a residual within ${market.bound}, was ${residual}`,
  );
  const price = (asset: string): number =>
    later.model.market.assets.mark[catalogue.assets.indexOf(asset)] ?? 0;
  const sums = new Map<FlowKind, number>(FLOW_KINDS.map((kind) => [kind, 0]));
  for (const { kind, asset, amount } of flows) sums.set(kind, sums.get(kind)! + amount * price(asset));
  const came = [...sums].map(([kind, value]) => leaf(kind, value));
  const trades = after - held - came.reduce((sum, { value }) => sum + value, 0);
  const tree = explained(`value, from ${before.toFixed(2)} to ${after.toFixed(2)}`, after - before, [
    ...market.parts,
    leaf('residual', residual),
    ...came,
    leaf('trades', trades),
  ]);
  return { tree, residual, bound: market.bound };
};

const worthOf = (model: RiskModel, content: AccountContent): number => {
  const book = new Book(model.catalogue);
  const account = book.addAccount('worth');
  book.load(account, content);
  model.refresh();
  const figures = new MarginKernel(model).value(book, account);
  return figures[at.ASSETS]! + figures[at.UNREALISED]!;
};

const NAMES = ['delta', 'basis', 'gamma', 'vega', 'theta'] as const;

type MarketParts = Readonly<{ parts: readonly Explanation[]; sum: number; bound: number }>;

/**
 * Delta is what the present slopes make of the moves of the underlyings' indices, basis the rest of the first
 * order: moves of lines' own prices against their index.
 */
const marketParts = (earlier: Standing, later: Standing): MarketParts => {
  const { model: from } = earlier;
  const { model: to } = later;
  const book = new Book(from.catalogue);
  const account = book.addAccount('profit');
  book.load(account, earlier.content);
  from.refresh();
  to.refresh();
  const sums = { delta: 0, basis: 0, gamma: 0, vega: 0, theta: 0 };
  for (const row of greeksOf(from, book, account))
    sums.delta += row.delta * indexMove(from, to, row.underlying);
  let first = 0;
  let bound = 0;
  for (const line of linesOf(from, to, book, account)) {
    first += line.first;
    bound += line.bound;
    for (const name of ['gamma', 'vega', 'theta'] as const) sums[name] += line[name];
  }
  sums.basis = first - sums.delta;
  const parts = NAMES.map((name) => leaf(name, sums[name]));
  return { parts, sum: sumOf(parts), bound };
};

function* linesOf(from: RiskModel, to: RiskModel, book: Book, account: number): Generator<LineParts> {
  const { positions, balances } = book;
  for (let n = 0; n < positions.count[account]!; n++) {
    const row = positions.start[account]! + n;
    yield positionParts(from, to, positions.key[row]!, positions.value[row]!, positions.extra[row]!);
  }
  for (let n = 0; n < balances.count[account]!; n++) {
    const row = balances.start[account]! + n;
    yield balanceParts(from, to, assetOfKey(balances.key[row]!), balances.value[row]!);
  }
}

/** Relative move of the index of an underlying; 0 where it has no price on one side. */
const indexMove = (from: RiskModel, to: RiskModel, underlying: string): number => {
  const asset = assetOf(from, underlying);
  const [was, is] = asset < 0 ? [0, 0] : [from.assets.price[asset]!, to.assets.price[asset]!];
  return was > 0 && is > 0 ? is / was - 1 : 0;
};

const assetOf = ({ catalogue }: RiskModel, underlying: string): number => {
  const u = catalogue.underlyings.find(underlying);
  if (u === undefined) return catalogue.assets.find(underlying) ?? -1;
  return catalogue.assetUnderlyings.indexOf(u);
};
