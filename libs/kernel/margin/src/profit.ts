import { Book } from './book.ts';
import type { Standing } from './difference.ts';
import { explained, leaf, type Explanation } from './explanation.ts';
import * as at from './figures.ts';
import { greeksOf, type GreekRow } from './greeks.ts';
import { MarginKernel } from './margin-kernel.ts';
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
  /** The residual is asserted to lie within it, as long as no price moves by more than a fifth. */
  bound: number;
}>;

const POINT = 0.01;
const DAY_MS = 86_400_000;

/**
 * Profit and loss between two positions of one log: value is what is owned less what is owed, at marks. What
 * was held at the beginning: first and second order in its prices, first order in volatility and time, and
 * the residual of full revaluation. Then what came and went; trades are the rest, at the later prices.
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

type Parts = { delta: number; basis: number; gamma: number; vega: number; theta: number };
const NAMES = ['delta', 'basis', 'gamma', 'vega', 'theta'] as const;

type MarketParts = Readonly<{ parts: readonly Explanation[]; sum: number; bound: number }>;

/**
 * What third orders and products of moves can add to a dollar of exposure: moves r of prices, v of volatility
 * (relative) and t of time, the share of the time to expiry that passed.
 */
const SHARE_OF_PRODUCTS = 2;

const marketParts = (earlier: Standing, later: Standing): MarketParts => {
  const { model } = earlier;
  const book = new Book(model.catalogue);
  const account = book.addAccount('profit');
  book.load(account, earlier.content);
  model.refresh();
  const sums: Parts = { delta: 0, basis: 0, gamma: 0, vega: 0, theta: 0 };
  let bound = 1e-9;
  for (const row of greeksOf(model, book, account)) {
    const moves = movesOf(earlier, later, row);
    const own: Parts = {
      delta: row.delta * moves.index,
      basis: moves.exposed * moves.basis,
      gamma: (0.5 * row.gamma * moves.price * moves.price) / POINT,
      vega: (row.vega * moves.volatility) / POINT,
      theta: row.theta * moves.days,
    };
    for (const name of NAMES) sums[name] += own[name];
    const size = NAMES.reduce((sum, name) => sum + Math.abs(own[name]), 0);
    bound += moves.isOption
      ? SHARE_OF_PRODUCTS * size * moves.intensity + Math.abs(row.delta) * moves.price * moves.price
      : SHARE_OF_PRODUCTS * (Math.abs(row.delta) + Math.abs(row.value)) * productsOf(moves);
  }
  const sum = NAMES.reduce((total, name) => total + sums[name], 0);
  return { parts: NAMES.map((name) => leaf(name, sums[name])), sum, bound };
};

/** Products of two moves of a line that is no option: alone, each of them is exact. */
const productsOf = ({ index, basis, price, paid }: Moves): number =>
  (Math.abs(index) + Math.abs(price)) * paid + Math.abs(basis) * (Math.abs(index) + Math.abs(basis));

type Moves = Readonly<{
  isOption: boolean;
  /**
   * Relative moves: of the underlying's index; of the line's own price (forward) against it; of its own
   * price.
   */
  index: number;
  basis: number;
  price: number;
  /** Of what it is paid in, absolute. */
  paid: number;
  /** Exposure to the line's own price apart from what it is paid in, USD. */
  exposed: number;
  /** Absolute change of implied volatility. */
  volatility: number;
  days: number;
  /** How strong all moves are together for an option: in units of what is left of its deviation. */
  intensity: number;
}>;

const ratio = (later: number, earlier: number): number =>
  earlier > 0 && later > 0 ? later / earlier - 1 : 0;

const movesOf = (earlier: Standing, later: Standing, row: GreekRow): Moves => {
  const [from, to] = [earlier.model.market, later.model.market];
  const { catalogue } = earlier.model;
  const asset = assetOf(earlier.model, row.underlying);
  const index = asset < 0 ? 0 : ratio(to.assets.mark[asset]!, from.assets.mark[asset]!);
  const none = {
    isOption: false,
    index,
    basis: 0,
    price: index,
    paid: 0,
    exposed: 0,
    volatility: 0,
    days: 0,
  };
  const i = catalogue.instruments.find(row.label);
  const days = (to.atMs - from.atMs) / DAY_MS;
  if (i === undefined) return { ...none, intensity: 0 };
  const { spec, settlement, quote, underlying } = catalogue.instrumentEntries[i]!;
  const paid = Math.abs(ratio(to.assets.mark[settlement]!, from.assets.mark[settlement]!));
  if (catalogue.underlyings.ids[underlying] !== row.underlying) return { ...none, paid, intensity: 0 };
  // The dollar price of the line's own price: quoted in what it is paid in, it moves with that too.
  const unit = quote === settlement ? ratio(to.assets.mark[quote]!, from.assets.mark[quote]!) : 0;
  const [was, is] = [from.optionTermsOf(i), to.optionTermsOf(i)];
  const own =
    spec.kind === 'option' && was !== undefined && is !== undefined
      ? ratio(is.forward - is.fixedForward, was.forward - was.fixedForward)
      : ratio(to.instruments.mark[i]!, from.instruments.mark[i]!);
  const price = (1 + own) * (1 + unit) - 1;
  const inverse = 'form' in spec && spec.form === 'inverse';
  const moves = {
    ...none,
    basis: price - index,
    price,
    paid,
    exposed: row.delta - (inverse ? row.value : 0),
  };
  if (spec.kind !== 'option' || was === undefined || is === undefined) return { ...moves, intensity: 0 };
  const volatility = is.volatility - was.volatility;
  const years = Math.max(1e-9, (spec.expiryMs - from.atMs) / (365 * DAY_MS));
  const passed = Math.min(1, days / (365 * years));
  const deviation = Math.max(1e-6, was.volatility * Math.sqrt(years));
  const intensity =
    Math.abs(price) / deviation + Math.abs(volatility) / Math.max(0.01, was.volatility) + passed;
  return { ...moves, isOption: true, volatility, days, intensity };
};

const assetOf = ({ catalogue }: RiskModel, underlying: string): number => {
  const u = catalogue.underlyings.find(underlying);
  if (u === undefined) return catalogue.assets.find(underlying) ?? -1;
  return catalogue.assetUnderlyings.indexOf(u);
};
