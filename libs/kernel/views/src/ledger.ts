import { refill, type Envelope, type Fold } from '@plinth/eventing';
import { parseClientAccount, type ClientBalanceKey } from '@plinth/market';
import type { EventData, Posting } from '@plinth/messages';
import { assert, formatUnits, unitsOf } from '@plinth/money';
import { fields } from './canonical.ts';
import { LIMITS } from './limits.ts';
import { postingsOf } from './postings.ts';

/** A debt to a pool, or a claim on it: `units` (≥ 0) as of the pool's index `indexThen`. */
export type IndexedAmount = Readonly<{ units: bigint; indexThen: string }>;

export type AccountBalance = ClientBalanceKey & Readonly<{ ledgerAccount: string; units: bigint }>;

/** A posting to a client's account. */
export type ClientMove = Readonly<{ client: ClientBalanceKey; asset: string; units: bigint }>;

type AccountBook = {
  clientId: string;
  balances: Map<string, AccountBalance>;
  /** Σ of the balances by asset. */
  totals: Map<string, bigint>;
  debts: Map<string, IndexedAmount>;
  supplied: Map<string, IndexedAmount>;
};

/** One balance: a ledger account in one asset. The name of a client's account is taken apart once. */
type Slot = {
  readonly account: string;
  readonly asset: string;
  readonly client: ClientBalanceKey | undefined;
  readonly book: AccountBook | undefined;
  units: bigint;
};

const EMPTY: ReadonlyMap<string, never> = new Map<string, never>();

/**
 * The double-entry ledger as a fold over every journal entry: balances of all ledger accounts, and per client
 * account its balances, debts and claims. Every entry sums to zero per asset or the fold stops.
 */
export class LedgerView implements Fold {
  readonly name = 'ledger';
  readonly revision = 1;
  /**
   * Balances by ledger account; further assets of the same account by `account asset`. Most accounts have
   * one asset, so that nearly every posting finds its balance by the name that it carries. Zero balances are
   * left out.
   */
  readonly #slots = new Map<string, Slot>();
  readonly #further = new Map<string, Slot>();
  readonly #accounts = new Map<string, AccountBook>();
  readonly #scales = new Map<string, number>();
  /** Client accounts whose balances, debts or claims changed by the last applied event. */
  readonly touched = new Set<string>();
  /** Postings of the last applied event to clients' accounts, their names taken apart. */
  readonly moved: ClientMove[] = [];

  apply(event: Envelope): void {
    if (this.touched.size > 0) this.touched.clear();
    if (this.moved.length > 0) this.moved.length = 0;
    const postings = postingsOf(event);
    if (event.type === 'AssetListed') this.#scales.set(event.data.asset, event.data.scale);
    if (event.type === 'AccountOpened') this.#open(event.data.accountId, event.data.clientId);
    if (postings !== undefined) this.#post(event.position, postings);
    switch (event.type) {
      case 'LoanDrawn':
      case 'LoanRepaid':
      case 'InterestCharged':
        return this.#index('debts', event.data, event.data.debt);
      case 'PoolSupplied':
      case 'PoolRedeemed':
      case 'InterestEarned':
        return this.#index('supplied', event.data, event.data.supplied);
      case 'InsurancePosted':
      case 'BadDebtRecorded':
        return this.#writeDown('debts', event.data.accountId, event.data.asset, event.data.amount);
      case 'CollateralTakenOver':
        return this.#takeOver(event.data);
      default:
        return;
    }
  }

  /** Balance of any ledger account in smallest units; 0n when it never moved. */
  balance(ledgerAccount: string, asset: string): bigint {
    return this.#slot(ledgerAccount, asset)?.units ?? 0n;
  }

  has(accountId: string): boolean {
    return this.#accounts.has(accountId);
  }

  accountIds(): IterableIterator<string> {
    return this.#accounts.keys();
  }

  clientOf(accountId: string): string | undefined {
    return this.#accounts.get(accountId)?.clientId;
  }

  /** Balances of a client account by ledger account, holds not included. */
  balancesOf(accountId: string): ReadonlyMap<string, AccountBalance> {
    return this.#accounts.get(accountId)?.balances ?? EMPTY;
  }

