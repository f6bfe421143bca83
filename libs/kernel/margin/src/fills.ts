import { balanceKey, type Book } from './book.ts';
import type { Catalogue, CatalogueInstrument } from './catalogue.ts';
import { checkFinite, checkPositive } from './checks.ts';

/**
 * A trade that might happen: signed quantity (positive = buy) in contracts, or in base units for a spot pair.
 */
export type HypotheticalOrder = Readonly<{ instrument: string; quantity: number; price: number }>;

/** The same on a line by its index in the catalogue, for those who ask many times over. */
export type LineFill = Readonly<{ line: number; quantity: number; price: number }>;

export const lineFill = ({ catalogue }: Book, order: HypotheticalOrder): LineFill => ({
  line: catalogue.instruments.indexOf(order.instrument),
  quantity: order.quantity,
  price: order.price,
});

/** Where a trade on this instrument is settled, and its base where it is a spot pair. */
const settlementKey = (entry: CatalogueInstrument): number => balanceKey(entry.location, entry.settlement);

export const addToBalance = (
  book: Book,
  account: number,
  location: string,
  asset: string,
  change: number,
): void => {
  const { locations, assets } = book.catalogue;
  const key = balanceKey(locations.indexOf(location), assets.indexOf(asset));
  book.setBalance(account, asset, location, book.amountAt(account, key) + change);
};

export const applyFill = (book: Book, account: number, order: HypotheticalOrder): void =>
  applyLineFill(book, account, lineFill(book, order));

/** What a fill changes: balances by key, in order, and what is held of its line afterwards. */
export type FillEffect = Readonly<{
  changes: readonly Readonly<{ key: number; amount: number }>[];
  /** Undefined where no position is touched. */
  position: Readonly<{ quantity: number; entryPrice: number }> | undefined;
}>;

const NO_EFFECT: FillEffect = { changes: [], position: undefined };

/**
 * A spot fill exchanges two balances; a derivative fill moves the position, averages its entry where it
 * grows, and pays the profit of what it closes to the settlement balance at its venue; an option is paid for,
 * or paid out, in full. At its own mark a fill leaves equity unchanged.
 *
 * @param held of the line before
 * @param price its entry price; the fill's own where nothing is held
 */
export const effectOf = (
  { instrumentEntries }: Catalogue,
  fill: LineFill,
  held: number,
  price: number,
): FillEffect => {
  checkFinite('order.quantity', fill.quantity);
  checkPositive('order.price', fill.price);
  const entry = instrumentEntries[fill.line]!;
  const { spec } = entry;
  if (fill.quantity === 0) return NO_EFFECT;
  switch (spec.kind) {
    case 'spot': {
      const amount = fill.quantity * spec.contractSize;
      const base = { key: balanceKey(entry.location, entry.base), amount };
      const quote = { key: balanceKey(entry.location, entry.quote), amount: -amount * fill.price };
      return { changes: [base, quote], position: undefined };
    }
    case 'option': {
      // Paid for when it is traded: the premium leaves, the option is worth its mark.
      const premium = fill.quantity * spec.contractSize * fill.price;
      const quantity = held + fill.quantity;
      return {
        changes: [{ key: settlementKey(entry), amount: -premium }],
        position: { quantity, entryPrice: entryAfter(held, price, fill, quantity, false) },
      };
    }
    case 'perpetual':
    case 'future': {
      const inverse = spec.form === 'inverse';
      const quantity = held + fill.quantity;
      const closed =
        held * fill.quantity < 0 ? Math.sign(held) * Math.min(Math.abs(held), Math.abs(fill.quantity)) : 0;
      const gain = inverse ? 1 / price - 1 / fill.price : fill.price - price;
      const paid = { key: settlementKey(entry), amount: closed * spec.contractSize * gain };
      return {
        changes: closed === 0 ? [] : [paid],
        position: { quantity, entryPrice: entryAfter(held, price, fill, quantity, inverse) },
      };
    }
  }
};

/** Books a fill. */
export const applyLineFill = (book: Book, account: number, fill: LineFill): void => {
  const { positions, catalogue } = book;
  const { line } = fill;
  const row = positions.find(account, line);
  const isHeld = positions.holds(account, row, line);
  const [held, price] = isHeld ? [positions.value[row]!, positions.extra[row]!] : [0, fill.price];
  const { changes, position } = effectOf(catalogue, fill, held, price);
  for (const { key, amount } of changes) book.addAt(account, key, amount);
  if (position !== undefined) book.setPositionAt(account, line, position.quantity, position.entryPrice);
};

/** Entry price after a fill: the average of what is held, weighted so that no profit appears or vanishes. */
const entryAfter = (held: number, entry: number, fill: LineFill, after: number, inverse: boolean): number => {
  if (held === 0 || held * after < 0) return fill.price;
  if (held * fill.quantity < 0) return entry;
  // An inverse contract is worth 1/price: its fair average is harmonic.
  return inverse
    ? after / (held / entry + fill.quantity / fill.price)
    : (held * entry + fill.quantity * fill.price) / after;
};
