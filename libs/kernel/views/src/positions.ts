import { refill, type Envelope, type Fold } from '@plinth/eventing';
import { assert, formatUnits, unitsOf } from '@plinth/money';
import { fields } from './canonical.ts';
import { LIMITS } from './limits.ts';

/** Decimal places of derivative quantities: contracts are counted in units of 1e-8. */
export const QUANTITY_SCALE = 8;

/**
 * A derivative position at one venue. `units` is signed, in 1e-8 contracts; `entryPrice` is the average
 * price, decimal; `entryCost` what it is computed from, exact, in the settlement asset, signed like the
 * value.
 */
export type Position = Readonly<{
  instrumentId: string;
  venueId: string;
  units: bigint;
  entryPrice: string;
  entryCost: string;
}>;

const NONE: ReadonlyMap<string, Position> = new Map();

/** Open derivative positions of every account, as the accounts service booked them. */
export class PositionsView implements Fold {
  readonly name = 'positions';
  readonly revision = 3;
  readonly #accounts = new Map<string, Map<string, Position>>();
  readonly #keys = new Map<string, Map<string, string>>();
  #count = 0;

  apply(event: Envelope): void {
    if (event.type === 'ContractSettled') {
      const { accountId, instrumentId, venueId } = event.data;
      if (this.#accounts.get(accountId)?.delete(`${instrumentId} ${venueId}`) === true) this.#count -= 1;
      return;
    }
    if (event.type !== 'FillBooked' || event.data.positionQuantity === '') return;
    const { accountId, instrumentId, venueId, positionQuantity, entryPrice, entryCost } = event.data;
    let positions = this.#accounts.get(accountId);
    if (positions === undefined) {
      positions = new Map();
      this.#accounts.set(accountId, positions);
    }
    const key = this.#keyOf(instrumentId, venueId);
    const units = unitsOf(positionQuantity, QUANTITY_SCALE, 'positionQuantity');
    const before = positions.size;
    if (units === 0n) positions.delete(key);
    else positions.set(key, { instrumentId, venueId, units, entryPrice, entryCost });
    this.#count += positions.size - before;
    assert(this.#count <= LIMITS.positionsMax, 'Expected fewer positions in this cell');
  }

  /** `instrument venue`: few pairs and many fills, so each name is made once. */
  #keyOf(instrumentId: string, venueId: string): string {
    let ofVenue = this.#keys.get(venueId);
    if (ofVenue === undefined) this.#keys.set(venueId, (ofVenue = new Map<string, string>()));
    const known = ofVenue.get(instrumentId);
    if (known !== undefined) return known;
    const key = `${instrumentId} ${venueId}`;
    assert(ofVenue.size < LIMITS.positionsMax, 'Expected fewer instruments at a venue');
    ofVenue.set(instrumentId, key);
    return key;
  }

  /** By `instrument venue`. */
  of(accountId: string): ReadonlyMap<string, Position> {
    return this.#accounts.get(accountId) ?? NONE;
  }

  position(accountId: string, instrumentId: string, venueId: string): Position | undefined {
    return this.#accounts.get(accountId)?.get(`${instrumentId} ${venueId}`);
  }

  /** Accounts that ever held a position, in the order of their first fill. */
  accountIds(): IterableIterator<string> {
    return this.#accounts.keys();
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [accountId, positions] of this.#accounts) {
      for (const [key, p] of positions) {
        yield [
          `position:${accountId}:${key}`,
          fields(formatUnits(p.units, QUANTITY_SCALE), p.entryPrice, p.entryCost),
        ];
      }
    }
  }

  dump() {
    return { accounts: this.#accounts };
  }

  load(state: ReturnType<PositionsView['dump']>): void {
    refill(this.#accounts, state.accounts);
    for (const positions of this.#accounts.values()) this.#count += positions.size;
  }

  reset(): void {
    this.#accounts.clear();
    this.#keys.clear();
    this.#count = 0;
  }
}
