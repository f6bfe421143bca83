import { POOLS_LOCATION } from './catalogue.ts';
import type { Book } from './book.ts';
import { applyFill, type HypotheticalOrder } from './fills.ts';
import type { AccountContent } from './types.ts';

type Debts = Map<string, number>;
type Balance = {
  -readonly [K in keyof AccountContent['balances'][number]]: AccountContent['balances'][number][K];
};

/**
 * The content with no balance below zero, as the ledger leaves every decision: what is short is covered from
 * the account's balances of the asset elsewhere, in the order of their places, and what is still missing is
 * borrowed. Claims on pools cover nothing.
 */
export const settled = (content: AccountContent): AccountContent => {
  if (content.balances.every(({ amount }) => amount >= 0)) return content;
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

/**
 * What the ledger makes of a content once fills are booked: settled, and what came in has repaid debts of the
 * assets that moved.
 */
export const afterFills = (content: AccountContent, assets: ReadonlySet<string>): AccountContent => {
  const even = settled(content);
  if (!even.debts.some(({ asset, amount }) => amount > 0 && assets.has(asset))) return even;
  const { balances, debts } = copyOf(even);
  for (const balance of balances) {
    const owed = debts.get(balance.asset) ?? 0;
    if (!assets.has(balance.asset) || balance.location === POOLS_LOCATION) continue;
    const repaid = Math.min(owed, Math.max(0, balance.amount));
    if (repaid === 0) continue;
    balance.amount -= repaid;
    debts.set(balance.asset, owed - repaid);
  }
  return { positions: even.positions, balances, debts: listed(debts) };
};

/** Books fills that might happen as the ledger would: also where money stands then, and what is owed. */
export const bookFills = (book: Book, account: number, orders: readonly HypotheticalOrder[]): void => {
  if (orders.length === 0) return;
  const { catalogue } = book;
  const moved = new Set<string>();
  for (const order of orders) {
    applyFill(book, account, order);
    const { spec } = catalogue.instrumentEntries[catalogue.instruments.indexOf(order.instrument)]!;
    for (const asset of spec.kind === 'spot' ? [spec.base, spec.quote] : [spec.settlement]) moved.add(asset);
  }
  const content = book.read(account);
  const after = afterFills(content, moved);
  if (after !== content) book.load(account, after);
};

const copyOf = ({ balances, debts }: AccountContent): Readonly<{ balances: Balance[]; debts: Debts }> => ({
  balances: [...balances]
    .sort((a, b) => (a.location < b.location ? -1 : 1))
    .map((balance) => ({ ...balance })),
  debts: new Map(debts.map(({ asset, amount }) => [asset, amount])),
});

const listed = (debts: Debts): AccountContent['debts'] =>
  [...debts].map(([asset, amount]) => ({ asset, amount }));
