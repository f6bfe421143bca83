import { HOUSE, type Catalogue } from './catalogue.ts';
import { checkFinite, checkPositive, IdTable, refuse } from './checks.ts';
import { LIMITS } from './limits.ts';
import { RowTable } from './row-table.ts';
import type { AccountContent } from './types.ts';

/**
 * Packs a place and an asset into one key; the place is the major part, so balances of one place stand
 * together.
 */
export const balanceKey = (location: number, asset: number): number => location * LIMITS.assets + asset;
export const assetOfKey = (key: number): number => key & (LIMITS.assets - 1);
/** Place of what is owed to the house. */
export const OWED = 0;
export const locationOfKey = (key: number): number => key >>> 10;

/**
 * Positions, balances and debts of all accounts as a structure of arrays. Rows of an account are kept in the
 * canonical order of the catalogue, whatever the order they came in: equal contents give equal figures, bit
 * for bit.
 */
export class Book {
  readonly catalogue: Catalogue;
  readonly accounts: IdTable;
  readonly positions: RowTable;
  /** Balances, and debts as negative amounts at location `house`. */
  readonly balances: RowTable;

  constructor(catalogue: Catalogue) {
    this.catalogue = catalogue;
    this.accounts = new IdTable('account', LIMITS.accounts);
    this.positions = new RowTable('positions', LIMITS.positionsPerAccount, (key) =>
      catalogue.instrumentRank(key),
    );
    this.balances = new RowTable('balances', LIMITS.balancesPerAccount, (key) => key);
  }

  get size(): number {
    return this.accounts.size;
  }

  /** Returns the account's index, stable for the life of the book. */
  addAccount(id: string): number {
    const account = this.accounts.add(id);
    this.positions.openAccount(account);
    this.balances.openAccount(account);
    return account;
  }

  accountIndex(id: string): number {
    return this.accounts.indexOf(id);
  }

  /** Signed quantity in contracts and average entry price in quote units; quantity 0 closes the position. */
  setPosition(account: number, instrument: string, quantity: number, entryPrice: number): void {
    this.#checkAccount(account);
    const index = this.catalogue.instruments.indexOf(instrument);
    if (this.catalogue.instrumentEntries[index]!.spec.kind === 'spot')
      refuse('instrument', `Expected a derivative; a fill of spot pair "${instrument}" changes two balances`);
    this.setPositionAt(account, index, quantity, entryPrice);
  }

  /** The same of a derivative by its index. */
  setPositionAt(account: number, index: number, quantity: number, entryPrice: number): void {
    checkFinite('quantity', quantity);
    if (quantity !== 0) checkPositive('entryPrice', entryPrice);
    this.positions.set(account, index, quantity, entryPrice);
  }

  /** Amount of a balance by its key; a debt's is below zero. */
  amountAt(account: number, key: number): number {
    const { balances } = this;
    const row = balances.find(account, key);
    return balances.holds(account, row, key) ? balances.value[row]! : 0;
  }

  /** Adds to a balance by its key. */
  addAt(account: number, key: number, change: number): void {
    const amount = this.amountAt(account, key) + change;
    checkFinite('amount', amount);
    this.balances.set(account, key, amount, 0);
  }

  /** Amount of an asset at a place; negative amounts are liabilities there, 0 removes the row. */
  setBalance(account: number, asset: string, location: string, amount: number): void {
    if (location === HOUSE) refuse('location', `Expected a venue or custody; a debt is set with setDebt`);
    this.#setAmount(account, asset, location, amount);
  }

  /** What is owed to the house now, accrued interest included; at least 0. */
  setDebt(account: number, asset: string, amount: number): void {
    if (!(amount >= 0)) refuse('amount', `Expected a debt of at least 0, was ${amount}`);
    this.#setAmount(account, asset, HOUSE, amount === 0 ? 0 : -amount);
  }

  #setAmount(account: number, asset: string, location: string, amount: number): void {
    this.#checkAccount(account);
    checkFinite('amount', amount);
    const key = balanceKey(this.catalogue.locations.indexOf(location), this.catalogue.assets.indexOf(asset));
    this.balances.set(account, key, amount, 0);
  }

  /** Replaces everything that the account holds. */
  load(account: number, content: AccountContent): void {
    this.#checkAccount(account);
    this.positions.clear(account);
    this.balances.clear(account);
    for (const p of content.positions) this.setPosition(account, p.instrument, p.quantity, p.entryPrice);
    for (const b of content.balances) this.setBalance(account, b.asset, b.location, b.amount);
    for (const d of content.debts) this.setDebt(account, d.asset, d.amount);
  }

  /** Replaces everything that the account holds by what an account of another book of this catalogue does. */
  copy(account: number, from: Book, other: number): void {
    this.#checkAccount(account);
    from.#checkAccount(other);
    this.positions.copy(account, from.positions, other);
    this.balances.copy(account, from.balances, other);
  }

  read(account: number): AccountContent {
    this.#checkAccount(account);
    const { positions, balances, catalogue } = this;
    const content = { positions: [], balances: [], debts: [] } as {
      positions: AccountContent['positions'][number][];
      balances: AccountContent['balances'][number][];
      debts: AccountContent['debts'][number][];
    };
    for (let n = 0; n < positions.count[account]!; n++) {
      const row = positions.start[account]! + n;
      const instrument = catalogue.instruments.ids[positions.key[row]!]!;
      content.positions.push({
        instrument,
        quantity: positions.value[row]!,
        entryPrice: positions.extra[row]!,
      });
    }
    for (let n = 0; n < balances.count[account]!; n++) {
      const row = balances.start[account]! + n;
      const asset = catalogue.assets.ids[assetOfKey(balances.key[row]!)]!;
      const location = catalogue.locations.ids[locationOfKey(balances.key[row]!)]!;
      const amount = balances.value[row]!;
      if (location === HOUSE) content.debts.push({ asset, amount: -amount });
      else content.balances.push({ asset, location, amount });
    }
    return content;
  }

  #checkAccount(account: number): void {
    if (!(account >= 0 && account < this.size))
      refuse('account', `Expected an index below ${this.size}, was ${account}`);
  }
}
