import { assetOfKey, balanceKey, locationOfKey, OWED, type Book } from './book.ts';
import { POOLS_LOCATION, type Catalogue } from './catalogue.ts';
import { checkFinite } from './checks.ts';
import { SlotRows } from './slot-rows.ts';

/** Balances and debts of one account apart from its book, with the ledger's rules about them. */
export class Purse {
  readonly #catalogue: Catalogue;
  readonly #pools: number | undefined;
  readonly rows: SlotRows;
  /** By slot: its asset, and the slot of what is owed in it. */
  readonly #assets: number[] = [];
  readonly #owed: number[] = [];
  /** Slots of balances by the name of their place, debts left out; and those without claims on pools. */
  #byPlace: number[] = [];
  #free: number[] = [];

  constructor({ balances, catalogue }: Book, account: number) {
    this.#catalogue = catalogue;
    this.#pools = catalogue.locations.find(POOLS_LOCATION);
    this.rows = new SlotRows(balances);
    const from = balances.start[account]!;
    for (let row = from; row < from + balances.count[account]!; row++)
      this.rows.begin(this.slotOf(balances.key[row]!), balances.value[row]!, 0);
  }

  slotOf(key: number): number {
    const slot = this.rows.slotOf(key);
    if (slot < this.#assets.length) return slot;
    const asset = assetOfKey(key);
    this.#assets.push(asset);
    if (locationOfKey(key) === OWED) {
      this.#owed.push(slot);
      return slot;
    }
    this.#owed.push(-1);
    this.#owed[slot] = this.slotOf(balanceKey(OWED, asset));
    this.#arrange(slot);
    return slot;
  }

  add(slot: number, change: number): void {
    const { value } = this.rows;
    value[slot] = value[slot]! + change;
  }

  check(): void {
    const { value, keys } = this.rows;
    for (let slot = 0; slot < keys.length; slot++) checkFinite('amount', value[slot]!);
  }

  #arrange(slot: number): void {
    const { keys } = this.rows;
    const placeOf = (of: number): number => locationOfKey(keys[of]!);
    const rankOf = (of: number): number => this.#catalogue.locationRank(placeOf(of));
    this.#byPlace = [...this.#byPlace, slot].sort((a, b) => rankOf(a) - rankOf(b) || keys[a]! - keys[b]!);
    this.#free = this.#byPlace.filter((of) => placeOf(of) !== this.#pools);
  }

  /**
   * Leaves no balance below zero, as the ledger does with every decision: what is short is covered from the
   * account's balances of the asset elsewhere, in the order of their places' names, and what is still missing
   * is borrowed. Claims on pools cover nothing.
   */
  cover(): void {
    const { value } = this.rows;
    const places = this.#byPlace;
    const donors = this.#free;
    for (let n = 0; n < places.length; n++) {
      const slot = places[n]!;
      let short = value[slot]!;
      if (short >= 0) continue;
      for (let m = 0; m < donors.length && short < 0; m++) {
        const donor = donors[m]!;
        const amount = value[donor]!;
        if (amount <= 0 || this.#assets[donor] !== this.#assets[slot]) continue;
        const moved = Math.min(amount, -short);
        value[donor] = amount - moved;
        short += moved;
      }
      const owed = this.#owed[slot]!;
      if (short < 0) value[owed] = value[owed]! + short;
      value[slot] = 0;
    }
  }

  /** True when something is owed to the house. */
  owes(): boolean {
    const { value } = this.rows;
    const owed = this.#owed;
    for (let slot = 0; slot < owed.length; slot++) if (value[owed[slot]!] !== 0) return true;
    return false;
  }

  /** What came in repays debts of the assets that moved. */
  repay(hasMoved: Uint8Array): void {
    const { value } = this.rows;
    for (const slot of this.#free) {
      if (hasMoved[this.#assets[slot]!] === 0) continue;
      const owed = this.#owed[slot]!;
      const amount = value[slot]!;
      const debt = -value[owed]!;
      const repaid = Math.min(debt, Math.max(0, amount));
      if (repaid === 0) continue;
      value[slot] = amount - repaid;
      value[owed] = -(debt - repaid);
    }
  }
}
