import { refill, type Envelope, type Fold } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import {
  accrued,
  assert,
  lendingIndexOf,
  powerOfTen,
  unitsOf,
  unitsOfDecimal,
  INDEX_DIGITS,
} from '@plinth/money';
import { fields } from '@plinth/views';
import { amountOf, ofAssetUnits, toAssetUnits } from '../domain/ledger-amount.ts';
import { LIMITS } from '../domain/limits.ts';

type Book = {
  /** Accounts with a debt or a claim. */
  borrowers: Set<string>;
  suppliers: Set<string>;
  /** Interest charged and earned and not yet distributed, at ledger scale. */
  charged: bigint;
  earned: bigint;
  /**
   * What rounding alone brought the house and is not yet distributed, in 10^-27 of the asset's smallest unit.
   */
  gained: bigint;
};

export type Undistributed = Readonly<{ charged: bigint; earned: bigint; rounding: bigint }>;

const FRACTION = powerOfTen(INDEX_DIGITS);

/**
 * Interest of every pool between two distributions: who is to be charged and credited, and what is to be
 * shared out.
 */
export class InterestBooksView implements Fold {
  readonly name = 'accounts-interest-books';
  readonly revision = 1;
  readonly #books = new Map<string, Book>();
  readonly #scales = new Map<string, number>();

  apply(event: Envelope): void {
    switch (event.type) {
      case 'AssetListed':
        this.#scales.set(event.data.asset, event.data.scale);
        return;
      case 'LoanDrawn':
      case 'LoanRepaid':
        return this.#enlist('borrowers', event.data, event.data.debt);
      case 'PoolSupplied':
      case 'PoolRedeemed':
        return this.#enlist('suppliers', event.data, event.data.supplied);
      case 'InterestCharged':
        return this.#charge(event.data);
      case 'InterestEarned':
        return this.#earn(event.data);
      case 'InterestDistributed':
        return this.#distribute(event.data);
      default:
        return;
    }
  }

  /**
   * Accounts with a debt or a claim in the asset, by id after `after`, at most one step's worth, and whether
   * more follow.
   */
  participants(asset: string, after: string): Readonly<{ accountIds: readonly string[]; more: boolean }> {
    const book = this.#books.get(asset);
    if (book === undefined) return { accountIds: [], more: false };
    const ids = [...new Set([...book.borrowers, ...book.suppliers])].filter((id) => id > after).sort();
    const accountIds = ids.slice(0, LIMITS.accountsPerStepMax);
    return { accountIds, more: ids.length > accountIds.length };
  }

  undistributed(asset: string): Undistributed {
    const book = this.#books.get(asset);
    if (book === undefined) return { charged: 0n, earned: 0n, rounding: 0n };
    const rounding = ofAssetUnits(book.gained / FRACTION, this.#scale(asset));
    return { charged: book.charged, earned: book.earned, rounding };
  }

  #scale(asset: string): number {
    const scale = this.#scales.get(asset);
    assert(scale !== undefined, () => `Expected a listed asset, was ${asset}`);
    return scale;
  }

  #book(asset: string): Book {
    const known = this.#books.get(asset);
    if (known !== undefined) return known;
    const book: Book = { borrowers: new Set(), suppliers: new Set(), charged: 0n, earned: 0n, gained: 0n };
    this.#books.set(asset, book);
    return book;
  }

  #enlist(
    which: 'borrowers' | 'suppliers',
    { accountId, asset }: Readonly<{ accountId: string; asset: string }>,
    amount: string,
  ): void {
    const set = this.#book(asset)[which];
    if (amount === '0') set.delete(accountId);
    else set.add(accountId);
  }

  #charge(data: EventData<'InterestCharged'>): void {
    const book = this.#book(data.asset);
    book.charged += amountOf(data.amount, 'amount');
    book.gained += this.#gain(data, data.debt, 'up');
  }

  #earn(data: EventData<'InterestEarned'>): void {
    const book = this.#book(data.asset);
    book.earned += amountOf(data.amount, 'amount');
    book.gained += this.#gain(data, data.supplied, 'down');
  }

  /**
   * What was charged above, or credited below, the exact interest: a fraction of one unit, to 27 digits,
   * rounded down.
   */
  #gain(
    data: Readonly<{ asset: string; amount: string; indexBefore: string; indexThen: string }>,
    after: string,
    rounding: 'up' | 'down',
  ): bigint {
    const scale = this.#scale(data.asset);
    const units = toAssetUnits(amountOf(after, 'amount') - amountOf(data.amount, 'amount'), scale);
    const then = lendingIndexOf(data.indexBefore);
    const { remainder } = accrued(units, then, lendingIndexOf(data.indexThen), rounding);
    const size = remainder < 0n ? -remainder : remainder;
    return (size * FRACTION) / unitsOfDecimal(then, INDEX_DIGITS);
  }

  #distribute(data: EventData<'InterestDistributed'>): void {
    const book = this.#book(data.asset);
    book.charged -= amountOf(data.borrowerInterest, 'borrowerInterest');
    book.earned -= amountOf(data.lenderInterest, 'lenderInterest');
    book.gained -= unitsOf(data.rounding, this.#scale(data.asset), 'rounding') * FRACTION;
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [asset, scale] of this.#scales) yield [`scale:${asset}`, String(scale)];
    for (const [asset, book] of this.#books) {
      yield [`book:${asset}`, fields(book.charged, book.earned, book.gained)];
      for (const id of book.borrowers) yield [`borrower:${asset}:${id}`, ''];
      for (const id of book.suppliers) yield [`supplier:${asset}:${id}`, ''];
    }
  }

  dump() {
    return { books: this.#books, scales: this.#scales };
  }

  load(state: ReturnType<InterestBooksView['dump']>): void {
    refill(this.#books, state.books);
    refill(this.#scales, state.scales);
  }

  reset(): void {
    this.#books.clear();
    this.#scales.clear();
  }
}
