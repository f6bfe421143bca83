import type { Book } from './book.ts';
import * as at from './figures.ts';
import { addToBalance, type HypotheticalOrder } from './fills.ts';
import type { MarginKernel } from './margin-kernel.ts';
import { type ProfitVectors, vectorsOf } from './scan.ts';
import { UNDERLYING_GROSS } from './work-layout.ts';
import { aside } from './what-if.ts';

/** Losses that differ by less than this share of the book's gross value are equal: sums round. */
const ROUNDING = 1e-11;

type Vectors = Readonly<{ byUnderlying: ProfitVectors['underlyings']; gross: number }>;

const vectorsNow = (kernel: MarginKernel, book: Book, account: number): Vectors => {
  kernel.model.refresh();
  const figures = kernel.value(book, account);
  const { scratch, model } = kernel;
  let gross = figures[at.GROSS_NOTIONAL]!;
  for (let n = 0; n < scratch.underlyingCount; n++) {
    const u = scratch.underlyings[n]!;
    gross += scratch.underlyingSum(u, UNDERLYING_GROSS);
  }
  return { byUnderlying: vectorsOf(model, scratch).underlyings, gross };
};

/**
 * True when no scenario's loss grows (finance §6.9): neither that of any underlying by itself nor that of the
 * whole, for maintenance or initial shocks; a smaller profit is not a loss. Where orders are derivatives, the
 * assets they are paid in are left out: going back to cash is not a risk taken, though the cash may lose its
 * peg. Nor are the coins that a sold inverse option pays, as far as it was held: they were in its value.
 */
export const isRiskReducing = (
  kernel: MarginKernel,
  book: Book,
  account: number,
  orders: readonly HypotheticalOrder[],
): boolean => {
  const before = vectorsNow(kernel, book, account);
  const changed = aside(kernel, book, account, { orders });
  for (const { venue, asset, amount } of coinsPaidOut(book, account, orders))
    addToBalance(changed.book, changed.account, venue, asset, -amount);
  const after = vectorsNow(changed.kernel, changed.book, changed.account);
  const ignored = cashUnderlyings(kernel, orders);
  const slack = ROUNDING * Math.max(before.gross, after.gross);
  const stride = 2 * kernel.model.width;
  const totals = [new Float64Array(stride), new Float64Array(stride)] as const;
  const none = new Float64Array(stride);
  for (const u of new Set([...before.byUnderlying.keys(), ...after.byUnderlying.keys()])) {
    if (ignored.has(u)) continue;
    const pair = [before.byUnderlying.get(u) ?? none, after.byUnderlying.get(u) ?? none] as const;
    if (lossGrows(pair[0], pair[1], slack)) return false;
    pair.forEach((vector, n) => vector.forEach((value, c) => (totals[n]![c]! += value)));
  }
  return !lossGrows(totals[0], totals[1], slack);
};

const lossGrows = (before: Float64Array, after: Float64Array, slack: number): boolean =>
  after.some((profit, c) => profit < -slack && profit < before[c]! - slack);

type Coins = Readonly<{ venue: string; asset: string; amount: number }>;

/** What selling inverse options pays in coins of their own underlying, for the part that closes a holding. */
const coinsPaidOut = (
  book: Book,
  account: number,
  orders: readonly HypotheticalOrder[],
): readonly Coins[] => {
  const { catalogue } = book;
  const held = new Map(
    book.read(account).positions.map(({ instrument, quantity }) => [instrument, quantity]),
  );
  return orders.flatMap(({ instrument, quantity, price }) => {
    const { spec, settlement, underlying } =
      catalogue.instrumentEntries[catalogue.instruments.indexOf(instrument)]!;
    const before = held.get(instrument) ?? 0;
    held.set(instrument, before + quantity);
    if (spec.kind !== 'option' || catalogue.assetUnderlyings[settlement] !== underlying) return [];
    const closed = Math.max(0, Math.min(before, -quantity));
    if (closed === 0) return [];
    return { venue: spec.venue, asset: spec.settlement, amount: closed * spec.contractSize * price };
  });
};

/**
 * Underlyings of the assets that derivative orders are quoted and settled in, unless an order trades them.
 */
const cashUnderlyings = (kernel: MarginKernel, orders: readonly HypotheticalOrder[]): ReadonlySet<number> => {
  const { catalogue } = kernel.model;
  const entries = orders.map(
    (order) => catalogue.instrumentEntries[catalogue.instruments.indexOf(order.instrument)]!,
  );
  const traded = new Set(entries.map((entry) => entry.underlying));
  const cash = entries
    .filter((entry) => entry.spec.kind !== 'spot')
    .flatMap((entry) => [entry.quote, entry.settlement])
    .map((asset) => catalogue.assetUnderlyings[asset]!);
  return new Set(cash.filter((u) => u >= 0 && !traded.has(u)));
};