  totalsOf(accountId: string): ReadonlyMap<string, bigint> {
    return this.#accounts.get(accountId)?.totals ?? EMPTY;
  }

  debtsOf(accountId: string): ReadonlyMap<string, IndexedAmount> {
    return this.#accounts.get(accountId)?.debts ?? EMPTY;
  }

  suppliedOf(accountId: string): ReadonlyMap<string, IndexedAmount> {
    return this.#accounts.get(accountId)?.supplied ?? EMPTY;
  }

  scaleOf(asset: string): number {
    const scale = this.#scales.get(asset);
    assert(scale !== undefined, () => `Expected a listed asset, was ${asset}`);
    return scale;
  }

  /** Every ledger account with a balance. */
  *all(): Iterable<Readonly<{ account: string; asset: string; units: bigint }>> {
    for (const slots of [this.#slots, this.#further]) {
      for (const { account, asset, units } of slots.values()) yield { account, asset, units };
    }
  }

  #open(accountId: string, clientId: string): void {
    assert(this.#accounts.size < LIMITS.accountsMax, 'Expected room for another account in this cell');
    const book = { clientId, balances: new Map(), totals: new Map(), debts: new Map(), supplied: new Map() };
    this.#accounts.set(accountId, book);
    this.touched.add(accountId);
  }

  #post(position: bigint, postings: readonly Posting[]): void {
    const first = postings[0]?.asset ?? '';
    const scale = postings.length === 0 ? 0 : this.scaleOf(first);
    let sum = 0n;
    let others: Map<string, bigint> | undefined;
    for (const { account, asset, amount } of postings) {
      if (asset === first) {
        const units = unitsOf(amount, scale, 'postings.amount');
        sum += units;
        this.#add(account, asset, units);
      } else {
        const units = unitsOf(amount, this.scaleOf(asset), 'postings.amount');
        others ??= new Map();
        others.set(asset, (others.get(asset) ?? 0n) + units);
        this.#add(account, asset, units);
      }
    }
    assertZero(position, first, sum);
    for (const [asset, total] of others ?? []) assertZero(position, asset, total);
  }

