import { isId } from '@plinth/market';
import { decimalOf, InvalidNumber } from '@plinth/money';
import type { MarketFeed } from '../market/market-feed.ts';
import {
  STYLES,
  type PlannedAccount,
  type PlannedDeposit,
  type PlannedOrder,
  type Style,
} from './population.ts';

/** What is wrong with a book file, by path: `accounts[3].orders[0].quantity: Expected …`. */
export class BookFileError extends Error {
  override readonly name = 'BookFileError';
}

const ACCOUNTS_MAX = 10_000;
const LINES_MAX = 1_000;

type Json = Readonly<Record<string, unknown>>;

/** Reads fields of untrusted JSON and names the path of the first that is wrong. */
class Reader {
  readonly #value: Json;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new BookFileError(`${path}: Expected an object`);
    }
    this.#value = value as Json;
    this.#path = path;
  }

  text(field: string, isGood: (text: string) => boolean, expected: string, fallback?: string): string {
    const value = this.#value[field] ?? fallback;
    if (typeof value === 'string' && isGood(value)) return value;
    throw new BookFileError(`${this.#path}.${field}: Expected ${expected}, was ${JSON.stringify(value)}`);
  }

  positive(field: string): string {
    const text = this.text(field, () => true, 'a positive decimal as text');
    try {
      if (decimalOf(text, field).gt(decimalOf('0'))) return text;
    } catch (error) {
      if (!(error instanceof InvalidNumber)) throw error;
    }
    throw new BookFileError(`${this.#path}.${field}: Expected a positive decimal as text, was ${text}`);
  }

  number(field: string, min: number, max: number, fallback: number): number {
    const value = this.#value[field] ?? fallback;
    if (typeof value === 'number' && value >= min && value <= max) return value;
    const shown = JSON.stringify(value);
    throw new BookFileError(`${this.#path}.${field}: Expected a number from ${min} to ${max}, was ${shown}`);
  }

  list<T>(field: string, max: number, read: (item: Reader) => T): readonly T[] {
    const value = this.#value[field] ?? [];
    if (!Array.isArray(value) || value.length > max) {
      throw new BookFileError(`${this.#path}.${field}: Expected a list of at most ${max}`);
    }
    return value.map((item, i) => read(new Reader(item, `${this.#path}.${field}[${i}]`)));
  }
}

const isStyle = (text: string): text is Style => (STYLES as readonly string[]).includes(text);

/**
 * A book of accounts from JSON (see the simulation's README): `{ "accounts": [{ "accountId", "clientId",
 * "style", "deposits": [{ "asset", "amount", "location" }], "orders": [{ "tick", "instrumentId", "side",
 * "quantity", "venue" }], "topUp", "activity" }] }`.
 * @throws BookFileError naming the path.
 */
export const readBook = (json: string, feed: MarketFeed): readonly PlannedAccount[] => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw new BookFileError(`book: Expected JSON (${(error as Error).message})`);
  }
  return new Reader(parsed, 'book').list('accounts', ACCOUNTS_MAX, (account): PlannedAccount => ({
    accountId: account.text('accountId', (id) => isId('account', id), 'lower-case letters and digits'),
    clientId: account.text('clientId', (id) => isId('client', id), 'lower-case letters and digits'),
    style: account.text('style', isStyle, `one of ${STYLES.join(', ')}`, 'holder') as Style,
    deposits: account.list('deposits', LINES_MAX, (item) => deposit(item, feed)),
    orders: account.list('orders', LINES_MAX, (item) => order(item, feed)),
    topUp: account.number('topUp', 0, 1, 0),
    activity: account.number('activity', 0, 1, 0),
  }));
};

const deposit = (item: Reader, feed: MarketFeed): PlannedDeposit => ({
  asset: item.text('asset', (id) => feed.assets.some(({ symbol }) => symbol === id), 'an asset of the data'),
  amount: item.positive('amount'),
  location: item.text(
    'location',
    (id) => isId('location', id),
    'vault:{chain} or venue:{venue}',
    'vault:ethereum',
  ),
});

const order = (item: Reader, feed: MarketFeed): PlannedOrder => {
  const isInstrument = (id: string): boolean =>
    feed.instruments.some(({ instrumentId }) => instrumentId === id);
  const isVenue = (id: string): boolean => id === '' || feed.venues.some(({ venueId }) => venueId === id);
  const venue = item.text('venue', isVenue, 'a venue of the data', '');
  return {
    tick: Math.floor(item.number('tick', 0, feed.ticks - 1, 0)),
    instrumentId: item.text('instrumentId', isInstrument, 'an instrument of the data'),
    side: item.text('side', (side) => side === 'buy' || side === 'sell', 'buy or sell') as 'buy' | 'sell',
    quantity: item.positive('quantity'),
    venues: venue === '' ? [] : [venue],
  };
};
