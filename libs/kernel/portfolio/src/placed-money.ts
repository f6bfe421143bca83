import { refill } from '@plinth/eventing';
import { parseClientAccount } from '@plinth/market';
import type { Posting } from '@plinth/messages';
import { unitsOf, unitsToFloat } from '@plinth/money';
import type { LedgerView, MarksView } from '@plinth/views';

/** Clients' money by place: units by location and asset. */
export class PlacedMoney {
  readonly #ledger: LedgerView;
  readonly #marks: MarksView;
  readonly #units = new Map<string, Map<string, bigint>>();

  constructor(ledger: LedgerView, marks: MarksView) {
    this.#ledger = ledger;
    this.#marks = marks;
  }

  /** Gives the locations that were posted to, in the order of the postings. */
  place(postings: readonly Posting[]): readonly string[] {
    const locations: string[] = [];
    for (const { account, asset, amount } of postings) {
      const client = parseClientAccount(account);
      if (client === undefined) continue;
      locations.push(client.location);
      const here = this.#units.get(client.location) ?? new Map<string, bigint>();
      const units = (here.get(asset) ?? 0n) + unitsOf(amount, this.#ledger.scaleOf(asset), 'postings.amount');
      this.#units.set(client.location, here.set(asset, units));
    }
    return locations;
  }

  /** Worth of what all clients together have at a place, USD; assets without a price count nothing. */
  worthAt(location: string): number {
    let worth = 0;
    for (const [asset, units] of this.#units.get(location) ?? []) {
      worth += unitsToFloat(units, this.#ledger.scaleOf(asset)) * (this.#marks.ofAsset(asset)?.price ?? 0);
    }
    return worth;
  }

  dump() {
    return this.#units;
  }

  load(units: ReturnType<PlacedMoney['dump']>): void {
    refill(this.#units, units);
  }

  reset(): void {
    this.#units.clear();
  }
}