  #slot(account: string, asset: string): Slot | undefined {
    const own = this.#slots.get(account);
    return own?.asset === asset ? own : this.#further.get(`${account} ${asset}`);
  }

  #add(account: string, asset: string, units: bigint): void {
    const slot = this.#slot(account, asset) ?? this.#openSlot(account, asset);
    slot.units += units;
    if (slot.units === 0n) this.#closeSlot(slot);
    const { book, client } = slot;
    if (book === undefined || client === undefined) return;
    this.touched.add(client.accountId);
    this.moved.push({ client, asset, units });
    if (slot.units === 0n) book.balances.delete(account);
    else book.balances.set(account, balanceOf(client, account, slot.units));
    const total = (book.totals.get(asset) ?? 0n) + units;
    if (total === 0n) book.totals.delete(asset);
    else book.totals.set(asset, total);
  }

  #openSlot(account: string, asset: string): Slot {
    const client = parseClientAccount(account);
    const book = client === undefined ? undefined : this.#accounts.get(client.accountId);
    assert(
      client === undefined || book !== undefined,
      () => `Expected an open account, was ${client?.accountId}`,
    );
    const slot = { account, asset, client, book, units: 0n };
    if (this.#slots.has(account)) this.#further.set(`${account} ${asset}`, slot);
    else this.#slots.set(account, slot);
    assert(
      this.#slots.size + this.#further.size <= LIMITS.balancesMax,
      'Expected fewer balances in this cell',
    );
    return slot;
  }

  #closeSlot({ account, asset }: Slot): void {
    if (this.#slots.get(account)?.asset === asset) this.#slots.delete(account);
    else this.#further.delete(`${account} ${asset}`);
  }

  #index(
    which: 'debts' | 'supplied',
    data: Readonly<{ accountId: string; asset: string; indexThen: string }>,
    amount: string,
  ): void {
    const book = this.#accounts.get(data.accountId);
    assert(book !== undefined, () => `Expected an open account, was ${data.accountId}`);
    const units = unitsOf(amount, this.scaleOf(data.asset), which);
    if (units === 0n) book[which].delete(data.asset);
    else book[which].set(data.asset, { units, indexThen: data.indexThen });
    this.touched.add(data.accountId);
  }

  /** The house paid debts for what it took: balances move by the postings, debts and claims here. */
  #takeOver({ accountId, taken }: EventData<'CollateralTakenOver'>): void {
    for (const { asset, kind, amount, debtAsset, credited } of taken) {
      if (kind === 'claim') this.#writeDown('supplied', accountId, asset, amount);
      this.#writeDown('debts', accountId, debtAsset, credited);
    }
  }

  /** Insurance, write-offs and takeovers reduce a debt, or a claim, at its own index. */
  #writeDown(which: 'debts' | 'supplied', accountId: string, asset: string, amount: string): void {
    if (amount === '0') return;
    const noun = which === 'debts' ? 'debt' : 'claim';
    const book = this.#accounts.get(accountId);
    const before = book?.[which].get(asset);
    assert(
      book !== undefined && before !== undefined,
      () => `Expected a ${noun} of ${accountId} in ${asset}`,
    );
    const units = before.units - unitsOf(amount, this.scaleOf(asset), 'amount');
    assert(units >= 0n, () => `Expected at most the ${noun} of ${accountId} in ${asset} to be written down`);
    if (units === 0n) book[which].delete(asset);
    else book[which].set(asset, { ...before, units });
    this.touched.add(accountId);
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [symbol, scale] of this.#scales) yield [`scale:${symbol}`, String(scale)];
    for (const { account, asset, units } of this.all()) {
      yield [`balance:${account}:${asset}`, formatUnits(units, this.scaleOf(asset))];
    }
    for (const [id, book] of this.#accounts) {
      yield [`account:${id}`, book.clientId];
      for (const [asset, d] of book.debts) yield [`debt:${id}:${asset}`, fields(d.units, d.indexThen)];
      for (const [asset, s] of book.supplied) yield [`supplied:${id}:${asset}`, fields(s.units, s.indexThen)];
    }
  }

  dump() {
    return {
      scales: this.#scales,
      accounts: this.#dumpAccounts(),
      slots: dumpSlots(this.#slots),
      further: dumpSlots(this.#further),
    };
  }

  *#dumpAccounts() {
    for (const [accountId, { clientId, totals, debts, supplied }] of this.#accounts) {
      yield { accountId, clientId, totals, debts, supplied };
    }
  }

  load(state: ReturnType<LedgerView['dump']>): void {
    refill(this.#scales, state.scales);
    for (const { accountId, ...book } of state.accounts) {
      this.#accounts.set(accountId, { ...book, balances: new Map() });
    }
    for (const [account, asset, units] of state.slots) {
      this.#slots.set(account, this.#slotOf(account, asset, units));
    }
    for (const [account, asset, units] of state.further) {
      this.#further.set(`${account} ${asset}`, this.#slotOf(account, asset, units));
    }
  }

  /** A balance with its place in the account's book. */
  #slotOf(account: string, asset: string, units: bigint): Slot {
    const client = parseClientAccount(account);
    const book = client === undefined ? undefined : this.#accounts.get(client.accountId);
    if (client !== undefined) book?.balances.set(account, balanceOf(client, account, units));
    return { account, asset, client, book, units };
  }

  reset(): void {
    this.#slots.clear();
    this.#further.clear();
    this.#accounts.clear();
    this.#scales.clear();
    this.touched.clear();
    this.moved.length = 0;
  }
}

const balanceOf = (
  { accountId, subAccountId, asset, location }: ClientBalanceKey,
  ledgerAccount: string,
  units: bigint,
): AccountBalance => ({ accountId, subAccountId, asset, location, ledgerAccount, units });

const dumpSlots = function* (slots: ReadonlyMap<string, Slot>) {
  for (const { account, asset, units } of slots.values()) yield [account, asset, units] as const;
};

const assertZero = (position: bigint, asset: string, sum: bigint): void =>
  assert(sum === 0n, () => `Expected postings at ${position} to sum to zero in ${asset}, was ${sum}`);
