import { assetOfKey, balanceKey, locationOfKey, type Book } from './book.ts';
import { POOLS_LOCATION } from './catalogue.ts';
import { applyLineFill, lineFill, type HypotheticalOrder, type LineFill } from './fills.ts';

/** Place of what is owed to the house. */
const OWED = 0;

/**
 * Leaves no balance below zero, as the ledger does with every decision: what is short is covered from the
 * account's balances of the asset elsewhere, in the order of their places' names, and what is still missing
 * is borrowed. Claims on pools cover nothing.
 */
export const settle = (book: Book, account: number): void => {
  if (!isShort(book, account)) return;
  const keys = placesInOrder(book, account);
  const pools = book.catalogue.locations.find(POOLS_LOCATION);
  for (const key of keys) {
    let short = book.amountAt(account, key);
    if (short >= 0) continue;
    for (const donor of keys) {
      if (short >= 0) break;
      if (assetOfKey(donor) !== assetOfKey(key) || locationOfKey(donor) === pools) continue;
      const amount = book.amountAt(account, donor);
      if (amount <= 0) continue;
      const moved = Math.min(amount, -short);
      book.balances.set(account, donor, amount - moved, 0);
      short += moved;
    }
    if (short < 0) book.addAt(account, balanceKey(OWED, assetOfKey(key)), short);
    book.balances.set(account, key, 0, 0);
  }
};

/** Books fills that might happen as the ledger would: also where money stands then, and what is owed. */
export const bookFills = (book: Book, account: number, orders: readonly HypotheticalOrder[]): void =>
  bookLineFills(
    book,
    account,
    orders.map((order) => lineFill(book, order)),
  );

/** The same by index. */
export const bookLineFills = (book: Book, account: number, fills: readonly LineFill[]): void => {
  for (const fill of fills) applyLineFill(book, account, fill);
  settleFills(book, account, fills);
};

/** After fills: no balance is below zero, and what came in has repaid debts of the assets that moved. */
export const settleFills = (book: Book, account: number, fills: readonly LineFill[]): void => {
  if (fills.length === 0) return;
  settle(book, account);
  if (owes(book, account)) repay(book, account, assetsMoved(book, fills));
};

const assetsMoved = ({ catalogue }: Book, fills: readonly LineFill[]): ReadonlySet<number> => {
  const moved = new Set<number>();
  for (const { line } of fills) {
    const { base, quote, settlement } = catalogue.instrumentEntries[line]!;
    if (base < 0) moved.add(settlement);
    else moved.add(base).add(quote);
  }
  return moved;
};

const repay = (book: Book, account: number, assets: ReadonlySet<number>): void => {
  const pools = book.catalogue.locations.find(POOLS_LOCATION);
  for (const key of placesInOrder(book, account)) {
    const asset = assetOfKey(key);
    if (!assets.has(asset) || locationOfKey(key) === pools) continue;
    const owed = -book.amountAt(account, balanceKey(OWED, asset));
    const amount = book.amountAt(account, key);
    const repaid = Math.min(owed, Math.max(0, amount));
    if (repaid === 0) continue;
    book.balances.set(account, key, amount - repaid, 0);
    book.balances.set(account, balanceKey(OWED, asset), -(owed - repaid), 0);
  }
};

const isShort = ({ balances: { key, value, start, count } }: Book, account: number): boolean => {
  const to = start[account]! + count[account]!;
  for (let row = start[account]!; row < to; row++)
    if (value[row]! < 0 && locationOfKey(key[row]!) !== OWED) return true;
  return false;
};

/** Debts stand first: their place is. */
const owes = ({ balances: { key, start, count } }: Book, account: number): boolean =>
  count[account]! > 0 && locationOfKey(key[start[account]!]!) === OWED;

/** Keys of the balances by the name of their place, debts left out. */
const placesInOrder = ({ balances, catalogue }: Book, account: number): readonly number[] => {
  const from = balances.start[account]!;
  const keys: number[] = [];
  for (let row = from; row < from + balances.count[account]!; row++)
    if (locationOfKey(balances.key[row]!) !== OWED) keys.push(balances.key[row]!);
  const rankOf = (key: number): number => catalogue.locationRank(locationOfKey(key));
  return keys.sort((a, b) => rankOf(a) - rankOf(b));
};
