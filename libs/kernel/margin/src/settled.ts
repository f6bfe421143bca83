import { locationOfKey, OWED, type Book } from './book.ts';
import type { Catalogue } from './catalogue.ts';
import { applyLineFill, lineFill, type HypotheticalOrder } from './fills.ts';
import { Purse } from './purse.ts';

/** Leaves no balance below zero: see `Purse.cover`. */
export const settle = (book: Book, account: number): void => {
  if (!isShort(book, account)) return;
  const purse = new Purse(book, account);
  purse.cover();
  book.balances.replace(account, purse.rows);
};

/**
 * Books fills that might happen as the ledger would: also where money stands then, and what is owed. No
 * balance is below zero afterwards, and what came in has repaid debts of the assets that moved.
 */
export const bookFills = (book: Book, account: number, orders: readonly HypotheticalOrder[]): void => {
  const fills = orders.map((order) => lineFill(book, order));
  for (const fill of fills) applyLineFill(book, account, fill);
  if (fills.length === 0 || !(isShort(book, account) || owes(book, account))) return;
  const purse = new Purse(book, account);
  const hasMoved = new Uint8Array(book.catalogue.assets.size);
  for (const { line } of fills) for (const asset of assetsOf(book.catalogue, line)) hasMoved[asset] = 1;
  purse.cover();
  purse.repay(hasMoved);
  book.balances.replace(account, purse.rows);
};

/** Assets that a fill of a line moves. */
export const assetsOf = ({ instrumentEntries }: Catalogue, line: number): readonly number[] => {
  const { base, quote, settlement } = instrumentEntries[line]!;
  return base < 0 ? [settlement] : [base, quote];
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
