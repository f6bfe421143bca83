import { Book } from './book.ts';
import { checkFinite, refuse } from './checks.ts';
import { addToBalance, type HypotheticalOrder } from './fills.ts';
import { marginOf, type MarginReport } from './margin.ts';
import { MarginKernel } from './margin-kernel.ts';
import type { MarketState } from './market-state.ts';
import type { RiskParameters } from './parameters.ts';
import { moveForward, moveImplied, moveTime } from './option-moves.ts';
import { RiskModel } from './risk-model.ts';
import { bookFills } from './settled.ts';

/** Money that might move. Without `from` it comes from outside, without `to` it leaves. */
export type HypotheticalTransfer = Readonly<{ asset: string; from?: string; to?: string; amount: number }>;

/** A relative move of a price: −0.2 = 20 % lower. All lines of the underlying move together. */
export type PriceMove = Readonly<{ underlying: string; fraction: number }>;

export type Hypothetical = Readonly<{
  orders?: readonly HypotheticalOrder[];
  transfers?: readonly HypotheticalTransfer[];
  /** Changes of what is owed to the house; negative repays. */
  debts?: readonly Readonly<{ asset: string; change: number }>[];
  priceMoves?: readonly PriceMove[];
  volatilities?: readonly Readonly<{ underlying: string; volatility: number }>[];
  /** Relative moves of the implied volatilities of all options on an underlying. */
  impliedMoves?: readonly PriceMove[];
  /** Another time of valuation, for options. */
  atMs?: number;
  parameters?: RiskParameters;
}>;

/** One account apart from its book, under a kernel of its own where market or parameters differ. */
export type Aside = Readonly<{ kernel: MarginKernel; book: Book; account: number }>;

/** The account alone, changed as said. Nothing it is taken from is touched. */
export const aside = (kernel: MarginKernel, book: Book, account: number, change: Hypothetical): Aside => {
  const alone = new Book(book.catalogue);
  const own = alone.addAccount('what-if');
  alone.copy(own, book, account);
  bookFills(alone, own, change.orders ?? []);
  for (const transfer of change.transfers ?? []) applyTransfer(alone, own, transfer);
  for (const debt of change.debts ?? []) {
    checkFinite('debts.change', debt.change);
    const owed = alone.read(own).debts.find((row) => row.asset === debt.asset)?.amount ?? 0;
    alone.setDebt(own, debt.asset, owed + debt.change);
  }
  return { kernel: kernelFor(kernel, change), book: alone, account: own };
};

/** Margin of the account as it would be. A change of nothing gives the current report, bit for bit. */
export const whatIf = (
  kernel: MarginKernel,
  book: Book,
  account: number,
  change: Hypothetical,
): MarginReport => {
  const changed = aside(kernel, book, account, change);
  return marginOf(changed.kernel, changed.book, changed.account);
};

const applyTransfer = (book: Book, account: number, transfer: HypotheticalTransfer): void => {
  if (!(transfer.amount >= 0 && Number.isFinite(transfer.amount)))
    refuse('transfers.amount', `Expected an amount of at least 0, was ${transfer.amount}`);
  if (transfer.from !== undefined)
    addToBalance(book, account, transfer.from, transfer.asset, -transfer.amount);
  if (transfer.to !== undefined) addToBalance(book, account, transfer.to, transfer.asset, transfer.amount);
};

/** The same under a market or parameters of its own, where the change asks for them. */
export const kernelFor = (kernel: MarginKernel, change: Hypothetical): MarginKernel => {
  const { model } = kernel;
  const { priceMoves = [], volatilities = [], impliedMoves = [], atMs, parameters } = change;
  const sameMarket =
    priceMoves.length === 0 && volatilities.length === 0 && impliedMoves.length === 0 && atMs === undefined;
  if (sameMarket && parameters === undefined) return kernel;
  const market = model.market.copy();
  for (const move of priceMoves) movePrices(model, market, move);
  for (const { underlying, volatility } of volatilities) market.setVolatility(underlying, volatility);
  for (const { underlying, fraction } of impliedMoves)
    moveImplied(model.catalogue, market, underlying, fraction);
  if (atMs !== undefined) moveTime(model.catalogue, market, atMs);
  return new MarginKernel(new RiskModel(parameters ?? model.parameters, model.catalogue, market));
};

/** Moves assets and contracts of the underlying, and against it the marks that are quoted in its assets. */
export const movePrices = (model: RiskModel, market: MarketState, move: PriceMove): void => {
  const { catalogue } = model;
  const factor = 1 + move.fraction;
  if (!(factor > 0 && Number.isFinite(factor)))
    refuse('priceMoves.fraction', `Expected more than −1 and finite, was ${move.fraction}`);
  const u = catalogue.underlyings.indexOf(move.underlying);
  const scale = (table: MarketState['assets'], index: number, by: number): void => {
    if ((table.mark[index] ?? 0) === 0) return;
    table.mark[index]! *= by;
    table.low[index]! *= by;
    table.high[index]! *= by;
  };
  catalogue.assetUnderlyings.forEach((underlying, a) => {
    if (underlying === u) scale(market.assets, a, factor);
  });
  catalogue.instrumentEntries.forEach((entry, i) => {
    if (entry.spec.kind === 'option') {
      const own = entry.underlying === u ? factor : 1;
      const struckIn = entry.quote === entry.settlement && catalogue.assetUnderlyings[entry.quote] === u;
      moveForward({ catalogue, market, i }, struckIn ? own / factor : own);
      return;
    }
    if (entry.underlying === u) scale(market.instruments, i, factor);
    // One unit of the quote asset buys more or less of everything: its quotes move the other way.
    const paidInQuote = entry.quote === entry.settlement || entry.spec.kind === 'spot';
    const inverse = 'form' in entry.spec && entry.spec.form === 'inverse';
    if (catalogue.assetUnderlyings[entry.quote] === u && (paidInQuote || inverse))
      scale(market.instruments, i, 1 / factor);
  });
  market.version++;
};
