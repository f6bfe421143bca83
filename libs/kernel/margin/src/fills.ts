import { balanceKey, type Book } from './book.ts';
import { checkFinite, checkPositive } from './checks.ts';

/**
 * A trade that might happen: signed quantity (positive = buy) in contracts, or in base units for a spot pair.
 */
export type HypotheticalOrder = Readonly<{ instrument: string; quantity: number; price: number }>;

const amountAt = (book: Book, account: number, location: string, asset: string): number => {
  const { catalogue, balances } = book;
  const key = balanceKey(catalogue.locations.indexOf(location), catalogue.assets.indexOf(asset));
  const row = balances.find(account, key);
  return balances.holds(account, row, key) ? balances.value[row]! : 0;
};

export const addToBalance = (
  book: Book,
  account: number,
  location: string,
  asset: string,
  change: number,
): void => book.setBalance(account, asset, location, amountAt(book, account, location, asset) + change);

/**
 * Books a fill: a spot fill exchanges two balances; a derivative fill moves the position, averages its entry
 * where it grows, and pays the profit of what it closes to the settlement balance at its venue; an option is
 * paid for, or paid out, in full. At its own mark a fill leaves equity unchanged.
 */
export const applyFill = (book: Book, account: number, order: HypotheticalOrder): void => {
  checkFinite('order.quantity', order.quantity);
  checkPositive('order.price', order.price);
  const index = book.catalogue.instruments.indexOf(order.instrument);
  const { spec } = book.catalogue.instrumentEntries[index]!;
  if (order.quantity === 0) return;
  switch (spec.kind) {
    case 'spot': {
      const base = order.quantity * spec.contractSize;
      addToBalance(book, account, spec.venue, spec.base, base);
      addToBalance(book, account, spec.venue, spec.quote, -base * order.price);
      return;
    }
    case 'option': {
      // Paid for when it is traded: the premium leaves, the option is worth its mark.
      const premium = order.quantity * spec.contractSize * order.price;
      addToBalance(book, account, spec.venue, spec.settlement, -premium);
      const { held, entry } = holdingOf(book, account, index, order.price);
      const after = held + order.quantity;
      book.setPosition(account, spec.id, after, entryAfter(held, entry, order, after, false));
      return;
    }
    case 'perpetual':
    case 'future': {
      const { held, entry } = holdingOf(book, account, index, order.price);
      const inverse = spec.form === 'inverse';
      const after = held + order.quantity;
      const closed =
        held * order.quantity < 0 ? Math.sign(held) * Math.min(Math.abs(held), Math.abs(order.quantity)) : 0;
      const gain = inverse ? 1 / entry - 1 / order.price : order.price - entry;
      if (closed !== 0)
        addToBalance(book, account, spec.venue, spec.settlement, closed * spec.contractSize * gain);
      const price = entryAfter(held, entry, order, after, inverse);
      book.setPosition(account, spec.id, after, price);
    }
  }
};

const holdingOf = (
  { positions }: Book,
  account: number,
  instrument: number,
  price: number,
): Readonly<{ held: number; entry: number }> => {
  const row = positions.find(account, instrument);
  const held = positions.holds(account, row, instrument) ? positions.value[row]! : 0;
  return { held, entry: held === 0 ? price : positions.extra[row]! };
};

/** Entry price after a fill: the average of what is held, weighted so that no profit appears or vanishes. */
const entryAfter = (
  held: number,
  entry: number,
  order: HypotheticalOrder,
  after: number,
  inverse: boolean,
): number => {
  if (held === 0 || held * after < 0) return order.price;
  if (held * order.quantity < 0) return entry;
  // An inverse contract is worth 1/price: its fair average is harmonic.
  return inverse
    ? after / (held / entry + order.quantity / order.price)
    : (held * entry + order.quantity * order.price) / after;
};
