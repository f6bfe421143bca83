import { refill, type Envelope, type Fold } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { assert } from '@plinth/money';
import { fields } from '@plinth/views';
import { LIMITS } from './limits.ts';

export type UnbookedFill = EventData<'ChildFilled'>;

const NONE: ReadonlyMap<string, UnbookedFill> = new Map<string, UnbookedFill>();

/**
 * Fills that a venue reported and the ledger has not booked yet. Between the two an order is no longer open
 * and its position not yet there: whoever judges margin must see the fill, or risk would vanish for a moment.
 */
export class UnbookedFillsView implements Fold {
  readonly name = 'unbooked-fills';
  readonly revision = 1;
  /** By account, then by venue and fill id. */
  readonly #accounts = new Map<string, Map<string, UnbookedFill>>();
  #count = 0;

  apply(event: Envelope): void {
    if (event.type === 'ChildFilled') this.#add(event.data);
    if (event.type === 'FillBooked') {
      const { accountId, venueId, fillId } = event.data;
      this.#remove(accountId, `${venueId} ${fillId}`);
    }
  }

  of(accountId: string): ReadonlyMap<string, UnbookedFill> {
    return this.#accounts.get(accountId) ?? NONE;
  }

  /** Of all accounts, in the order in which they were reported by account. */
  *all(): Iterable<UnbookedFill> {
    for (const fills of this.#accounts.values()) yield* fills.values();
  }

  #add(fill: UnbookedFill): void {
    assert(this.#count < LIMITS.unbookedFillsMax, 'Expected fewer fills that wait to be booked');
    const fills = this.#accounts.get(fill.accountId) ?? new Map<string, UnbookedFill>();
    const before = fills.size;
    fills.set(`${fill.venueId} ${fill.fillId}`, fill);
    this.#accounts.set(fill.accountId, fills);
    this.#count += fills.size - before;
  }

  #remove(accountId: string, key: string): void {
    const fills = this.#accounts.get(accountId);
    if (fills === undefined || !fills.delete(key)) return;
    this.#count -= 1;
    if (fills.size === 0) this.#accounts.delete(accountId);
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [accountId, fills] of this.#accounts) {
      for (const [key, f] of fills) {
        yield [
          `unbooked:${accountId}:${key}`,
          fields(f.instrumentId, f.side, f.quantity, f.price, f.fee, f.feeAsset, f.orderId),
        ];
      }
    }
  }

  dump() {
    return { accounts: this.#accounts };
  }

  load(state: ReturnType<UnbookedFillsView['dump']>): void {
    refill(this.#accounts, state.accounts);
    for (const fills of this.#accounts.values()) this.#count += fills.size;
  }

  reset(): void {
    this.#accounts.clear();
    this.#count = 0;
  }
}
