import { refill } from '@plinth/eventing';
import { unitsToFloat } from '@plinth/money';
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

  /** Takes what the ledger's last entry moved; gives the locations that had nothing before. */
  place(): readonly string[] {
    const fresh: string[] = [];
    for (const { client, asset, units } of this.#ledger.moved) {
      let here = this.#units.get(client.location);
      if (here === undefined) {
        here = new Map<string, bigint>();
        this.#units.set(client.location, here);
        fresh.push(client.location);
      }
      here.set(asset, (here.get(asset) ?? 0n) + units);
    }
    return fresh;
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
