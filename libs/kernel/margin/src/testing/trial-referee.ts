import { Book } from '../book.ts';
import { POOLS_LOCATION } from '../catalogue.ts';
import * as at from '../figures.ts';
import { addToBalance, applyFill, type HypotheticalOrder } from '../fills.ts';
import type { MarginKernel } from '../margin-kernel.ts';
import { vectorsOf } from '../scan.ts';
import type { AccountContent } from '../types.ts';
import { UNDERLYING_GROSS } from '../work-layout.ts';

// What trials answer, the long way: contents as lists, loaded anew for every question and valued in full.

type Debts = Map<string, number>;
type Balance = {
  -readonly [K in keyof AccountContent['balances'][number]]: AccountContent['balances'][number][K];
};

const copyOf = ({ balances, debts }: AccountContent): { balances: Balance[]; debts: Debts } => ({
  balances: [...balances]
    .sort((a, b) => (a.location < b.location ? -1 : 1))
    .map((balance) => ({ ...balance })),
  debts: new Map(debts.map(({ asset, amount }) => [asset, amount])),
});

const listed = (debts: Debts): AccountContent['debts'] =>
  [...debts].map(([asset, amount]) => ({ asset, amount }));

const settledContent = (content: AccountContent): AccountContent => {
  const { balances, debts } = copyOf(content);
  for (const short of balances) {
    if (short.amount >= 0) continue;
    for (const donor of balances) {
      if (short.amount >= 0) break;
      if (donor.asset !== short.asset || donor.amount <= 0 || donor.location === POOLS_LOCATION) continue;
      const moved = Math.min(donor.amount, -short.amount);
      donor.amount -= moved;
      short.amount += moved;
    }
    if (short.amount < 0) debts.set(short.asset, (debts.get(short.asset) ?? 0) - short.amount);
    short.amount = 0;
  }
  return { positions: content.positions, balances, debts: listed(debts) };
};

const repaidContent = (content: AccountContent, assets: ReadonlySet<string>): AccountContent => {
  const { balances, debts } = copyOf(content);
  for (const balance of balances) {
    const owed = debts.get(balance.asset) ?? 0;
    if (!assets.has(balance.asset) || balance.location === POOLS_LOCATION) continue;
    const repaid = Math.min(owed, Math.max(0, balance.amount));
    balance.amount -= repaid;
    debts.set(balance.asset, owed - repaid);
  }
  return { positions: content.positions, balances, debts: listed(debts) };
};

export type Paid = HypotheticalOrder & Readonly<{ fee: number }>;

/** A book that holds the account alone, after these fills and their fees in quote assets. */
export const bookedTheLongWay = (book: Book, account: number, orders: readonly Paid[]): Book => {
  const alone = new Book(book.catalogue);
  alone.load(alone.addAccount('referee'), book.read(account));
  const { catalogue } = book;
  const specOf = (order: Paid) =>
    catalogue.instrumentEntries[catalogue.instruments.indexOf(order.instrument)]!.spec;
  for (const order of orders)
    if (order.fee !== 0) addToBalance(alone, 0, specOf(order).venue, specOf(order).quote, -order.fee);
  const moved = new Set<string>();
  for (const order of orders) {
    applyFill(alone, 0, order);
    const spec = specOf(order);
    for (const asset of spec.kind === 'spot' ? [spec.base, spec.quote] : [spec.settlement]) moved.add(asset);
  }
  if (orders.length > 0) alone.load(0, repaidContent(settledContent(alone.read(0)), moved));
  return alone;
};

const lossesGrow = (before: Float64Array, after: Float64Array, slack: number): boolean =>
  after.some((profit, c) => profit < -slack && profit < before[c]! - slack);

const valued = (kernel: MarginKernel, book: Book, account: number) => {
  kernel.model.refresh();
  const figures = kernel.value(book, account);
  const { scratch, model } = kernel;
  let gross = figures[at.GROSS_NOTIONAL]!;
  for (let n = 0; n < scratch.underlyingCount; n++)
    gross += scratch.underlyingSum(scratch.underlyings[n]!, UNDERLYING_GROSS);
  return { rows: vectorsOf(model, scratch).underlyings, gross };
};

/** Whether no loss grows, from the vectors of two full valuations. */
export const reducesTheLongWay = (
  kernel: MarginKernel,
  book: Book,
  account: number,
  orders: readonly HypotheticalOrder[],
): boolean => {
  const { catalogue } = kernel.model;
  const before = valued(kernel, book, account);
  const held = new Map(
    book.read(account).positions.map(({ instrument, quantity }) => [instrument, quantity]),
  );
  const alone = bookedTheLongWay(
    book,
    account,
    orders.map((order) => ({ ...order, fee: 0 })),
  );
  const entries = orders.map(
    ({ instrument }) => catalogue.instrumentEntries[catalogue.instruments.indexOf(instrument)]!,
  );
  orders.forEach(({ instrument, quantity, price }, n) => {
    const { spec, settlement, underlying } = entries[n]!;
    const was = held.get(instrument) ?? 0;
    held.set(instrument, was + quantity);
    const closed = Math.max(0, Math.min(was, -quantity));
    const isCoins = spec.kind === 'option' && catalogue.assetUnderlyings[settlement] === underlying;
    if (isCoins && closed !== 0)
      addToBalance(alone, 0, spec.venue, spec.settlement, -(closed * spec.contractSize * price));
  });
  const after = valued(kernel, alone, 0);
  const traded = new Set(entries.map(({ underlying }) => underlying));
  const cash = new Set(
    entries
      .filter(({ spec }) => spec.kind !== 'spot')
      .flatMap(({ quote, settlement }) => [quote, settlement])
      .map((asset) => catalogue.assetUnderlyings[asset]!)
      .filter((u) => u >= 0 && !traded.has(u)),
  );
  const slack = 1e-11 * Math.max(before.gross, after.gross);
  const none = new Float64Array(2 * kernel.model.width);
  const totals = [none.slice(), none.slice()] as const;
  for (const u of new Set([...before.rows.keys(), ...after.rows.keys()])) {
    if (cash.has(u)) continue;
    const pair = [before.rows.get(u) ?? none, after.rows.get(u) ?? none] as const;
    if (lossesGrow(pair[0], pair[1], slack)) return false;
    pair.forEach((vector, n) => vector.forEach((value, c) => (totals[n]![c]! += value)));
  }
  return !lossesGrow(totals[0], totals[1], slack);
};
